"""An index in memory: the table ``events`` with every indexed column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from remit.model.columns import INDEXED

TYPES = {"string": "VARCHAR", "time": "TIMESTAMP", "bool": "BOOLEAN", "float": "DOUBLE", "strings": "VARCHAR[]"}
ARROW = {
    "string": pa.string(),
    "time": pa.timestamp("us"),
    "bool": pa.bool_(),
    "float": pa.float64(),
    "strings": pa.list_(pa.string()),
}


@contextmanager
def rows_table(rows: Sequence[Mapping[str, object]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose ``events`` holds ``rows`` (column -> value, ``time`` in microseconds)."""
    with duckdb.connect(config={"threads": 1}) as connection:
        declared = ", ".join(f'"{column.name}" {TYPES[column.kind]}' for column in INDEXED)
        connection.execute(f"CREATE TABLE events ({declared})")
        schema = pa.schema([(column.name, ARROW[column.kind]) for column in INDEXED])
        columns = {c.name: [row.get(c.name, [] if c.kind == "strings" else None) for row in rows] for c in INDEXED}
        batch = pa.table({name: pa.array(values, schema.field(name).type) for name, values in columns.items()})
        connection.register("batch", batch)
        connection.execute("INSERT INTO events SELECT * FROM batch")
        yield connection
