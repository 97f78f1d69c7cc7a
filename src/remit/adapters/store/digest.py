"""One number for what is stored, the same whatever the order of rows: proof that index and lake agree.

It is a sum over rows, so that parts of the rows may be summed apart; ``spark/digest.py`` computes the same in Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import duckdb

from remit.adapters.store.index.index import Index
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import from_parquet
from remit.model.columns import BY_NAME, INDEXED, JUDGED, Column

_JUDGED = frozenset(column.name for column in JUDGED)
ONE: Final = 1 << 60
"""What a float is multiplied by: exact, because it is a power of two."""
ATTRIBUTION: Final = (BY_NAME["event_id"], *(column for column in JUDGED if column.name != "rules_version"))
"""What no order of arrival may change: which events there are, what each was judged to be, and which are one act.

Which rules confirmed a judgement is no part of it, nor is the feed that brought a record first.
"""


def index_digest(index: Index, columns: Sequence[Column] = INDEXED) -> str:
    """``rows:sum`` over the index's events; the sum is of 60-bit row hashes."""
    return _read(index.execute(f"SELECT {_sums(columns)} FROM events").to_pylist()[0])


def lake_digest(lake: Lake, columns: Sequence[Column] = INDEXED, *, memory_mb: int = 400) -> str:
    """The same over the lake: each event with its newest correction, straight from the Parquet files."""
    with ExitStack() as reading:
        events, corrections = (_here(lake, kind, reading) for kind in ("events", "corrections"))
        return _digest(events, corrections, columns, memory_mb) if events else "0:0"


def _digest(events: Sequence[str], corrections: Sequence[str], columns: Sequence[Column], memory_mb: int) -> str:
    born = f"SELECT {from_parquet(INDEXED)} FROM {_parquet(events)}"
    sql = f"SELECT {_sums(columns)} FROM ({_judged(born, corrections) if corrections else born}) AS events"
    config = {"memory_limit": f"{memory_mb}MB", "threads": 2, "temp_directory": f"{events[0]}.digest.tmp"}
    with duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return _read(connection.sql(sql).to_arrow_table().to_pylist()[0])


def _judged(born: str, corrections: Sequence[str]) -> str:
    newest = (
        f"SELECT * FROM {_parquet(corrections)} QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY seq DESC) = 1"
    )
    columns = ", ".join(_choice(column) for column in INDEXED)
    return f"SELECT {columns} FROM ({born}) AS born LEFT JOIN ({newest}) AS newest ON newest.event_id = born.event_id"


def _choice(column: Column) -> str:
    if column.name not in _JUDGED:
        return f'born."{column.name}"'
    newest = f'coalesce(newest."{column.name}", [])' if column.kind == "strings" else f'newest."{column.name}"'
    return f'CASE WHEN newest.seq IS NULL THEN born."{column.name}" ELSE {newest} END AS "{column.name}"'


def _sums(columns: Sequence[Column]) -> str:
    text = ", ".join(f"""coalesce('+' || {_text(column)}, '-')""" for column in columns)
    return f"count(*) AS rows, sum(('0x' || left(md5(concat_ws(chr(31), {text})), 15))::HUGEINT)::VARCHAR AS total"


def _text(column: Column) -> str:
    if column.kind == "time":
        return f'epoch_us("{column.name}")::VARCHAR'
    if column.kind == "strings":
        return f"""array_to_string("{column.name}", chr(30))"""
    if column.kind == "float":  # engines write fractions differently; this is every bit of a confidence, as a number
        return f'floor("{column.name}" * {ONE}::DOUBLE)::BIGINT::VARCHAR'
    return f'"{column.name}"::VARCHAR'


def _here(lake: Lake, kind: str, reading: ExitStack) -> list[str]:
    return [str(reading.enter_context(lake.here(kind, file))) for file in lake.files(kind).added]


def _parquet(paths: Sequence[str]) -> str:
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{quoted}], hive_partitioning = false)"


def _read(row: dict[str, object]) -> str:
    return f"{row['rows']}:{row['total'] or 0}"
