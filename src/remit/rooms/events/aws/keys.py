"""The members of a record that have few distinct values, in groups: what is known of a group is known once.

Each group is one hashable value for each record, so that looking up what it means, or whether it is free of
credentials, costs one dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import compress
from operator import attrgetter
from typing import Any, Final

from remit.rooms.events.aws.record import Record

_GROUPS: Final[tuple[Callable[[Record], Any], ...]] = (
    attrgetter("eventSource", "eventName", "readOnly", "eventType", "eventVersion", "apiVersion"),
    attrgetter(
        "awsRegion", "recipientAccountId", "vpcEndpointId", "vpcEndpointAccountId", "sessionCredentialFromConsole",
        "eventCategory", "managementEvent",
    ),
    attrgetter("sourceIPAddress", "userAgent", "errorCode", "errorMessage"),
    lambda record: bytes(record.userIdentity),
    lambda record: bytes(record.tlsDetails),
)  # fmt: skip
"""Operation, scene, client, identity, TLS."""


class Keys:
    """For each group a list with one value for each record."""

    __slots__ = ("clients", "groups", "identities", "operations", "scenes", "tls")

    def __init__(self, records: list[Record]) -> None:
        self.operations: list[tuple[Any, ...]] = list(map(_GROUPS[0], records))
        self.scenes: list[tuple[Any, ...]] = list(map(_GROUPS[1], records))
        self.clients: list[tuple[Any, ...]] = list(map(_GROUPS[2], records))
        self.identities: list[bytes] = [bytes(record.userIdentity) for record in records]
        self.tls: list[bytes] = [bytes(record.tlsDetails) for record in records]
        self.groups: tuple[list[Any], ...] = (self.operations, self.scenes, self.clients, self.identities, self.tls)

    def replace(self, at: int, record: Record) -> None:
        """Take a record's values anew."""
        for group, of in zip(self.groups, _GROUPS, strict=True):
            group[at] = of(record)

    def keep(self, which: list[bool]) -> None:
        """Drop the other records' values."""
        for group in self.groups:
            group[:] = compress(group, which)


def as_bytes(value: Hashable) -> bytes:
    """A group's value as what may be searched for credentials."""
    if isinstance(value, tuple):
        return "\n".join(map(str, value)).encode("utf-8", "replace")
    return value if isinstance(value, bytes) else b""
