"""The state in the shapes that alerting asks for."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from remit.adapters.store.state.alerts import AlertRecords
from remit.adapters.store.state.deliveries import DeliveryRecords
from remit.adapters.store.state.state import State
from remit.flows.alerting.fresh import REMEMBERED
from remit.flows.alerting.ports import Alert, Delivery, Json, Look
from remit.model.event_json import rfc3339
from remit.rooms.alerts import read_settings

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES: Final = ("first", "last", "seen", "delivered")


class StoredAlerts:
    """``flows.alerting.ports.AlertBook`` and ``Outbox`` over the state."""

    def __init__(self, state: State) -> None:
        self.records = AlertRecords(state)
        self.deliveries = DeliveryRecords(state)

    def alerts(self) -> list[Alert]:
        """Every alert, by name."""
        return [alert_of(row) for row in self.records.alerts()]

    def began(self, alert: str) -> dict[str, int]:
        """When the newest firing of each fingerprint began."""
        return {fingerprint: micros(first) for fingerprint, first in self.records.began(alert).items()}

    def facts(self, alert: str, fingerprints: Collection[str]) -> dict[str, Json]:
        """The facts of the newest firing of each of these fingerprints."""
        return self.records.facts(alert, fingerprints)

    def known(self, alert: str, keys: Sequence[str]) -> set[str]:
        """Which of these keys the alert remembers."""
        return self.records.known(alert, keys)

    def record(self, alert: Alert, look: Look, at: int) -> bool:
        """Write a look down."""
        fired = [
            {"fingerprint": found.fingerprint, "count": found.count, "facts": facts} for found, facts in look.fired
        ]
        return self.records.record(
            alert.id,
            alert.version,
            look.place,
            at=iso(at),
            due=time.time(),
            error=look.error,
            fired=fired,
            again={name: {"count": count, "facts": facts} for name, (count, facts) in look.again.items()},
            channels=alert.channels,
            remember=look.remember,
            most=REMEMBERED if alert.watch.kind == "match" else None,
        )

    def due(self, at: float, limit: int) -> list[Delivery]:
        """Deliveries whose time has come."""
        return [Delivery(**row) for row in self.deliveries.due(at, limit)]

    def firing(self, firing: str) -> Json | None:
        """A firing with its alert's name, kind and query."""
        row = self.records.firing(firing)
        return firing_json(row) if row else None

    def delivered(self, delivery: str) -> None:
        """It was taken."""
        self.deliveries.delivered(delivery, iso(time.time_ns() // 1000))

    def put_off(self, delivery: str, error: str, due: float | None) -> None:
        """It was not taken."""
        self.deliveries.put_off(delivery, error, due)


def alert_of(row: Json) -> Alert:
    """An alert from its row."""
    return Alert(
        id=row["id"],
        name=row["name"],
        query=row["query"],
        settings=read_settings(row["kind"], row["settings"]),
        channels=tuple(row["channels"]),
        enabled=bool(row["enabled"]),
        version=row["version"],
        place=row["place"],
        created=row["created"],
        created_by=row["created_by"],
        changed=row["changed"],
        last_checked=row["last_checked"],
        last_error=row["last_error"],
    )


def firing_json(row: Json) -> Json:
    """A firing as answers give it; its fingerprint is nobody's business."""
    shown = {name: value for name, value in row.items() if name != "fingerprint"}
    return {**shown, **{name: spelled(row[name]) for name in _TIMES if name in row}}


def iso(micros_since: int) -> str:
    """Microseconds since the epoch as the state keeps times: all of one length, so that they sort as texts."""
    return (_EPOCH + timedelta(microseconds=micros_since)).isoformat(timespec="microseconds")


def micros(text: str) -> int:
    """Back again."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def spelled(text: str | None) -> str | None:
    """A time of the state as answers spell it."""
    return None if text is None else rfc3339(micros(text))


def as_json(value: Any) -> Any:
    """A value as it looks after travelling as JSON."""
    return json.loads(json.dumps(value))
