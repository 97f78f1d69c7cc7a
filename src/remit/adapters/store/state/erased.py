"""Ids of what was erased, so that reading a source again does not bring it back. The ids are digests."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, select

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import ERASED

AT_ONCE = 500


class Erased:
    """The ids, over the state. Asking costs nothing while there are none."""

    def __init__(self, state: State) -> None:
        self._state = state
        with state.transaction() as connection:
            self._any = bool(connection.execute(select(exists().where(ERASED.c.event_id.is_not(None)))).scalar())

    def add(self, ids: Collection[str]) -> None:
        """Remember these."""
        rows = [{"event_id": event_id} for event_id in sorted(ids)]
        with self._state.transaction() as connection:
            for start in range(0, len(rows), AT_ONCE):
                self._state.upsert(connection, ERASED, rows[start : start + AT_ONCE])
        self._any = self._any or bool(rows)

    def among(self, ids: Collection[str]) -> set[str]:
        """Which of these were erased."""
        if not self._any:
            return set()
        asked, found = list(ids), set()
        with self._state.transaction() as connection:
            for start in range(0, len(asked), AT_ONCE):
                some = asked[start : start + AT_ONCE]
                found |= set(connection.execute(select(ERASED.c.event_id).where(ERASED.c.event_id.in_(some))).scalars())
        return found
