"""The members of a record that have few distinct values, in groups: what is known of a group is known once.

Each group is one hashable value for each record, so that looking up what it means, or whether it is free of
credentials, costs one dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import compress
from operator import attrgetter
from typing import Any, Final, TypeVar

from remit.rooms.events.aws.record import Record


def _raw(name: str) -> Callable[[Iterable[Record]], Iterator[bytes]]:
    member = attrgetter(name)
    return lambda records: map(bytes, map(member, records))


def _together(*names: str) -> Callable[[Iterable[Record]], Iterator[tuple[Any, ...]]]:
    members = attrgetter(*names)
    return lambda records: map(members, records)


_GROUPS: Final[tuple[Callable[[Iterable[Record]], Iterator[Any]], ...]] = (
    _together("eventSource", "eventName", "readOnly", "eventType", "eventVersion", "apiVersion"),
    _together(
        "awsRegion", "recipientAccountId", "vpcEndpointId", "vpcEndpointAccountId", "sessionCredentialFromConsole",
        "eventCategory", "managementEvent",
    ),
    _together("sourceIPAddress", "userAgent", "errorCode", "errorMessage"),
    _raw("userIdentity"),
    _raw("tlsDetails"),
)  # fmt: skip
"""Operation, scene, client, identity, TLS."""

_M = TypeVar("_M")


class Coded:
    """A column of few distinct values: each value once, and for each record its place among them."""

    __slots__ = ("_of", "_places", "codes", "values")

    def __init__(self, of: Callable[[Iterable[Record]], Iterator[Any]], records: list[Record]) -> None:
        places: dict[Any, int] = {}
        place = places.setdefault
        self.codes: list[int] = [place(value, len(places)) for value in of(records)]
        self.values: list[Any] = list(places)
        self._of = of
        self._places = places

    def replace(self, at: int, record: Record) -> None:
        """Take a record's value anew."""
        value = next(self._of((record,)))
        self.codes[at] = self._places.setdefault(value, len(self.values))
        if self.codes[at] == len(self.values):
            self.values.append(value)

    def meant(self, meaning: Callable[[Any], _M]) -> list[_M]:
        """For each record what its value means."""
        return list(map(list(map(meaning, self.values)).__getitem__, self.codes))

    def having(self, values: set[Any]) -> set[int]:
        """Places of the records with any of these values."""
        codes = {self._places[value] for value in values if value in self._places}
        return {at for at, code in enumerate(self.codes) if code in codes} if codes else set()


class Keys:
    """The groups of a batch, each as a column."""

    __slots__ = ("clients", "groups", "identities", "operations", "scenes", "tls")

    def __init__(self, records: list[Record]) -> None:
        self.groups: tuple[Coded, ...] = tuple(Coded(of, records) for of in _GROUPS)
        self.operations, self.scenes, self.clients, self.identities, self.tls = self.groups

    def replace(self, at: int, record: Record) -> None:
        """Take a record's values anew."""
        for group in self.groups:
            group.replace(at, record)

    def keep(self, which: list[bool]) -> None:
        """Drop the other records' values."""
        for group in self.groups:
            group.codes[:] = compress(group.codes, which)


def as_bytes(value: Hashable) -> bytes:
    """A group's value as what may be searched for credentials."""
    if isinstance(value, tuple):
        return "\n".join(map(str, value)).encode("utf-8", "replace")
    return value if isinstance(value, bytes) else b""
