"""Alerts, their firings and what they remember, in the state. Times are ISO 8601 text; ``at`` is such a text."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from remit.adapters.store.state.state import MARKS_AT_ONCE, State
from remit.adapters.store.state.tables import ALERT_KNOWN, ALERTS, DELIVERIES, FIRINGS
from remit.model.errors import Conflict

Row = dict[str, Any]
FIRINGS_KEPT: Final = 1000
"""Firings of one alert that are kept, the newest."""
_JSON: Final = ("settings", "channels", "place", "facts")
_SAID: Final = ("name", "query", "kind", "settings", "channels", "enabled")


class AlertRecords:
    """Rows of alerts and firings; their JSON columns as values."""

    def __init__(self, state: State) -> None:
        self._state = state

    def alerts(self) -> list[Row]:
        """Every alert, by name."""
        with self._state.transaction() as connection:
            return [_read(row) for row in connection.execute(select(ALERTS).order_by(ALERTS.c.name)).mappings()]

    def alert(self, alert: str) -> Row | None:
        """One alert."""
        with self._state.transaction() as connection:
            row = connection.execute(select(ALERTS).where(ALERTS.c.id == alert)).mappings().first()
        return _read(row) if row else None

    def add(self, row: Mapping[str, Any], remember: Sequence[tuple[str, int]], by: str) -> None:
        """Add an alert with what it knows from the start; recorded as done ``by``."""
        with self._state.transaction() as connection:
            connection.execute(ALERTS.insert(), [_written(row)])
            self._remember(connection, str(row["id"]), remember)
            self._state.journal(by, "alert.created", _said(str(row["id"]), row), connection=connection)

    def change(
        self,
        alert: str,
        version: int,
        values: Mapping[str, Any],
        by: str,
        remember: Sequence[tuple[str, int]] | None = None,
    ) -> None:
        """Change an alert as it was at ``version``; recorded as done ``by``. With ``remember`` it knows that and
        nothing else from now on.

        :raises Conflict: when it was changed since.
        """
        with self._state.transaction() as connection:
            changed = (
                update(ALERTS)
                .where(ALERTS.c.id == alert, ALERTS.c.version == version)
                .values(**_written(values), version=version + 1)
            )
            if not connection.execute(changed).rowcount:
                raise _changed_since()
            if remember is not None:
                connection.execute(delete(ALERT_KNOWN).where(ALERT_KNOWN.c.alert == alert))
                self._remember(connection, alert, remember)
            self._state.journal(by, "alert.changed", _said(alert, values), connection=connection)

    def remove(self, alert: str, version: int, name: str, by: str) -> None:
        """Remove an alert as it was at ``version`` with all it found; recorded under its ``name`` as done ``by``.

        :raises Conflict: when it was changed since.
        """
        with self._state.transaction() as connection:
            gone = delete(ALERTS).where(ALERTS.c.id == alert, ALERTS.c.version == version)
            if not connection.execute(gone).rowcount:
                raise _changed_since()
            firings = select(FIRINGS.c.id).where(FIRINGS.c.alert == alert)
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.firing.in_(firings)))
            for table in (FIRINGS, ALERT_KNOWN):
                connection.execute(delete(table).where(table.c.alert == alert))
            self._state.journal(by, "alert.removed", {"alert": alert, "name": name}, connection=connection)

    # --- looks

    def began(self, alert: str) -> dict[str, str]:
        """When the newest firing of each fingerprint began, for the firings that are kept."""
        query = (
            select(FIRINGS.c.fingerprint, func.max(FIRINGS.c.first))
            .where(FIRINGS.c.alert == alert)
            .group_by(FIRINGS.c.fingerprint)
        )
        with self._state.transaction() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def facts(self, alert: str, fingerprints: Collection[str]) -> dict[str, Any]:
        """The facts of the newest firing of each of these fingerprints."""
        with self._state.transaction() as connection:
            asked = {each: _newest(alert, each, FIRINGS.c.facts) for each in fingerprints}
            found = {each: connection.execute(query).scalar() for each, query in asked.items()}
        return {each: json.loads(facts) for each, facts in found.items() if facts is not None}

    def known(self, alert: str, keys: Sequence[str]) -> set[str]:
        """Which of these keys the alert remembers."""
        found: set[str] = set()
        with self._state.transaction() as connection:
            for start in range(0, len(keys), MARKS_AT_ONCE):
                asked = ALERT_KNOWN.c.key.in_(keys[start : start + MARKS_AT_ONCE])
                query = select(ALERT_KNOWN.c.key).where(ALERT_KNOWN.c.alert == alert, asked)
                found |= set(connection.execute(query).scalars())
        return found

    def record(
        self,
        alert: str,
        version: int,
        place: Mapping[str, Any],
        *,
        at: str,
        due: float,
        error: str | None = None,
        fired: Sequence[Mapping[str, Any]] = (),
        again: Mapping[str, Mapping[str, Any]] | None = None,
        channels: Sequence[str] = (),
        remember: Sequence[tuple[str, int]] = (),
        most: int | None = None,
    ) -> bool:
        """A look in one transaction. ``fired`` are ``{fingerprint, count, facts}``; each begins a firing with a
        delivery to every channel, due at ``due`` (seconds since the epoch). ``again`` counts up the newest firing of a
        fingerprint by its ``count`` and gives it new ``facts``. Beyond ``most`` remembered keys the oldest are
        forgotten, and ``place["horizon"]`` says up to when.
        False when the alert is not at ``version`` any more."""
        here = select(ALERTS.c.id).where(ALERTS.c.id == alert, ALERTS.c.version == version)
        with self._state.transaction() as connection:
            # The alert's own row first, as whoever changes or removes it takes it: else each could wait for the other.
            if connection.execute(here.with_for_update()).first() is None:
                return False
            horizon = self._remember(connection, alert, remember, most)
            placed = {**place, **({"horizon": horizon} if horizon is not None else {})}
            moved = update(ALERTS).where(ALERTS.c.id == alert, ALERTS.c.version == version)
            if not connection.execute(
                moved.values(place=json.dumps(placed), last_checked=at, last_error=error)
            ).rowcount:
                connection.rollback()
                return False
            for found in fired:
                self._fire(connection, alert, found, at, due, channels)
            for fingerprint, grown in (again or {}).items():
                _count_up(connection, alert, fingerprint, grown, at)
            if fired:
                _forget_old(connection, alert)
        return True

    def _fire(
        self,
        connection: Connection,
        alert: str,
        found: Mapping[str, Any],
        at: str,
        due: float,
        channels: Sequence[str],
    ) -> None:
        firing = uuid.uuid4().hex
        row = {"id": firing, "alert": alert, "first": at, "last": at, **found}
        connection.execute(FIRINGS.insert(), [_written(row)])
        for channel in channels:
            waiting = {"id": uuid.uuid4().hex, "firing": firing, "channel": channel, "due": due}
            connection.execute(DELIVERIES.insert(), [{**waiting, "state": "waiting", "attempts": 0}])

    def _remember(
        self, connection: Connection, alert: str, keys: Sequence[tuple[str, int]], most: int | None = None
    ) -> int | None:
        """Remember keys; the time up to which some were forgotten for it, if any were."""
        rows = [{"alert": alert, "key": key, "time": time} for key, time in keys]
        self._state.upsert(connection, ALERT_KNOWN, rows)
        if most is None or not rows:
            return None
        times = select(ALERT_KNOWN.c.time).where(ALERT_KNOWN.c.alert == alert).order_by(ALERT_KNOWN.c.time.desc())
        horizon: int | None = connection.execute(times.offset(most).limit(1)).scalar()
        if horizon is not None:
            old = delete(ALERT_KNOWN).where(ALERT_KNOWN.c.alert == alert, ALERT_KNOWN.c.time <= horizon)
            connection.execute(old)
        return horizon

    # --- firings

    def firings(self, alert: str | None = None, limit: int = 50) -> list[Row]:
        """Firings of one alert or of all, the newest first, each with its alert's ``alert_name, kind, query``."""
        query = _firings().order_by(FIRINGS.c.last.desc(), FIRINGS.c.id).limit(limit)
        if alert is not None:
            query = query.where(FIRINGS.c.alert == alert)
        with self._state.transaction() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def firing(self, firing: str) -> Row | None:
        """One firing, as ``firings`` gives it."""
        with self._state.transaction() as connection:
            row = connection.execute(_firings().where(FIRINGS.c.id == firing)).mappings().first()
        return _read(row) if row else None

    def unseen(self) -> dict[str, int]:
        """How many firings nobody has seen, per alert."""
        query = select(FIRINGS.c.alert, func.count()).where(FIRINGS.c.seen.is_(None)).group_by(FIRINGS.c.alert)
        with self._state.transaction() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def see(self, who: str, at: str, alert: str | None = None) -> int:
        """Note that firings were seen; how many had not been."""
        change = update(FIRINGS).where(FIRINGS.c.seen.is_(None)).values(seen=at, seen_by=who)
        if alert is not None:
            change = change.where(FIRINGS.c.alert == alert)
        with self._state.transaction() as connection:
            return int(connection.execute(change).rowcount)


def _firings() -> Any:
    named = (ALERTS.c.name.label("alert_name"), ALERTS.c.kind, ALERTS.c.query)
    return select(FIRINGS, *named).join(ALERTS, ALERTS.c.id == FIRINGS.c.alert)


def _newest(alert: str, fingerprint: str, *columns: Any) -> Any:
    """Columns of the newest firing of a fingerprint."""
    same = select(*columns).where(FIRINGS.c.alert == alert, FIRINGS.c.fingerprint == fingerprint)
    return same.order_by(FIRINGS.c.first.desc()).limit(1)


def _count_up(connection: Connection, alert: str, fingerprint: str, grown: Mapping[str, Any], at: str) -> None:
    raised = update(FIRINGS).where(FIRINGS.c.id == _newest(alert, fingerprint, FIRINGS.c.id).scalar_subquery())
    facts = json.dumps(grown["facts"])
    connection.execute(raised.values(count=FIRINGS.c.count + grown["count"], last=at, facts=facts))


def _forget_old(connection: Connection, alert: str) -> None:
    """Keep the newest firings of an alert."""
    ids = select(FIRINGS.c.id).where(FIRINGS.c.alert == alert).order_by(FIRINGS.c.first.desc())
    old = list(connection.execute(ids.offset(FIRINGS_KEPT).limit(MARKS_AT_ONCE)).scalars())
    if old:
        connection.execute(delete(DELIVERIES).where(DELIVERIES.c.firing.in_(old)))
        connection.execute(delete(FIRINGS).where(FIRINGS.c.id.in_(old)))


def _changed_since() -> Conflict:
    return Conflict("Somebody else changed this alert since you opened it", remedy="Open it again, then change it.")


def _said(alert: str, values: Mapping[str, Any]) -> Row:
    """What the journal keeps of an alert: all that a person says of one."""
    return {"alert": alert, **{name: values[name] for name in _SAID if name in values}}


def _read(row: Any) -> Row:
    return {name: json.loads(value) if name in _JSON else value for name, value in dict(row).items()}


def _written(row: Mapping[str, Any]) -> Row:
    return {name: json.dumps(value) if name in _JSON else _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Yes and no are numbers in the state; PostgreSQL takes nothing else for one."""
    return int(value) if isinstance(value, bool) else value
