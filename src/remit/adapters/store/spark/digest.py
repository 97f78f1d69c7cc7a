"""The digest of the index (``adapters/store/digest.py``), computed where the rows are: each part of the lake is hashed
and summed by whoever reads it, and only sums travel."""

from __future__ import annotations

from collections.abc import Sequence

from remit.adapters.store.digest import ONE
from remit.adapters.store.spark.session import SparkEngine
from remit.adapters.store.spark.views import EVENTS
from remit.model.columns import INDEXED, Column


def spark_digest(engine: SparkEngine, columns: Sequence[Column] = INDEXED) -> str:
    """``rows:sum`` over the events of the view; the sum is of 60-bit row hashes."""
    text = ", ".join(f"coalesce('+' || {_text(column)}, '-')" for column in columns)
    hashed = f"CAST(conv(left(md5(concat_ws(chr(31), {text})), 15), 16, 10) AS DECIMAL(20, 0))"
    row = engine.execute(f"SELECT count(*) AS rows, CAST(sum({hashed}) AS STRING) AS total FROM {EVENTS}").to_pylist()[
        0
    ]
    return f"{row['rows']}:{row['total'] or 0}"


def repeated(engine: SparkEngine) -> int:
    """Events that are there more than once: lakes that hold the same records are not meant to be asked together."""
    sql = f"SELECT count(*) - count(DISTINCT event_id) AS n FROM {EVENTS}"
    found: int = engine.execute(sql)["n"].to_pylist()[0]
    return found


def _text(column: Column) -> str:
    name = f'"{column.name}"'
    if column.kind == "time":
        return f"CAST(unix_micros({name}) AS STRING)"
    if column.kind == "strings":
        return f"array_join({name}, chr(30))"
    if column.kind == "float":
        return f"CAST(CAST(floor({name} * CAST({ONE} AS DOUBLE)) AS BIGINT) AS STRING)"
    return f"CAST({name} AS STRING)"
