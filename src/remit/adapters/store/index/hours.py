"""Counts per hour: of records, and of acts by each value of every facet.

What is confined by nothing but time is answered from here, so its cost grows with hours and values, not with events.
Rows are only ever added: what a correction changes is taken away with counts below zero and added anew, in the
transaction that corrects, and rows of one value are summed by whoever reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from remit.model.columns import FACETS

SCALARS: Final = tuple(column.name for column in FACETS if column.kind != "strings")
LISTS: Final = tuple(column.name for column in FACETS if column.kind == "strings")
FORM: Final = f"1,{SCALARS},{LISTS}"
"""Changes when other columns are counted; its first number, when they are counted otherwise."""
ACT: Final = "counted IS NOT FALSE"
_HOUR: Final = "date_trunc('hour', \"time\")"
_FLAG: Final = '"denied"'
_DENIED: Final = 'count(*) FILTER (WHERE "denied")'
_SLACK: Final = 50_000
"""Rows that may be added before equal ones are merged."""


def create_hours(cursor: duckdb.DuckDBPyConnection) -> None:
    """The tables, empty; tables of the same names are dropped."""
    for table in ("hours", "hour_values", "hours_merged"):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(
        "CREATE TABLE hours "
        "(hour TIMESTAMP, records BIGINT, acts BIGINT, denied BIGINT, first TIMESTAMP, last TIMESTAMP)"
    )
    cursor.execute(
        "CREATE TABLE hour_values (hour TIMESTAMP, facet VARCHAR, value VARCHAR, count BIGINT, denied BIGINT)"
    )
    cursor.execute("CREATE TABLE hours_merged (rows BIGINT)")
    cursor.execute("INSERT INTO hours_merged VALUES (0)")


def count_in(cursor: duckdb.DuckDBPyConnection, rows: str, sign: int = 1) -> None:
    """Add the events of a relation; with ``sign`` -1 take away what was added for them before."""
    cursor.execute(
        f"INSERT INTO hours SELECT {_HOUR}, {sign} * count(*), {sign} * count(*) FILTER (WHERE {ACT}), "
        f'{sign} * count(*) FILTER (WHERE denied AND {ACT}), min("time"), max("time") FROM {rows} GROUP BY 1'
    )
    counted = f"SELECT hour, facet, value, {sign} * count, {sign} * denied"
    cursor.execute(f"INSERT INTO hour_values {counted} FROM ({scalar_values(rows, SCALARS)})")
    for column in LISTS:
        cursor.execute(f"INSERT INTO hour_values {counted} FROM ({list_values(rows, column)})")


def merge(cursor: duckdb.DuckDBPyConnection, *, always: bool = False) -> None:
    """Sum rows of one hour and value when many were added since it was last done."""
    rows, merged = cursor.execute("SELECT (SELECT count(*) FROM hour_values), rows FROM hours_merged").fetchall()[0]
    if not always and rows <= 2 * merged + _SLACK:
        return
    cursor.execute(
        "CREATE OR REPLACE TABLE hour_values AS SELECT hour, facet, value, CAST(sum(count) AS BIGINT) AS count, "
        "CAST(sum(denied) AS BIGINT) AS denied FROM hour_values GROUP BY hour, facet, value HAVING sum(count) <> 0 "
        "ORDER BY facet, hour"
    )
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in ("records", "acts", "denied"))
    cursor.execute(
        f"CREATE OR REPLACE TABLE hours AS SELECT hour, {sums}, min(first) AS first, max(last) AS last FROM hours "
        "GROUP BY hour HAVING sum(records) <> 0 ORDER BY hour"
    )
    cursor.execute("UPDATE hours_merged SET rows = (SELECT count(*) FROM hour_values)")


def recount(cursor: duckdb.DuckDBPyConnection) -> None:
    """Count everything again: after events were taken away."""
    create_hours(cursor)
    count_in(cursor, "events")
    merge(cursor, always=True)


def scalar_values(rows: str, columns: Sequence[str]) -> str:
    """``hour, facet, value, count, denied`` of the acts of a relation, for each value of each scalar column."""
    names = [f'"{name}"' for name in columns]
    which = f"grouping_id({', '.join(names)})"
    everything = (1 << len(names)) - 1
    cases = [f"WHEN {everything - (1 << (len(names) - 1 - at))} THEN '{name}'" for at, name in enumerate(columns)]
    value = f"coalesce({', '.join(f'CAST({name} AS VARCHAR)' for name in names)})"
    sets = ", ".join(f"(hour, {name})" for name in names)
    return (
        f"SELECT hour, CASE {which} {' '.join(cases)} END AS facet, {value} AS value, "
        f"count(*) AS count, {_DENIED} AS denied "
        f"FROM (SELECT {_HOUR} AS hour, {', '.join(dict.fromkeys((*names, _FLAG)))} FROM {rows} WHERE {ACT}) "
        f"GROUP BY GROUPING SETS ({sets})"
    )


def few_values(rows: str, columns: Sequence[str]) -> str:
    """The same for the events of one hour. Few events take less time than the planning of as many groupings, so equal
    ones are counted and then taken apart."""
    names = ", ".join(dict.fromkeys((*(f'"{name}"' for name in columns), _FLAG)))
    equal = f"SELECT {_HOUR} AS hour, {names}, count(*) AS n FROM {rows} WHERE {ACT} GROUP BY ALL"
    each = ", ".join(f"{{'facet': '{name}', 'value': CAST(\"{name}\" AS VARCHAR)}}" for name in columns)
    apart = f"SELECT hour, unnest([{each}]) AS of, {_FLAG} AS refused, n FROM ({equal})"
    refused = "CAST(coalesce(sum(n) FILTER (WHERE refused), 0) AS BIGINT) AS denied"
    return (
        f"SELECT hour, of.facet AS facet, of.value AS value, CAST(sum(n) AS BIGINT) AS count, {refused} "
        f"FROM ({apart}) GROUP BY ALL"
    )


def list_values(rows: str, column: str) -> str:
    """The same for the elements of a list column, each once for an act."""
    lists = f'SELECT {_HOUR} AS hour, "{column}" AS list, {_FLAG} FROM {rows} WHERE {ACT}'
    counted = f"SELECT hour, list, count(*) AS count, {_DENIED} AS denied FROM ({lists}) GROUP BY hour, list"
    each = f"SELECT hour, unnest(list_distinct(list)) AS value, count, denied FROM ({counted})"
    return (
        f"SELECT hour, '{column}' AS facet, value, CAST(sum(count) AS BIGINT) AS count, "
        f"CAST(sum(denied) AS BIGINT) AS denied FROM ({each}) WHERE value <> '' GROUP BY hour, value"
    )
