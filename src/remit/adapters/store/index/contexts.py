"""Calls counted by what policies look at: the questions of a backtest, over the index's own table.

Fields are those of ``rooms.guardrails.record``. Calls are counted by the classes that ``classed`` gives them. Every
count is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa

from remit.adapters.store.index.classed import (
    AUTHORIZED,
    Relation,
    among_calls,
    cell_table,
    field,
    joined,
    labelled,
    quoted,
)
from remit.adapters.store.index.lookups import KeyedDialect
from remit.adapters.store.sql import Clause, where
from remit.rooms.guardrails.cells import Cell, Kinds, Labels, Part, Values
from remit.rooms.query.predicate import Predicate

Row = dict[str, Any]
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

    def __init__(self, engine: Holds, below: int | None = None) -> None:
        self._engine = engine
        self._below = below

    def pinned(self) -> Contexts:
        """The same questions over the events that are there now: what arrives later is in no answer."""
        return Contexts(self._engine, self._rows("SELECT places FROM sequence", ())[0]["places"])

    def _where(self, predicate: Predicate) -> Clause:
        clause = where(predicate, KeyedDialect())
        pin = "" if self._below is None else f" AND place < {int(self._below)}"
        return Clause(f"{clause.sql}{pin}", clause.params)

    def _joined(
        self,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        fields: Sequence[str] = (),
        columns: Sequence[str] = (),
    ) -> Relation:
        clause = self._where(predicate)
        found = joined(clause.sql, parts, calls, fields, columns)
        return Relation(found.sql, [*found.params, *clause.params], found.tables)

    def _labelled(
        self,
        labels: Labels,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        columns: Sequence[str],
    ) -> Relation:
        plain = list(dict.fromkeys((*columns, "event_id", "time", "denied")))
        fields = labels.kinds.fields if labels.rows else ()
        return labelled(self._joined(predicate, parts, calls, fields, plain), parts, labels, plain)

    def operations(self, predicate: Predicate) -> list[Row]:
        """``{provider, service, operation, permissions, counted, count, denied, first, last}`` of all events."""
        clause = self._where(predicate)
        shown = "provider, service, operation, permissions, counted IS NOT FALSE AS counted"
        counted = f"SELECT {shown}, {_MEASURES} FROM events WHERE {clause.sql} GROUP BY 1, 2, 3, 4, 5"
        # A list becomes a text once for each that there is. Of two absent ones, NULL and empty, the rows stay two.
        sql = f"SELECT * REPLACE ({field('permissions')} AS permissions) FROM ({counted})"
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
        clause = self._where(predicate)
        shown = ", ".join(f"{field(name)} AS f{at}" for at, name in enumerate(fields))
        tables, among = among_calls(calls)
        sql = (
            f"SELECT {shown}, {_MEASURES} FROM events WHERE {clause.sql} AND {AUTHORIZED}{among} "
            f"GROUP BY {', '.join(f'f{at}' for at in range(len(fields)))}"
        )
        if commonest is not None:
            sql += f" ORDER BY count DESC, first, f0 LIMIT {int(commonest)}"
        return [_with_values(row, len(fields)) for row in self._rows(sql, clause.params, **tables)]

    def cells(self, predicate: Predicate, parts: Sequence[Part], calls: Sequence[Values]) -> list[Row]:
        """Counts by the classes of all parts (``values``)."""
        classed = self._joined(predicate, parts, calls)
        names = ", ".join(f"c{at}" for at in range(len(parts)))
        sql = f"SELECT {names}, {_MEASURES} FROM ({classed.sql}) GROUP BY {names}"
        return [_with_values(row, len(parts), "c") for row in self._rows(sql, classed.params, **classed.tables)]

    def combinations(
        self,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        cells: Sequence[Cell],
        kinds: Kinds,
    ) -> Iterator[list[Row]]:
        """The kinds of the calls in these cells with their counts, in batches. Where a kind is more than the values it
        is judged by, these are read of its first call."""
        alike = kinds.fields != kinds.judged
        classed = self._joined(predicate, parts, calls, kinds.fields)
        names = [*(f"f{at}" for at in range(len(kinds.fields))), *(f"c{at}" for at in kinds.parts)]
        wanted = ", ".join(f"c{at}" for at in range(len(parts)))
        classed.tables["wanted"] = cell_table(cells, len(parts))
        sql = (
            f"SELECT {', '.join(names)}, {_MEASURES}{', min(place) AS place' if alike else ''} FROM ({classed.sql}) "
            f"WHERE ({wanted}) IN (SELECT ({wanted}) FROM wanted) GROUP BY {', '.join(names)}"
        )
        if alike:
            shown = ", ".join(f"{field(name)} AS j{at}" for at, name in enumerate(kinds.judged))
            sql = f"SELECT counted.*, {shown} FROM ({sql}) AS counted JOIN events ON events.place = counted.place"
        table = self._engine.execute(sql, list(classed.params), **classed.tables)
        for batch in table.to_batches(max_chunksize=_BATCH):
            letter = "j" if alike else "f"
            yield [{**_with_values(row, len(kinds.fields)), "classes": tuple(row[f"c{at}"] for at in kinds.parts),
                    "judged": tuple(row[f"{letter}{at}"] for at in range(len(kinds.judged)))}
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
            relation = self._labelled(
                labels, predicate, parts, calls, sorted({name for at in together for name in by[at]})
            )
            found |= self._ranked(relation, {at: by[at] for at in together}, limit)
        return found

    def _ranked(self, relation: Relation, by: dict[int, Sequence[str]], limit: int) -> dict[int, list[Row]]:
        """Calls are counted once by all columns together, and these counts summed for each set."""
        names = sorted({name for each in by.values() for name in each})
        sets = ", ".join(f"(label, {', '.join(quoted(name) for name in each)})" for each in by.values())
        which = f"grouping_id({', '.join(quoted(name) for name in names)})"
        of_set = {_grouping(names, each): at for at, each in by.items()}
        shown = ", ".join(quoted(name) for name in names)
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
        relation = self._labelled(labels, predicate, parts, calls, columns)
        shown = ", ".join('epoch_us("time") AS "time"' if name == "time" else quoted(name) for name in columns)
        newest = f'ORDER BY {relation.name}."time" DESC, event_id DESC LIMIT {int(limit)}'
        found: list[Row] = []
        for label in sorted({*labels.cells.values(), *(each for _, _, each in labels.rows)}):
            sql = f"SELECT label, {shown} FROM ({relation.sql}) AS {relation.name} WHERE label = ? {newest}"
            found += self._rows(sql, [*relation.params, label], **relation.tables)
        return found

    def _rows(self, sql: str, params: Sequence[object], **tables: pa.Table) -> list[Row]:
        rows: list[Row] = self._engine.execute(sql, list(params), **tables).to_pylist()
        return rows


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
