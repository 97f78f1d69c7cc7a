"""Saved views in the state: rows ``{id, name, query, since, until, owner, created, changed, version}``.

A change and its record in the journal are one transaction; a change is made to a version, and to no other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import VIEWS
from remit.model.errors import Conflict

Row = dict[str, Any]
_SHOWN: Final = tuple(column.name for column in VIEWS.columns if column.name != "folded")


class ViewTable:
    """``flows.views.ViewStore`` over the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def views(self) -> list[Row]:
        """Every view, by name without regard to case."""
        with self._state.transaction() as connection:
            return [_shown(row) for row in connection.execute(select(VIEWS).order_by(VIEWS.c.folded)).mappings()]

    def view(self, named: str) -> Row | None:
        """The view with this id, else with this name."""
        with self._state.transaction() as connection:
            for column, value in ((VIEWS.c.id, named), (VIEWS.c.folded, _folded(named))):
                if row := connection.execute(select(VIEWS).where(column == value)).mappings().first():
                    return _shown(row)
        return None

    def add(self, row: Mapping[str, Any], most: int, by: str) -> bool:
        """Keep a new view; False when there are ``most`` already. Raises Conflict when its name is taken."""
        # Alone: of two consoles that count at the same moment, each would find room for the last one.
        with self._state.transaction(alone="views") as connection:
            if (connection.execute(select(func.count()).select_from(VIEWS)).scalar() or 0) >= most:
                return False
            self._named_once(connection, insert(VIEWS).values(**row, folded=_folded(row["name"])), row["name"])
            self._state.journal(by, "view.saved", _said(row), connection=connection)
        return True

    def replace(self, row: Mapping[str, Any], before: Mapping[str, Any], by: str) -> bool:
        """Put ``row`` in the place of ``before``; False when it is at another version. Raises Conflict as ``add``."""
        place = update(VIEWS).where(VIEWS.c.id == before["id"], VIEWS.c.version == before["version"])
        with self._state.transaction() as connection:
            change = place.values(**row, folded=_folded(row["name"]))
            changed = self._named_once(connection, change, row["name"])
            if changed:
                facts = {**_said(row), "before": _said(before)}
                self._state.journal(by, "view.changed", facts, connection=connection)
        return changed

    def remove(self, row: Mapping[str, Any], by: str) -> bool:
        """Forget a view; False when it is at another version than ``row``."""
        gone = delete(VIEWS).where(VIEWS.c.id == row["id"], VIEWS.c.version == row["version"])
        with self._state.transaction() as connection:
            removed = bool(connection.execute(gone).rowcount)
            if removed:
                self._state.journal(by, "view.deleted", _said(row), connection=connection)
        return removed

    @staticmethod
    def _named_once(connection: Connection, statement: Any, name: str) -> bool:
        try:
            return bool(connection.execute(statement).rowcount)
        except IntegrityError as error:
            raise Conflict(f"There is a view named {name} already", remedy="Choose another name.") from error


def _shown(row: RowMapping) -> Row:
    return {name: row[name] for name in _SHOWN}


def _said(row: Mapping[str, Any]) -> Row:
    return {name: row[name] for name in ("id", "name", "query", "since", "until", "version")}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
