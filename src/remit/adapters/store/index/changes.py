"""What changed in the index since a place: new events, and events whose judgement was corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from remit.adapters.store.index.index import Index
from remit.adapters.store.sql import Dialect, as_timestamp, where
from remit.model.columns import BY_NAME
from remit.rooms.query.predicate import Predicate

Place = tuple[int, int, str]
"""(change_seq, time, event_id): after the last row that was given."""
_ALWAYS: Final = ("event_id", "time")
_BEYOND: Final = '(change_seq >= ? AND (change_seq > ? OR "time" > ? OR ("time" = ? AND event_id > ?)))'


class IndexChanges:
    """``flows.questions.ports.Changes`` over the index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._sql = Dialect()

    @property
    def sequence(self) -> tuple[str, int]:
        """(epoch, number) of the newest change; numbers of one epoch mean nothing in another."""
        return self._index.sequence

    def wait(self, seen: tuple[str, int], seconds: float) -> tuple[str, int]:
        """The sequence as soon as it is another than ``seen``, or as it stands after so many seconds."""
        return self._index.wait(seen, seconds)

    def changed(
        self, predicate: Predicate, columns: Sequence[str], after: Place, limit: int, *, lost: bool = False
    ) -> list[dict[str, Any]]:
        """At most ``limit`` rows changed after the place, in order of (change_seq, time, event_id)."""
        clause = where(predicate, self._sql)
        shown = ", ".join(self._shown(name) for name in dict.fromkeys((*columns, *_ALWAYS)))
        # By row id, so that only the rows given are read in all their columns.
        found = (
            'SELECT row, match FROM (SELECT rowid AS row, change_seq, born_seq, "time", event_id, '
            f"({clause.sql}) IS TRUE AS match FROM events WHERE {_BEYOND}) "
            f"WHERE {'(change_seq > born_seq OR match)' if lost else 'match'} "
            f'ORDER BY change_seq, "time", event_id LIMIT {int(limit)}'
        )
        sql = (
            f"SELECT {shown}, change_seq, born_seq, match FROM events JOIN ({found}) AS found "
            'ON events.rowid = found.row ORDER BY change_seq, events."time", event_id'
        )
        return self._rows(sql, [*clause.params, *_beyond(after)])

    def count_changed(self, predicate: Predicate, after: Place, *, lost: bool = False) -> int:
        """How many such rows changed after the place."""
        clause = where(predicate, self._sql)
        matching = f"(change_seq > born_seq OR {clause.sql})" if lost else f"({clause.sql})"
        sql = f"SELECT count(*) AS rows FROM events WHERE {_BEYOND} AND {matching}"
        return int(self._rows(sql, [*_beyond(after), *clause.params])[0]["rows"])

    def _shown(self, name: str) -> str:
        column = self._sql.column(name)
        return f"{self._sql.micros(column)} AS {column}" if BY_NAME[name].kind == "time" else column

    def _rows(self, sql: str, params: Sequence[object]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._index.execute(sql, params).to_pylist()
        return rows


def _beyond(after: Place) -> list[object]:
    """The parameters of ``_BEYOND``."""
    moment = as_timestamp(after[1])
    return [after[0], after[0], moment, moment, after[2]]
