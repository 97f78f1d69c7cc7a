"""The questions' index, answered by DuckDB (or an engine with another ``Dialect``) over a table of indexed columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from remit.adapters.store.index.faceting import elements, is_list, together, told_apart
from remit.adapters.store.index.hourly import Hourly, Span, span_of
from remit.adapters.store.sql import Clause, Dialect, as_timestamp, where
from remit.model.columns import BY_NAME
from remit.rooms.query.asked import FULL, NEWEST, Grouping, Order, Stretches
from remit.rooms.query.predicate import Equals, Not, Predicate, Present, Range, both, either, time_bounds

Row = dict[str, Any]
_RECENT: Final = 50_000
"""Records of the newest hours that are looked at before all others, when a page of few is asked for."""
_ACT: Final = "counted IS NOT FALSE"


class Executes(Protocol):
    """Anything that runs a statement with positional parameters and gives a ``pyarrow.Table``."""

    def execute(self, sql: str, params: Sequence[object]) -> Any: ...


class IndexReader:
    """``flows.questions.ports.EventIndex`` over the table ``events``."""

    def __init__(
        self, engine: Executes, *, table: str = "events", dialect: Dialect | None = None, hourly: bool = False
    ) -> None:
        self._engine = engine
        self._table = table
        self._sql = dialect or Dialect()
        self._hourly = Hourly(self._rows) if hourly else None

    def narrowed(self, predicate: Predicate, columns: Sequence[str]) -> IndexReader:  # noqa: ARG002 - for the quick one
        """A reader of which many questions about these events are asked: here no other."""
        return self

    def search(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order = NEWEST) -> list[Row]:
        """Rows in order of (time, event_id), newest first unless asked otherwise."""
        floor = None if order.oldest_first else self._floor(predicate, limit, order.after)
        recent = predicate if floor is None else both(predicate, Range("time", low=floor))
        return self._page(recent, columns, limit, order)

    def _floor(self, predicate: Predicate, limit: int, after: tuple[int, str] | None) -> int | None:
        """A time since which there are rows enough for the page, so that no earlier one is looked at: most pages are
        full with what came last. None where that is not known, or a look-up finds the rows wherever they are."""
        if self._hourly is None or where(predicate, self._sql).keyed:
            return None
        _, high = time_bounds(predicate)
        end = min((each for each in (high, after[0] if after else None) if each is not None), default=None)
        if span_of(predicate) == Span(time_bounds(predicate)[0], high):
            return self._hourly.reaching_back(end, limit)
        floor = self._hourly.reaching_back(end, _RECENT)
        if floor is None:
            return None
        enough = both(predicate, Range("time", floor, end))
        clause = where(enough, self._sql)
        found = f"SELECT 1 FROM {self._table} WHERE {clause.sql} LIMIT {int(limit)}"
        rows = self._rows(f"SELECT count(*) AS n FROM ({found})", clause.params)[0]["n"]
        return floor if rows == limit else None

    def _page(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order) -> list[Row]:
        clause, by = self._placed(predicate, order)
        shown = ", ".join(self._shown(name) for name in columns)
        return self._rows(self._sql.first_rows(self._table, shown, clause.sql, by, limit), clause.params)

    def _placed(self, predicate: Predicate, order: Order) -> tuple[Clause, str]:
        """The condition of the rows behind a place, and what they are ordered by."""
        clause = where(predicate, self._sql)
        direction, beyond = ("ASC", ">") if order.oldest_first else ("DESC", "<")
        by = f'{self._table}."time" {direction}, event_id {direction}'
        if order.after is None:
            return clause, by
        moment, at = as_timestamp(order.after[0]), self._sql.moment
        sql = f'({clause.sql}) AND "time" {beyond}= {at} AND ("time" {beyond} {at} OR event_id {beyond} ?)'
        return Clause(sql, (*clause.params, moment, moment, order.after[1])), by

    def tally(self, predicate: Predicate) -> Row:
        """How many records and acts, how many of them denied, and over which time."""
        if self._hourly is not None and (found := self._hourly.tally(predicate)) is not None:
            return found
        clause = where(predicate, self._sql)
        return self._rows(
            f"SELECT count(*) AS records, {self._sql.count_where(_ACT)} AS acts, "
            f"{self._sql.count_where(f'denied AND {_ACT}')} AS denied, {self._span()} "
            f"FROM {self._table} WHERE {clause.sql}",
            clause.params,
        )[0]

    def groups(self, predicate: Predicate, by: Sequence[str], limit: int, asked: Grouping = FULL) -> list[Row]:
        """Groups, most records first."""
        clause = where(predicate, self._sql)
        plain = [name for name in asked.distinct if not is_list(name)]
        keys = ", ".join(f"k{position}" for position in range(len(by)))
        ordered = ", ".join(f"k{position} NULLS LAST" for position in range(len(by)))
        counted = "".join(f", count(DISTINCT {self._sql.column(name)}) AS distinct_{name}" for name in plain)
        sample = "" if asked.brief else f", {self._sql.newest('event_id')} AS sample"
        measures = sample if asked.brief and not asked.times else f", {self._span()}{sample}"
        needed = ("time", "denied", *plain) if asked.brief else ("event_id", "time", "denied", *plain)
        inner, params = self._grouped(by, needed, clause, asked.first_since)
        rows = self._rows(
            f"SELECT {keys}, count(*) AS count, {self._sql.count_where('denied')} AS denied"
            f"{measures}{counted} FROM {inner} GROUP BY {keys} ORDER BY count DESC, {ordered} LIMIT {int(limit)}",
            params,
        )
        found = [_named(row, by) for row in rows]
        for name in asked.distinct:
            if is_list(name):
                self._add_distinct(found, predicate, by, name)
        return found

    def counts(self, predicate: Predicate, conditions: Mapping[str, Predicate], *, by: str | None = None) -> list[Row]:
        """Records that satisfy each condition."""
        clause = where(predicate, self._sql)
        written = [where(each, self._sql) for each in conditions.values()]
        shown = [f"{self._sql.count_where(each.sql)} AS c{place}" for place, each in enumerate(written)]
        key, group = ([f"{self._sql.column(by)} AS k0"], " GROUP BY k0") if by else ([], "")
        sql = f"SELECT {', '.join([*key, *shown])} FROM {self._table} WHERE {clause.sql}{group}"
        rows = self._rows(sql, [*(value for each in written for value in each.params), *clause.params])
        named = [{name: row[f"c{place}"] for place, name in enumerate(conditions)} for row in rows]
        return [{by: row["k0"], **each} for row, each in zip(rows, named, strict=True)] if by else named

    def facets(self, predicate: Predicate, columns: Sequence[str], limit: int) -> dict[str, list[Row]]:
        """The commonest values of each column."""
        if self._hourly is not None and (counted := self._hourly.facets(predicate, columns, limit)) is not None:
            return counted
        clause = where(predicate, self._sql)
        plain = [name for name in columns if not is_list(name)]
        found: dict[str, list[Row]] = {}
        if plain:
            sql = together(self._table, clause, plain, limit, self._sql)
            found = told_apart(self._rows(sql, clause.params), plain)
        for name in columns:
            if is_list(name):
                found[name] = self._rows(elements(self._table, clause, name, limit, self._sql), clause.params)
        return found

    def distinct(self, predicate: Predicate, columns: Sequence[str]) -> dict[str, int]:
        """Distinct values of each column."""
        clause = where(predicate, self._sql)
        plain = [name for name in columns if not is_list(name)]
        found: dict[str, int] = {}
        if plain:
            counts = ", ".join(f'count(DISTINCT {self._sql.column(name)}) AS "{name}"' for name in plain)
            found |= self._rows(f"SELECT {counts} FROM {self._table} WHERE {clause.sql}", clause.params)[0]
        for name in columns:
            if is_list(name):
                inner = f"SELECT {self._sql.unnest(self._sql.column(name))} AS x FROM {self._table} WHERE {clause.sql}"
                sql = f"SELECT count(DISTINCT x) AS n FROM ({inner}) WHERE x <> ''"
                found[name] = self._rows(sql, clause.params)[0]["n"]
        return found

    def histogram(self, predicate: Predicate, low: int, high: int, buckets: int) -> list[Row]:
        """Acts per bucket of time and source."""
        width = max(1, -(-(high - low) // max(1, buckets)))
        if self._hourly is not None and (bars := self._hourly.histogram(predicate, low, high, width)) is not None:
            return bars
        clause = where(predicate, self._sql)
        bucket, at = self._bucket(low, width), self._sql.moment
        return self._rows(
            f"SELECT {int(low)} + {bucket} * {width} AS start, source, count(*) AS count, "
            f"{self._sql.count_where('denied')} AS denied FROM {self._table} "
            f'WHERE {clause.sql} AND "time" >= {at} AND "time" < {at} AND {_ACT} '
            "GROUP BY ALL ORDER BY start, source NULLS LAST",
            [*clause.params, as_timestamp(low), as_timestamp(high)],
        )

    def reach(self, predicate: Predicate, over: Stretches) -> list[Row]:
        """Distinct resources, accounts and regions per stretch of time, and what was deleted or permitted."""
        by = over.by
        clause = where(both(predicate, Range("time", over.low, over.end)), self._sql)
        start = f"{int(over.low)} + {self._bucket(over.low, over.width)} * {int(over.width)} AS start"
        keys = f"{start}, {self._sql.column(by)} AS k" if by else start
        deletions = self._sql.count_where("action_kind = 'delete'")
        permissions = self._sql.count_where("action_kind = 'permission'")
        measures = (
            f", {deletions} AS deletions, {permissions} AS permissions, count(DISTINCT account) AS accounts, "
            "count(DISTINCT region) AS regions"
        )
        rows = self._rows(
            f"SELECT {keys}, count(*) AS count{'' if over.brief else measures} FROM {self._table} WHERE {clause.sql} "
            f"GROUP BY ALL ORDER BY start{', k NULLS LAST' if by else ''} LIMIT {int(over.limit)}",
            clause.params,
        )
        if over.brief:
            return [{by: row.pop("k"), **row} if by else row for row in rows]
        inner = f"SELECT {keys}, {self._sql.unnest('resource_ids')} AS x FROM {self._table} WHERE {clause.sql}"
        named = ("start", "k") if by else ("start",)
        keyed = ", ".join(named)
        counted = self._rows(
            f"SELECT {keyed}, count(DISTINCT x) AS n FROM ({inner}) WHERE x <> '' GROUP BY {keyed}", clause.params
        )
        touched = {tuple(row[name] for name in named): row["n"] for row in counted}
        for row in rows:
            row["resources"] = touched.get(tuple(row[name] for name in named), 0)
            if by:
                row[by] = row.pop("k")
        return rows

    def _bucket(self, low: int, width: int) -> str:
        micros = self._sql.micros('"time"')
        return self._sql.quotient(f"({micros} - {int(low)})", width)

    def _keyed(self, by: Sequence[str], columns: Sequence[str], clause: Clause) -> str:
        """The inner select of a grouping: its keys as k0, k1, ... beside the columns the measures need."""
        keys = [f"{self._key(name)} AS k{position}" for position, name in enumerate(by)]
        return (
            f"SELECT {', '.join([*keys, *(self._sql.column(name) for name in columns)])} "
            f"FROM {self._table} WHERE ({clause.sql})"
        )

    def _grouped(
        self, by: Sequence[str], columns: Sequence[str], clause: Clause, first_since: int | None
    ) -> tuple[str, list[object]]:
        """The relation of a grouping and its parameters. Of groups that begin at or after a time, no row is older: what
        is older is read for its keys alone."""
        inner = self._keyed(by, columns, clause)
        if first_since is None:
            return f"({inner})", list(clause.params)
        names = [f"k{position}" for position in range(len(by))]
        begun = f"SELECT {', '.join(names)} FROM ({self._keyed(by, ('time',), clause)}) GROUP BY {', '.join(names)}"
        same = " AND ".join(f"firsts.{name} IS NOT DISTINCT FROM recent.{name}" for name in names)
        firsts = f'SELECT 1 FROM ({begun} HAVING min("time") >= {self._sql.moment}) AS firsts WHERE {same}'
        since = as_timestamp(first_since)
        recent = f'(SELECT * FROM ({inner} AND "time" >= {self._sql.moment}) AS recent WHERE EXISTS ({firsts}))'
        return recent, [*clause.params, since, *clause.params, since]

    def _key(self, name: str) -> str:
        if name == "hour_of_day":
            return self._sql.hour_of_day('"time"')
        if name == "hour":
            return self._sql.micros(self._sql.hour('"time"'))
        column = self._sql.column(name)
        return self._sql.unnest(column) if is_list(name) else column

    def _add_distinct(self, found: list[Row], predicate: Predicate, by: Sequence[str], name: str) -> None:
        """Distinct elements of a list column, for the groups found and no others: one key keeps that bounded."""
        if len(by) != 1 or by[0] not in BY_NAME:
            raise ValueError("distinct elements of a list column are counted for groups by one column")
        clause = where(both(predicate, either(_is(by[0], row[by[0]]) for row in found)), self._sql)
        element = f"{self._sql.unnest(self._sql.column(name))} AS x"
        inner = f"SELECT {self._key(by[0])} AS k, {element} FROM {self._table} WHERE {clause.sql}"
        sql = f"SELECT k, count(DISTINCT x) AS n FROM ({inner}) WHERE x <> '' GROUP BY k"
        counts = {row["k"]: row["n"] for row in self._rows(sql, clause.params)}
        for row in found:
            row[f"distinct_{name}"] = counts.get(row[by[0]], 0)

    def _span(self) -> str:
        first, last = self._sql.micros('min("time")'), self._sql.micros('max("time")')
        return f"{first} AS first, {last} AS last"

    def _shown(self, name: str) -> str:
        column = self._sql.column(name)
        return f"{self._sql.micros(column)} AS {column}" if BY_NAME[name].kind == "time" else column

    def _rows(self, sql: str, params: Iterable[object]) -> list[Row]:
        rows: list[Row] = self._engine.execute(sql, list(params)).to_pylist()
        return rows


def _is(column: str, value: Any) -> Predicate:
    return Not(Present(column)) if value is None else Equals(column, value)


def _named(row: Row, by: Sequence[str]) -> Row:
    """A group's row with its keys under their own names."""
    keys = {name: row[f"k{position}"] for position, name in enumerate(by)}
    return {**keys, **{name: value for name, value in row.items() if not (name[:1] == "k" and name[1:].isdigit())}}
