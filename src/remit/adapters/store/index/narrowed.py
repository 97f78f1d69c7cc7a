"""Many questions of few events: the events are found once, and what is grouped and counted by is held in memory.

``NarrowedReader`` answers like the reader it is made from. Whatever asks of other events than its own, or needs a
column that it does not hold, is asked of that reader.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa

from remit.adapters.store.index.index import Index
from remit.adapters.store.index.lookups import KeyedDialect
from remit.adapters.store.index.reader import IndexReader
from remit.adapters.store.index.remembered import Remembered
from remit.adapters.store.sql import Clause, Dialect, where
from remit.rooms.query.asked import FULL, NEWEST, Grouping, Order, Stretches
from remit.rooms.query.predicate import And, Contains, Equals, Not, Or, Predicate, both, columns_of, either

Row = dict[str, Any]
MOST: Final = 150_000
"""Events that are held at most; of more, every question is asked of the whole."""
_MOST_PLACES: Final = 200
"""Rows of a page that are read one by one; a longer page is read in one statement."""
_ALWAYS: Final = ("event_id", "time", "denied", "counted")
_REACH: Final = ("resource_ids", "account", "region", "action_kind")
_TIMES: Final = ("hour", "hour_of_day")


class Holds(Protocol):
    """Anything that runs a statement, also over Arrow tables given by name."""

    def execute(self, sql: str, params: Sequence[object], **tables: pa.Table) -> pa.Table: ...


class _HeldDialect(Dialect):
    """DuckDB's spelling over an Arrow table, whose rows have no ids of their own."""

    def first_rows(self, table: str, columns: str, condition: str, order: str, limit: int) -> str:
        return f"SELECT {columns} FROM {table} WHERE {condition} ORDER BY {order} LIMIT {int(limit)}"


class _Held:
    """Runs statements over the held rows, which they call ``held``."""

    def __init__(self, engine: Holds, rows: pa.Table) -> None:
        self._engine = engine
        self._rows = rows

    def execute(self, sql: str, params: Sequence[object]) -> pa.Table:
        return self._engine.execute(sql, params, held=self._rows)


class FetchingReader(IndexReader, ABC):
    """A reader of the whole that finds few events again by where they lie."""

    @abstractmethod
    def at(self, places: Sequence[tuple[int, str]], columns: Sequence[str]) -> dict[str, Row]:
        """Events by id, each given with its place, in some columns."""


class NarrowedReader(IndexReader):
    """``whole`` for questions of the events of ``terms``; ``rows`` are these events in some columns, with their row
    ids as ``place``."""

    def __init__(self, whole: FetchingReader, engine: Holds, terms: tuple[Predicate, ...], rows: pa.Table) -> None:
        super().__init__(_Held(engine, rows), table="held", dialect=_HeldDialect())
        self._whole = whole
        self._terms = frozenset(terms)
        self._columns = frozenset(rows.schema.names)

    def narrowed(self, predicate: Predicate, columns: Sequence[str]) -> IndexReader:
        """What is held already, when that is these events."""
        return self if self._rest(predicate, columns) == And(()) else self._whole.narrowed(predicate, columns)

    def search(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order = NEWEST) -> list[Row]:
        """Rows in order of (time, event_id); columns that are not held are read for the rows found and no others."""
        rest = self._rest(predicate)
        if rest is None:
            return self._whole.search(predicate, columns, limit, order)
        if self._columns.issuperset(columns):
            return super().search(rest, columns, limit, order)
        return self._fetched(self._places(rest, limit, order), columns)

    def _places(self, rest: Predicate, limit: int, order: Order) -> list[tuple[int, str]]:
        """(row id, event_id) of the first rows in order."""
        clause, by = self._placed(rest, order)
        sql = f"SELECT place, event_id FROM held WHERE {clause.sql} ORDER BY {by} LIMIT {int(limit)}"
        return [(row["place"], row["event_id"]) for row in self._rows(sql, clause.params)]

    def _fetched(self, places: list[tuple[int, str]], columns: Sequence[str]) -> list[Row]:
        found = self._whole.at(places, columns)
        return [found[event_id] for _, event_id in places if event_id in found]

    def tally(self, predicate: Predicate) -> Row:
        """How many records and acts, how many of them denied, and over which time."""
        rest = self._rest(predicate)
        return self._whole.tally(predicate) if rest is None else super().tally(rest)

    def groups(self, predicate: Predicate, by: Sequence[str], limit: int, asked: Grouping = FULL) -> list[Row]:
        """Groups, most records first."""
        rest = self._rest(predicate, [name for name in (*by, *asked.distinct) if name not in _TIMES])
        if rest is None:
            return self._whole.groups(predicate, by, limit, asked)
        return super().groups(rest, by, limit, asked)

    def counts(self, predicate: Predicate, conditions: Mapping[str, Predicate], *, by: str | None = None) -> list[Row]:
        """Records that satisfy each condition."""
        every = list(conditions.values())
        asked = {name for each in every for name in columns_of(each)} | ({by} if by else set())
        rest = None if any(map(_free_text, every)) else self._rest(predicate, sorted(asked))
        return (
            self._whole.counts(predicate, conditions, by=by)
            if rest is None
            else super().counts(rest, conditions, by=by)
        )

    def facets(self, predicate: Predicate, columns: Sequence[str], limit: int) -> dict[str, list[Row]]:
        """The commonest values of each column."""
        rest = self._rest(predicate, columns)
        return self._whole.facets(predicate, columns, limit) if rest is None else super().facets(rest, columns, limit)

    def distinct(self, predicate: Predicate, columns: Sequence[str]) -> dict[str, int]:
        """Distinct values of each column."""
        rest = self._rest(predicate, columns)
        return self._whole.distinct(predicate, columns) if rest is None else super().distinct(rest, columns)

    def histogram(self, predicate: Predicate, low: int, high: int, buckets: int) -> list[Row]:
        """Acts per bucket of time and source."""
        rest = self._rest(predicate, ("source",))
        if rest is None:
            return self._whole.histogram(predicate, low, high, buckets)
        return super().histogram(rest, low, high, buckets)

    def reach(self, predicate: Predicate, over: Stretches) -> list[Row]:
        """Distinct resources, accounts and regions per stretch of time."""
        rest = self._rest(predicate, (*(() if over.brief else _REACH), *((over.by,) if over.by else ())))
        return self._whole.reach(predicate, over) if rest is None else super().reach(rest, over)

    def _rest(self, predicate: Predicate, columns: Sequence[str] = ()) -> Predicate | None:
        """What the predicate asks beyond being one of these events; None when it, or what is asked by these columns,
        is not for what is held to answer."""
        terms = predicate.terms if isinstance(predicate, And) else (predicate,)
        rest = both(*(term for term in terms if term not in self._terms))
        known = self._terms.issubset(terms) and not _free_text(rest)
        return rest if known and self._columns.issuperset((*columns_of(rest), *columns)) else None


class QuickReader(FetchingReader):
    """The reader of an index with keys and counts, which can be narrowed to few events."""

    def __init__(self, engine: Holds, dialect: Dialect, remembered: Remembered | None = None) -> None:
        super().__init__(engine, dialect=dialect, hourly=True)
        self._holds = engine
        self._remembered = remembered

    def narrowed(self, predicate: Predicate, columns: Sequence[str]) -> IndexReader:
        """A reader for many questions that all have the terms of ``predicate`` and filter and group by these columns;
        this one when there are too many such events to hold."""
        names = list(dict.fromkeys((*_ALWAYS, *columns)))
        clause = where(predicate, self._sql)
        if not clause.keyed and self._many(clause):
            return self
        rows = self._held(clause, ", ".join(self._sql.column(name) for name in names))
        if rows.num_rows > MOST:
            return self
        return NarrowedReader(self, self._holds, predicate.terms if isinstance(predicate, And) else (predicate,), rows)

    def _held(self, clause: Clause, shown: str) -> pa.Table:
        """Rows to be held, one more than may be. What a look-up finds is read by row id, in a statement of its own: in
        one, DuckDB reads the columns of every row to join them with the few."""
        held, most = f"SELECT rowid AS place, {shown} FROM {self._table} WHERE", f"LIMIT {MOST + 1}"
        if not clause.keyed:
            return self._holds.execute(f"{held} {clause.sql} {most}", clause.params)
        found = f"SELECT rowid AS lies FROM {self._table} WHERE {clause.sql} {most}"
        few = self._holds.execute(found, clause.params)
        return self._holds.execute(f"{held} rowid IN (SELECT lies FROM few)", (), few=few)

    def _page(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order) -> list[Row]:
        """The rows of a page are found first, by time and id alone, and then read where they lie."""
        if limit > _MOST_PLACES:
            return super()._page(predicate, columns, limit, order)
        clause, by = self._placed(predicate, order)
        sql = f"SELECT rowid AS lies, event_id FROM {self._table} WHERE {clause.sql} ORDER BY {by} LIMIT {int(limit)}"
        places = [(row["lies"], row["event_id"]) for row in self._rows(sql, clause.params)]
        rows = self.at(places, columns)
        return [dict(rows[event_id]) for _, event_id in places if event_id in rows]

    def _rows(self, sql: str, params: Iterable[object]) -> list[Row]:
        """The answer to a statement, from memory when the index has not moved since it was asked."""
        values = tuple(params)
        if self._remembered is None:
            return self._fresh(sql, values)
        return self._remembered.rows((sql, values), lambda: self._fresh(sql, values))

    def _fresh(self, sql: str, params: Iterable[object]) -> list[Row]:
        return super()._rows(sql, params)

    def _many(self, clause: Clause) -> bool:
        """Whether there are too many: no look-up bounds what a scan would find, so they are counted first."""
        some = f"SELECT 1 FROM {self._table} WHERE {clause.sql} LIMIT {MOST + 1}"
        return bool(self._rows(f"SELECT count(*) AS n FROM ({some})", clause.params)[0]["n"] > MOST)

    def at(self, places: Sequence[tuple[int, str]], columns: Sequence[str]) -> dict[str, Row]:
        """Events by id, each looked for at its row id first: rows keep theirs until others are removed."""
        if not places:
            return {}
        wanted = dict.fromkeys(("event_id", *columns))
        shown = ", ".join(self._shown(name) for name in wanted)
        # As a relation: a list of constants is compared with every row between the first of them and the last.
        sql = f"SELECT {shown} FROM {self._table} WHERE rowid IN (SELECT unnest(?::BIGINT[]))"
        rows = self._fresh(sql, [[place for place, _ in places]])
        ids = {event_id for _, event_id in places}
        found = {row["event_id"]: row for row in rows if row["event_id"] in ids}
        if left := ids - found.keys():
            clause = where(_any_of(sorted(left)), self._sql)
            moved = self._fresh(f"SELECT {shown} FROM {self._table} WHERE {clause.sql}", clause.params)
            found |= {row["event_id"]: row for row in moved}
        return {event_id: {name: row[name] for name in columns} for event_id, row in found.items()}


def reader_of(index: Holds) -> QuickReader:
    """The reader of a store's own index, which has keys and counts per hour beside its events."""
    if not isinstance(index, Index):
        return QuickReader(index, KeyedDialect())
    remembered = Remembered(lambda: index.edition)
    index.memories.add(remembered)
    return QuickReader(index, KeyedDialect(), remembered)


def _any_of(ids: Sequence[str]) -> Predicate:
    return either(Equals("event_id", each) for each in ids)


def _free_text(predicate: Predicate) -> bool:
    """Whether it looks for words in every column of text."""
    if isinstance(predicate, (And, Or)):
        return any(map(_free_text, predicate.terms))
    return _free_text(predicate.term) if isinstance(predicate, Not) else isinstance(predicate, Contains)
