"""Finding few events among many without reading the rest: keys of exact names, beside the rows.

A key is 64 bits of MD5, so that equal names have equal keys, another name does not (by chance once in 2⁶⁴), and a
column of keys is compared ten times faster than one of texts. ``events`` has the keys of each event's ids; the table
``names`` has one row ``(name, event_key)`` for each element of the list columns people ask for by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from remit.adapters.store.sql import Dialect

KEYED: Final = {"event_id": "event_key", "provider_id": "provider_key"}
"""Column of ids -> the column of its keys."""
COLUMNS: Final = tuple(f"{key} UBIGINT" for key in KEYED.values())
NAMED: Final = {"resource_ids": True, "resource_arns": True, "link_offers": False}
"""List columns whose elements are in ``names``; whether they are there without regard to case."""
FORM: Final = f"1,{KEYED},{NAMED}"
"""Changes when other columns have keys; its first number, when keys are made otherwise."""


def create_names(cursor: duckdb.DuckDBPyConnection) -> None:
    """The table, empty; one of the same name is dropped."""
    cursor.execute("DROP TABLE IF EXISTS names")
    cursor.execute("CREATE TABLE names (name UBIGINT, event_key UBIGINT)")


def key(text: str) -> str:
    """The key of an SQL text."""
    return f"(md5_number({text}) & 18446744073709551615)::UBIGINT"


def id_keys() -> str:
    """The select list of an event's own keys, in the order of ``COLUMNS``."""
    return ", ".join(f"{key(f'{column}')} AS {keyed}" for column, keyed in KEYED.items())


def add_names(cursor: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Names of new events; ``rows`` is a relation with their columns. Sorted, so that equal names lie together."""
    each = " UNION ALL ".join(
        f"SELECT '{column}' AS kind, unnest({column}) AS element, event_id FROM {rows} WHERE len({column}) > 0"
        for column in NAMED
    )
    folded = ", ".join(f"'{column}'" for column, fold in NAMED.items() if fold)
    element = f"CASE WHEN kind IN ({folded}) THEN lower(element) ELSE element END"
    name, event_key = key(f"kind || ':' || {element}"), key("event_id")
    cursor.execute(
        f"INSERT INTO names SELECT {name} AS name, {event_key} FROM ({each}) WHERE element <> '' ORDER BY name"
    )


def forget_names(cursor: duckdb.DuckDBPyConnection) -> None:
    """Delete the names of events that are no longer there."""
    cursor.execute("DELETE FROM names WHERE event_key NOT IN (SELECT event_key FROM events)")


class KeyedDialect(Dialect):
    """DuckDB's spelling over an index that has keys."""

    def listed(self, columns: Sequence[str], *, fold: bool) -> str:
        """Whether an element of any of these lists is its parameter, one parameter for each."""
        if any(NAMED.get(column) is not fold for column in columns):
            return ""
        names = [key(f"'{column}:' || {'lower(?)' if fold else '?'}") for column in columns]
        return f"event_key IN (SELECT event_key FROM names WHERE name IN ({', '.join(names)}))"

    def identified(self, column: str, values: int) -> str:
        """Whether an id is one of so many parameters, given once for the keys and once for the ids."""
        if column not in KEYED:
            return ""
        keys, ids = ", ".join([key("?")] * values), ", ".join("?" * values)
        return f"({KEYED[column]} IN ({keys}) AND {self.column(column)} IN ({ids}))"
