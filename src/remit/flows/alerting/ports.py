"""What alerting needs of the world: a book of alerts and firings, an outbox, and senders of messages.

Times are microseconds since the epoch; a firing and its deliveries are written in one transaction with the alert's
place, so that whatever interrupts leaves either all of a look or none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from remit.flows.questions.ports import Changes, EventIndex
from remit.rooms.alerts import Settings, Watch
from remit.rooms.alerts.finding import Finding

Json = dict[str, Any]


class WatchedIndex(EventIndex, Changes, Protocol):
    """The indexed events, and what of them changed."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A watched query. ``place`` is how far it has looked; ``version`` counts its changes by people."""

    id: str
    name: str
    query: str
    settings: Settings
    channels: tuple[str, ...]
    enabled: bool
    version: int
    place: Mapping[str, Any]
    created: str = ""
    created_by: str = ""
    changed: str = ""
    last_checked: str | None = None
    last_error: str | None = None

    @property
    def watch(self) -> Watch:
        """The alert as the room sees it."""
        return Watch(self.id, self.settings)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look leaves behind. ``remember`` are keys not to be told again, each with the time it happened;
    ``facts`` of a firing are those of its finding, as JSON; ``again`` is by how many a firing under way is counted up
    and its facts from now on."""

    place: Mapping[str, Any]
    fired: Sequence[tuple[Finding, Json]] = ()
    again: Mapping[str, tuple[int, Json]] = field(default_factory=dict)
    remember: Sequence[tuple[str, int]] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way: to which channel, about which firing, and how often it was tried."""

    id: str
    firing: str
    channel: str
    attempts: int


class AlertBook(Protocol):
    """Alerts, what they found and what they remember."""

    def alerts(self) -> list[Alert]:
        """Every alert, by name."""
        ...

    def began(self, alert: str) -> dict[str, int]:
        """When the newest firing of each fingerprint of an alert began, for the newest thousand."""
        ...

    def facts(self, alert: str, fingerprints: Collection[str]) -> dict[str, Json]:
        """The facts of the newest firing of each of these fingerprints."""
        ...

    def known(self, alert: str, keys: Sequence[str]) -> set[str]:
        """Which of these keys the alert remembers."""
        ...

    def record(self, alert: Alert, look: Look, at: int) -> bool:
        """Write a look down in one transaction: place, firings, their deliveries, memory. False, and nothing is
        written, when the alert was changed or removed meanwhile."""
        ...


class Outbox(Protocol):
    """Messages that wait to be sent."""

    def due(self, at: float, limit: int) -> list[Delivery]:
        """Deliveries whose time has come (seconds since the epoch), the longest waiting first."""
        ...

    def firing(self, firing: str) -> Json | None:
        """A firing with its alert's name: ``{id, alert, alert_name, kind, first, last, count, facts ...}``."""
        ...

    def delivered(self, delivery: str) -> None:
        """It was taken."""
        ...

    def put_off(self, delivery: str, error: str, due: float | None) -> None:
        """It was not taken: try again at ``due``, or never when that is None."""
        ...


class Sender(Protocol):
    """Sends a message through a channel."""

    def send(self, channel: str, message: Json, key: str) -> None:
        """``key`` is the same for every attempt at one delivery. Raises RemitError when it was not taken."""
        ...
