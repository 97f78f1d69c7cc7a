"""Calls counted by what policies look at: the questions of a backtest, over the index's own table.

Fields are those of ``rooms.guardrails.record``. A part is a table of values of some fields and the class of each; calls
are joined with it, and only those with a class are counted. Every count is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa

from remit.adapters.store.index.lookups import KeyedDialect
from remit.adapters.store.sql import Clause, as_timestamp, where
from remit.model.columns import BY_NAME
from remit.rooms.guardrails.cells import Cell, Labels, Part, Values
from remit.rooms.guardrails.record import BETWEEN, CONTEXT, LISTS, MARKER
from remit.rooms.query.predicate import Predicate

Row = dict[str, Any]
_BETWEEN: Final = f"chr({ord(BETWEEN)})"
_MADE: Final = {
    "caller": "CASE WHEN issuer IS NULL OR principal_type IS DISTINCT FROM 'AssumedRole' THEN principal END",
    "key_kind": "left(access_key, 4)",
    "time": 'epoch_us("time") // 1000000',
    "owners": f"array_to_string(list_sort(list_distinct(list_filter(list_transform(list_filter(resource_arns, "
    f"lambda x: length(x) - length(replace(x, ':', '')) >= 5), lambda x: split_part(x, ':', 5)), "
    f"lambda x: x <> ''))), {_BETWEEN})",
}
_MARKERS: Final = f"coalesce(markers_line, array_to_string(markers_list, {_BETWEEN}))"
_AUTHORIZED: Final = "len(permissions) > 0"
_MEASURES: Final = (
    "count(*) AS count, count(*) FILTER (WHERE denied) AS denied, "
    'epoch_us(min("time")) AS first, epoch_us(max("time")) AS last'
)
_OF_CALLERS: Final = frozenset({"principal", "issuer", "actor_name"})
_BATCH: Final = 20_000


class Holds(Protocol):
    """Anything that runs a statement, also over Arrow tables given by name."""

    def execute(self, sql: str, params: Sequence[object], **tables: pa.Table) -> pa.Table: ...


class Contexts:
    """The questions, over one index."""

    def __init__(self, engine: Holds) -> None:
        self._engine = engine

    def operations(self, predicate: Predicate) -> list[Row]:
        """``{provider, service, operation, permissions, counted, count, denied, first, last}`` of all events."""
        clause = where(predicate, KeyedDialect())
        shown = f"provider, service, operation, {field('permissions')} AS permissions, counted IS NOT FALSE AS counted"
        sql = f"SELECT {shown}, {_MEASURES} FROM events WHERE {clause.sql} GROUP BY 1, 2, 3, 4, 5"
        return self._rows(sql, clause.params)

    def distinct(
        self,
        predicate: Predicate,
        fields: Sequence[str],
        calls: Sequence[Values] | None = None,
        commonest: int | None = None,
    ) -> list[Row]:
        """Distinct values of fields (``values``) with their counts, among authorized events; of these calls, each a
        service and an operation, if given; the commonest alone, if so many are asked for."""
        clause = where(predicate, KeyedDialect())
        shown = ", ".join(f"{field(name)} AS f{at}" for at, name in enumerate(fields))
        tables, among = _among(calls)
        sql = (
            f"SELECT {shown}, {_MEASURES} FROM events WHERE {clause.sql} AND {_AUTHORIZED}{among} "
            f"GROUP BY {', '.join(f'f{at}' for at in range(len(fields)))}"
        )
        if commonest is not None:
            sql += f" ORDER BY count DESC, first, f0 LIMIT {int(commonest)}"
        return [_with_values(row, len(fields)) for row in self._rows(sql, clause.params, **tables)]

    def cells(self, predicate: Predicate, parts: Sequence[Part], calls: Sequence[Values]) -> list[Row]:
        """Counts by the classes of all parts (``values``)."""
        joined = _joined(predicate, parts, calls, ())
        names = ", ".join(f"c{at}" for at in range(len(parts)))
        sql = f"SELECT {names}, {_MEASURES} FROM ({joined.sql}) GROUP BY {names}"
        return [_with_values(row, len(parts), "c") for row in self._rows(sql, joined.params, **joined.tables)]

    def combinations(
        self,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        cells: Sequence[Cell],
        fields: Sequence[str],
    ) -> Iterator[list[Row]]:
        """Distinct values of fields among the calls in these cells, with their counts, in batches."""
        joined = _joined(predicate, parts, calls, fields)
        timed = [f"c{at}" for at, part in enumerate(parts) if part.timed]
        names = [*(f"f{at}" for at in range(len(fields))), *timed]
        wanted = ", ".join(f"c{at}" for at in range(len(parts)))
        joined.tables["wanted"] = _cell_table(cells, len(parts))
        sql = (
            f"SELECT {', '.join(names)}, {_MEASURES} FROM ({joined.sql}) "
            f"WHERE ({wanted}) IN (SELECT ({wanted}) FROM wanted) GROUP BY {', '.join(names)}"
        )
        table = self._engine.execute(sql, list(joined.params), **joined.tables)
        for batch in table.to_batches(max_chunksize=_BATCH):
            yield [_with_values(row, len(fields)) | {"moment": row[timed[0]] if timed else None}
                   for row in batch.to_pylist()]  # fmt: skip

    def breakdown(
        self,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        labels: Labels,
        by: Sequence[Sequence[str]],
        limit: int,
    ) -> dict[int, list[Row]]:
        """For each set of columns its commonest values under each label: place of the set -> rows ``{label, values,
        count, denied, first, last, values_in_all}``."""
        found: dict[int, list[Row]] = {}
        for together in _together(by):
            relation = _labelled(labels, predicate, parts, calls, sorted({name for at in together for name in by[at]}))
            found |= self._ranked(relation, {at: by[at] for at in together}, limit)
        return found

    def _ranked(self, relation: _Relation, by: dict[int, Sequence[str]], limit: int) -> dict[int, list[Row]]:
        """Calls are counted once by all columns together, and these counts summed for each set."""
        names = sorted({name for each in by.values() for name in each})
        sets = ", ".join(f"(label, {', '.join(_quoted(name) for name in each)})" for each in by.values())
        which = f"grouping_id({', '.join(_quoted(name) for name in names)})"
        of_set = {_grouping(names, each): at for at, each in by.items()}
        shown = ", ".join(_quoted(name) for name in names)
        ranked = f"row_number() OVER (PARTITION BY {which}, label ORDER BY sum(n) DESC, {shown}) AS place"
        total = f"count(*) OVER (PARTITION BY {which}, label) AS values_in_all"
        sums = (
            "CAST(sum(n) AS BIGINT) AS count, CAST(sum(refused) AS BIGINT) AS denied, "
            "epoch_us(min(begun)) AS first, epoch_us(max(ended)) AS last"
        )
        counted = (
            f"SELECT label, {shown}, count(*) AS n, count(*) FILTER (WHERE denied) AS refused, "
            f'min("time") AS begun, max("time") AS ended FROM ({relation.sql}) GROUP BY ALL'
        )
        sql = (
            f"SELECT * FROM (SELECT label, {shown}, {which} AS which, {sums}, {ranked}, {total} "
            f"FROM ({counted}) GROUP BY GROUPING SETS ({sets})) WHERE place <= {int(limit)} ORDER BY which, place"
        )
        found: dict[int, list[Row]] = {at: [] for at in by}
        for row in self._rows(sql, relation.params, **relation.tables):
            at = of_set[row["which"]]
            found[at].append({**row, "values": tuple(row[name] for name in by[at])})
        return found

    def samples(
        self, predicate: Predicate, parts: Sequence[Part], calls: Sequence[Values], labels: Labels, limit: int
    ) -> list[Row]:
        """The newest events under each label."""
        columns = ("event_id", "time", "service", "operation", "principal", "account", "region", "denied", "actor_name",
                   "agent")  # fmt: skip
        relation = _labelled(labels, predicate, parts, calls, columns)
        shown = ", ".join('epoch_us("time") AS "time"' if name == "time" else _quoted(name) for name in columns)
        newest = f'ORDER BY {relation.name}."time" DESC, event_id DESC LIMIT {int(limit)}'
        found: list[Row] = []
        for label in sorted({*labels.cells.values(), *(each for _, _, each in labels.rows)}):
            sql = f"SELECT label, {shown} FROM ({relation.sql}) AS {relation.name} WHERE label = ? {newest}"
            found += self._rows(sql, [*relation.params, label], **relation.tables)
        return found

    def _rows(self, sql: str, params: Sequence[object], **tables: pa.Table) -> list[Row]:
        rows: list[Row] = self._engine.execute(sql, list(params), **tables).to_pylist()
        return rows


class _Relation:
    """A select with its parameters and the Arrow tables it names."""

    name = "labelled"

    def __init__(self, sql: str, params: Sequence[object], tables: dict[str, pa.Table]) -> None:
        self.sql = sql
        self.params = tuple(params)
        self.tables = tables


def _labelled(
    labels: Labels, predicate: Predicate, parts: Sequence[Part], calls: Sequence[Values], columns: Sequence[str]
) -> _Relation:
    """``label`` and these columns of every call that has one."""
    plain = list(dict.fromkeys((*columns, "event_id", "time", "denied")))
    joined = _joined(predicate, parts, calls, labels.fields if labels.rows else (), plain)
    on = " AND ".join(f"j.c{at} = v.c{at}" for at in range(len(parts)))
    joined.tables["labels"] = _cell_table(list(labels.cells), len(parts), list(labels.cells.values()))
    shown = ", ".join(f"j.{_quoted(name)}" for name in plain)
    sql = f"WITH j AS ({joined.sql}) SELECT v.label, {shown} FROM j JOIN labels AS v ON {on}"
    if labels.rows:
        joined.tables["told"] = _told(labels)
        same = [f"j.f{at} IS NOT DISTINCT FROM t.f{at}" for at in range(len(labels.fields))]
        same += [f"j.c{at} = t.moment" for at, part in enumerate(parts) if part.timed]
        sql += f" UNION ALL SELECT t.label, {shown} FROM j JOIN told AS t ON {' AND '.join(same)}"
    return _Relation(sql, joined.params, joined.tables)


def _told(labels: Labels) -> pa.Table:
    more: dict[str, list[Any]] = {
        "moment": [each for _, each, _ in labels.rows],
        "label": [each for _, _, each in labels.rows],
    }
    return _table(labels.fields, [each for each, _, _ in labels.rows], more)


def field(name: str) -> str:
    """A field in SQL; an absent value is NULL."""
    if name in _MADE:
        return f"nullif({_MADE[name]}, '')" if name != "time" else _MADE[name]
    if name.startswith(CONTEXT):
        return f"nullif(regexp_extract(context, {_stated(name.removeprefix(CONTEXT))}, 1), '')"
    if name.startswith(MARKER):
        marker = _text(f"(?:^|\\x1f){re.escape(name.removeprefix(MARKER))}=([^\\x1f]*)")
        return f"nullif(regexp_extract({_MARKERS}, {marker}, 1), '')"
    if name in LISTS:
        return f"nullif(array_to_string({_quoted(name)}, {_BETWEEN}), '')"
    return _quoted(BY_NAME[name].name)


def _stated(key: str) -> str:
    """The pattern that finds the inside of a key's list in canonical JSON. A text in JSON has no bare quote, so the key
    in quotes before a colon is a member."""
    spelled = "".join(f"\\x{{{ord(each):x}}}" if not each.isalnum() else each for each in key)
    return _text(f'(?i)"{spelled}":\\[((?:"(?:[^"\\\\]|\\\\.)*",?)*)\\]')


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return f'"{BY_NAME[name].name}"'


def _joined(
    predicate: Predicate,
    parts: Sequence[Part],
    calls: Sequence[Values],
    fields: Sequence[str],
    columns: Sequence[str] = (),
) -> _Relation:
    """Calls with the class of each part as ``c0``, ..., some fields as ``f0``, ... and some columns."""
    clause: Clause = where(predicate, KeyedDialect())
    tables, among = _among(calls)
    joins: list[str] = []
    shown: list[str] = []
    params: list[object] = []
    for at, part in enumerate(parts):
        if part.timed:
            steps = " + ".join(["0", *('CASE WHEN "time" >= ? THEN 1 ELSE 0 END' for _ in part.edges)])
            shown.append(f"({steps}) AS c{at}")
            params += [as_timestamp(edge * 1_000_000) for edge in part.edges]
            continue
        tables[f"part{at}"] = _table(part.fields, list(part.classes), {"class": list(part.classes.values())})
        told = [(place, name) for place, name in enumerate(part.fields) if name not in part.implied]
        same = (f"{field(name)} IS NOT DISTINCT FROM part{at}.f{place}" for place, name in told)
        joins.append(f"JOIN part{at} ON {' AND '.join(same)}")
        shown.append(f"part{at}.class AS c{at}")
    shown += [f"{field(name)} AS f{at}" for at, name in enumerate(fields)]
    shown += [_quoted(name) for name in columns] or ['"time"', "denied"]
    sql = f"SELECT {', '.join(shown)} FROM events {' '.join(joins)} WHERE {clause.sql} AND {_AUTHORIZED}{among}"
    return _Relation(sql, [*params, *clause.params], tables)


def _among(calls: Sequence[Values] | None) -> tuple[dict[str, pa.Table], str]:
    if calls is None:
        return {}, ""
    columns = {name: pa.array([each[at] for each in calls], pa.string()) for at, name in enumerate("so")}
    return {"calls": pa.table(columns)}, " AND EXISTS (SELECT 1 FROM calls WHERE s = service AND o = operation)"


def _table(fields: Sequence[str], values: Sequence[Values], more: dict[str, list[Any]]) -> pa.Table:
    columns = {
        f"f{at}": pa.array([each[at] for each in values], pa.int64() if name == "time" else pa.string())
        for at, name in enumerate(fields)
    }
    kinds = {"class": pa.int64(), "moment": pa.int64(), "label": pa.string()}
    return pa.table(columns | {name: pa.array(each, kinds[name]) for name, each in more.items()})


def _cell_table(cells: Sequence[Cell], width: int, labels: list[str] | None = None) -> pa.Table:
    columns = {f"c{at}": pa.array([each[at] for each in cells], pa.int64()) for at in range(width)}
    return pa.table(columns | ({"label": pa.array(labels, pa.string())} if labels is not None else {}))


def _with_values(row: Row, width: int, letter: str = "f") -> Row:
    return {**row, "values": tuple(row[f"{letter}{at}"] for at in range(width))}


def _together(by: Sequence[Sequence[str]]) -> list[list[int]]:
    """Places of sets that are counted in one reading: those of callers, which have many values, and all others."""
    callers = [at for at, each in enumerate(by) if not _OF_CALLERS.isdisjoint(each)]
    others = [at for at in range(len(by)) if at not in callers]
    return [each for each in (callers, others) if each]


def _grouping(names: Sequence[str], kept: Sequence[str]) -> int:
    """What ``grouping_id`` gives for a set: a bit for each name that is left out, the first name's highest."""
    return sum(1 << (len(names) - 1 - at) for at, name in enumerate(names) if name not in kept)
