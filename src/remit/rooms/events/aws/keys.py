"""The members of a record that have few distinct values, in groups: what is known of a group is known once.

Each group is one hashable value for each record, coded: what it means, and whether it is free of credentials, is asked
once for each distinct value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

from remit.model.coded import Coded
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


class Keys:
    """The groups of a batch, each as a coded column."""

    __slots__ = ("clients", "identities", "operations", "scenes", "tls")

    def __init__(self, records: list[Record]) -> None:
        self._set([Coded.of(of(records)) for of in _GROUPS])

    @property
    def groups(self) -> tuple[Coded, ...]:
        """All of them."""
        return self.operations, self.scenes, self.clients, self.identities, self.tls

    def replace(self, records: Mapping[int, Record]) -> None:
        """Take the values of the records at these places anew."""
        if records:
            anew = [dict(zip(records, of(records.values()), strict=True)) for of in _GROUPS]
            self._set([group.changed(values) for group, values in zip(self.groups, anew, strict=True)])

    def keep(self, which: list[bool]) -> None:
        """Drop the other records' values."""
        self._set([group.take(which) for group in self.groups])

    def _set(self, groups: list[Coded]) -> None:
        self.operations, self.scenes, self.clients, self.identities, self.tls = groups


def as_bytes(value: Hashable) -> bytes:
    """A group's value as what may be searched for credentials."""
    if isinstance(value, tuple):
        return "\n".join(map(str, value)).encode("utf-8", "replace")
    return value if isinstance(value, bytes) else b""
