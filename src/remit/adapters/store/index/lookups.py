"""Finding few events among many without reading the rest: keys of exact names, beside the rows.

``events`` has a key of 32 bits for each of an event's ids: its first eight digits, or of what has no such digits 32
bits of MD5. A column of keys is compared ten times faster than one of texts; whoever finds a row by its key compares
the id as well. Each event has a ``place``, a number higher than that of any event brought before it. The table
``names`` has one row ``(name, place)`` for each element of the list columns people ask for by name; a name is 64 bits
of MD5, so that equal names are equal and another is not (by chance once in 2⁶⁴).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from remit.adapters.store.sql import Dialect

KEYED: Final = {"event_id": "event_key", "provider_id": "provider_key"}
"""Column of ids -> the column of its keys."""
NAMED: Final = {"resource_ids": True, "resource_arns": True, "link_offers": False}
"""List columns whose elements are in ``names``; whether they are there without regard to case."""
FORM: Final = f"2,{KEYED},{NAMED}"
"""Changes when other columns have keys; its first number, when keys are made otherwise."""


def create_names(cursor: duckdb.DuckDBPyConnection) -> None:
    """The table, empty; one of the same name is dropped."""
    cursor.execute("DROP TABLE IF EXISTS names")
    cursor.execute("CREATE TABLE names (name UBIGINT, place BIGINT)")


def key(text: str) -> str:
    """The key of an SQL text that is an id."""
    return f"coalesce({_digits(text)}, {_digest(text)})"


def _digits(text: str) -> str:
    return f"try_cast('0x' || left({text}, 8) AS UINTEGER)"


def _digest(text: str) -> str:
    return f"(md5_number({text}) & 4294967295)::UINTEGER"


def name_key(text: str) -> str:
    """The key of an SQL text that is a name."""
    return f"(md5_number({text}) & 18446744073709551615)::UBIGINT"


def add_names(cursor: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Names of new events; ``rows`` is a relation with their columns and places. Sorted, so that equal ones lie
    together."""
    each = " UNION ALL ".join(
        f"SELECT '{column}' AS kind, unnest({column}) AS element, place FROM {rows} WHERE len({column}) > 0"
        for column in NAMED
    )
    folded = ", ".join(f"'{column}'" for column, fold in NAMED.items() if fold)
    element = f"CASE WHEN kind IN ({folded}) THEN lower(element) ELSE element END"
    name = name_key(f"kind || ':' || {element}")
    cursor.execute(f"INSERT INTO names SELECT {name} AS name, place FROM ({each}) WHERE element <> '' ORDER BY name")


def forget_names(cursor: duckdb.DuckDBPyConnection) -> None:
    """Delete the names of events that are no longer there."""
    cursor.execute("DELETE FROM names WHERE place NOT IN (SELECT place FROM events)")


class KeyedDialect(Dialect):
    """DuckDB's spelling over an index that has keys."""

    def listed(self, columns: Sequence[str], *, fold: bool) -> str:
        """Whether an element of any of these lists is its parameter, one parameter for each."""
        if any(NAMED.get(column) is not fold for column in columns):
            return ""
        names = [name_key(f"'{column}:' || {'lower(?)' if fold else '?'}") for column in columns]
        return f"place IN (SELECT place FROM names WHERE name IN ({', '.join(names)}))"

    def identified(self, column: str, values: int) -> str:
        """Whether an id is one of so many parameters, given twice for the keys and once for the ids.

        Rows are found by their keys alone, and the id is compared as an expression: DuckDB would push a comparison of
        the column into its scan, and unpack the ids of every row before the keys have ruled them out.
        """
        if column not in KEYED:
            return ""
        text = f"concat({self.column(column)}, '')"
        if values == 1:  # an equality is pushed into the scan, a list is not
            return f"rowid IN (SELECT rowid FROM events WHERE {KEYED[column]} = {key('?')} AND {text} = ?)"
        digits = [f"coalesce({_digits('?')}, 0)"] * values
        keys, ids = ", ".join([*digits, *[_digest("?")] * values]), ", ".join("?" * values)
        found = f"SELECT rowid FROM events WHERE {KEYED[column]} IN ({keys})"
        return f"(rowid IN ({found}) AND {text} IN ({ids}))"
