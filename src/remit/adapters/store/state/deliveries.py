"""Channels and the outbox of messages to them, in the state. Secrets of channels are elsewhere (``secrets``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import CHANNELS, DELIVERIES

Row = dict[str, Any]


class ChannelRecords:
    """Where alerts can go."""

    def __init__(self, state: State) -> None:
        self._state = state

    def channels(self) -> list[Row]:
        """Every channel by name: ``name, kind, settings, created``."""
        with self._state.transaction() as connection:
            rows = [dict(row) for row in connection.execute(select(CHANNELS).order_by(CHANNELS.c.name)).mappings()]
        return [{**row, "settings": json.loads(row["settings"])} for row in rows]

    def put(self, name: str, kind: str, settings: Mapping[str, Any], at: str) -> None:
        """Add a channel, or change it."""
        row = {"name": name, "kind": kind, "settings": json.dumps(dict(settings)), "created": at}
        with self._state.transaction() as connection:
            self._state.upsert(connection, CHANNELS, [row], keep=("created",))

    def remove(self, name: str) -> bool:
        """Forget a channel; False if there is none."""
        with self._state.transaction() as connection:
            return bool(connection.execute(delete(CHANNELS).where(CHANNELS.c.name == name)).rowcount)


class DeliveryRecords:
    """Messages on their way."""

    def __init__(self, state: State) -> None:
        self._state = state

    def due(self, at: float, limit: int) -> list[Row]:
        """Waiting deliveries whose time (seconds since the epoch) has come, the longest waiting first."""
        query = (
            select(DELIVERIES.c.id, DELIVERIES.c.firing, DELIVERIES.c.channel, DELIVERIES.c.attempts)
            .where(DELIVERIES.c.state == "waiting", DELIVERIES.c.due <= at)
            .order_by(DELIVERIES.c.due, DELIVERIES.c.id)
            .limit(limit)
        )
        with self._state.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def delivered(self, delivery: str, at: str) -> None:
        """It was taken."""
        self._change(delivery, state="delivered", delivered=at, last_error=None)

    def put_off(self, delivery: str, error: str, due: float | None) -> None:
        """It was not taken; it is tried again at ``due``, or has failed when that is None."""
        if due is None:
            self._change(delivery, state="failed", last_error=error)
        else:
            self._change(delivery, due=due, last_error=error)

    def _change(self, delivery: str, **values: Any) -> None:
        """Only of one that waits: how it ended stays, whoever says something else of it later."""
        counted = DELIVERIES.c.attempts + 1
        waiting = update(DELIVERIES).where(DELIVERIES.c.id == delivery, DELIVERIES.c.state == "waiting")
        with self._state.transaction() as connection:
            connection.execute(waiting.values(attempts=counted, **values))

    def of_firings(self, firings: Sequence[str]) -> dict[str, list[Row]]:
        """The deliveries of each of these firings."""
        query = select(DELIVERIES).where(DELIVERIES.c.firing.in_(firings)).order_by(DELIVERIES.c.channel)
        found: dict[str, list[Row]] = {}
        with self._state.transaction() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["firing"], []).append(dict(row))
        return found

    def by_state(self) -> list[tuple[str, str, int]]:
        """(channel, state, how many) of every delivery that is kept."""
        query = select(DELIVERIES.c.channel, DELIVERIES.c.state, func.count()).group_by(
            DELIVERIES.c.channel, DELIVERIES.c.state
        )
        with self._state.transaction() as connection:
            return [(channel, state, count) for channel, state, count in connection.execute(query)]
