"""The questions' index, answered by Spark over the lake's own files.

Every question costs Spark a second and more before it reads anything, and reading all columns of what matches costs
most. So a page is found by time and id first; pages that follow each other come from one sorted run; and of few events,
of which much is asked, what is grouped and counted by is held here (``narrowed.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import duckdb
import pyarrow as pa

from remit.adapters.store.index.narrowed import MOST, FetchingReader, NarrowedReader
from remit.adapters.store.index.reader import IndexReader
from remit.adapters.store.spark.dialect import SparkDialect
from remit.adapters.store.spark.session import SparkEngine
from remit.adapters.store.sql import where
from remit.rooms.query.asked import NEWEST, Order
from remit.rooms.query.predicate import And, Equals, Predicate, Range, both, either

Row = dict[str, Any]
Position = tuple[int, str]
_ALWAYS: Final = ("event_id", "time", "denied", "counted")
_BY_ID: Final = 2_000
"""Rows that are found by time and id first at most; of more, all columns are read and sorted at once."""
_FEW_COLUMNS: Final = 8


class SparkReader(FetchingReader):
    """``flows.questions.ports.EventIndex`` over the views of ``views.show_lakes``."""

    def __init__(self, engine: SparkEngine, table: str = "events") -> None:
        super().__init__(engine, table=table, dialect=SparkDialect())
        self._spark = engine
        self._run = _Run()

    def search(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order = NEWEST) -> list[Row]:
        """Rows in order of (time, event_id), newest first unless asked otherwise."""
        asked = (predicate, tuple(columns), order.oldest_first)
        if order.after is not None and self._run.ended(asked, order.after):
            rows = self._run.on(lambda: self._sorted(predicate, columns, order), limit)
        else:
            rows = self._page(predicate, columns, limit, order)
            self._run = _Run()
        self._run.remember(asked, rows)
        return rows

    def _page(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order) -> list[Row]:
        if len(columns) <= _FEW_COLUMNS or limit > _BY_ID:
            return super()._page(predicate, columns, limit, order)
        found = super()._page(predicate, ("time", "event_id"), limit, order)
        places = [(row["time"], row["event_id"]) for row in found]
        rows = self.at(places, columns)
        return [rows[event_id] for _, event_id in places]

    def _sorted(self, predicate: Predicate, columns: Sequence[str], order: Order) -> Iterator[Row]:
        """Every row behind a place, in order; one part of the sorted whole is in memory at a time."""
        clause, by = self._placed(predicate, order)
        shown = ", ".join(self._shown(name) for name in columns)
        sql = f"SELECT {shown} FROM {self._table} WHERE {clause.sql} ORDER BY {by}"
        frame = self._spark.frame(sql, clause.params)
        with self._spark.errors():
            for row in frame.toLocalIterator():
                yield row.asDict()

    def at(self, places: Sequence[tuple[int, str]], columns: Sequence[str]) -> dict[str, Row]:
        """Events by id; a place is the event's time, which says where in the lake to look."""
        if not places:
            return {}
        times = [time for time, _ in places]
        these = both(
            Range("time", min(times), max(times), closed=True), either(Equals("event_id", each) for _, each in places)
        )
        clause = where(these, self._sql)
        wanted = dict.fromkeys(("event_id", *columns))
        shown = ", ".join(self._shown(name) for name in wanted)
        rows = self._rows(f"SELECT {shown} FROM {self._table} WHERE {clause.sql}", clause.params)
        return {row["event_id"]: {name: row[name] for name in columns} for row in rows}

    def narrowed(self, predicate: Predicate, columns: Sequence[str]) -> IndexReader:
        """A reader for many questions about few events; this one when there are too many such events to hold."""
        names = tuple(dict.fromkeys((*_ALWAYS, *columns)))
        clause = where(predicate, self._sql)
        shown = ", ".join(self._sql.column(name) for name in names)
        place = self._sql.micros('"time"')
        rows = self._spark.execute(
            f"SELECT {place} AS place, {shown} FROM {self._table} WHERE {clause.sql} LIMIT {MOST + 1}", clause.params
        )
        if rows.num_rows > MOST:
            return self
        at = rows.schema.get_field_index("time")
        naive = rows.set_column(at, "time", rows["time"].cast(pa.timestamp("us")))
        return NarrowedReader(self, _Memory(), predicate.terms if isinstance(predicate, And) else (predicate,), naive)


class _Run:
    """Pages that follow each other: where the last one ended, and the sorted rows behind it once a second is asked."""

    def __init__(self) -> None:
        self._asked: object = None
        self._end: Position | None = None
        self._rows: Iterator[Row] | None = None

    def ended(self, asked: object, at: Position) -> bool:
        """Whether the last page was of this question and ended there."""
        return asked == self._asked and at == self._end

    def on(self, begin: Any, limit: int) -> list[Row]:
        """The next rows."""
        if self._rows is None:
            self._rows = begin()
        return list(islice(self._rows, limit))

    def remember(self, asked: tuple[Predicate, tuple[str, ...], bool], rows: Sequence[Row]) -> None:
        """Take note of a page that was given; its rows must have time and id."""
        self._asked = asked
        placed = rows and {"time", "event_id"} <= rows[-1].keys()
        self._end = (rows[-1]["time"], rows[-1]["event_id"]) if placed else None


class _Memory:
    """DuckDB over Arrow tables in memory, and nothing else."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")

    def execute(self, sql: str, params: Sequence[object], **tables: pa.Table) -> pa.Table:
        """Run a query over the tables given."""
        for name, table in tables.items():
            self._connection.register(name, table)
        return self._connection.sql(sql, params=list(params)).to_arrow_table()
