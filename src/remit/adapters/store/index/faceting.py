"""SQL that counts the values of many columns at once, and how its rows become facets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from remit.adapters.store.sql import Clause, Dialect
from remit.model.columns import BY_NAME

Row = dict[str, Any]
_MEASURES: Final = ("count", "denied")


def together(table: str, clause: Clause, columns: Sequence[str], limit: int, dialect: Dialect) -> str:
    """One reading that groups by each of several scalar columns by itself. Only the commonest ``limit`` values of each
    leave the engine, so a column of millions of values costs no more memory here than one of ten."""
    names = [dialect.column(name) for name in columns]
    keys = ", ".join(f"{name} AS k{at}" for at, name in enumerate(names))
    sets = ", ".join(f"({name})" for name in names)
    written = f"coalesce({', '.join(f'CAST({name} AS {dialect.text})' for name in names)})"
    which = f"grouping_id({', '.join(names)})"
    place = f"row_number() OVER (PARTITION BY {which} ORDER BY count(*) DESC, {written} NULLS LAST)"
    measures = f"count(*) AS count, {dialect.count_where('denied')} AS denied"
    counted = (
        f"SELECT {keys}, {which} AS which, {measures}, {place} AS place "
        f"FROM {table} WHERE {clause.sql} GROUP BY GROUPING SETS ({sets})"
    )
    return f"SELECT * FROM ({counted}) WHERE place <= {int(limit)} ORDER BY which, place"


def elements(table: str, clause: Clause, column: str, limit: int, dialect: Dialect) -> str:
    """The elements of a list column, each once for an event. Equal lists are counted before they are taken apart."""
    name = dialect.column(column)
    lists = (
        f"SELECT {name} AS list, count(*) AS count, {dialect.count_where('denied')} AS denied "
        f"FROM {table} WHERE {clause.sql} GROUP BY {name}"
    )
    each = f"SELECT {dialect.unnest(dialect.distinct_elements('list'))} AS value, count, denied FROM ({lists})"
    return (
        f"SELECT value, CAST(sum(count) AS BIGINT) AS count, CAST(sum(denied) AS BIGINT) AS denied FROM ({each}) "
        f"WHERE value <> '' GROUP BY value ORDER BY count DESC, value LIMIT {int(limit)}"
    )


def told_apart(rows: Iterable[Row], columns: Sequence[str]) -> dict[str, list[Row]]:
    """Rows of ``together`` by column: a grouping's id has a bit for every column it is not about, the first highest."""
    everything = (1 << len(columns)) - 1
    at = {everything - (1 << (len(columns) - 1 - place)): place for place in range(len(columns))}
    found: dict[str, list[Row]] = {name: [] for name in columns}
    for row in rows:
        place = at[row["which"]]
        found[columns[place]].append({"value": row[f"k{place}"], **{name: row[name] for name in _MEASURES}})
    return found


def is_list(name: str) -> bool:
    """Whether a column holds lists."""
    return name in BY_NAME and BY_NAME[name].kind == "strings"
