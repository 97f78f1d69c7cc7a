"""Arrow schemas and DuckDB DDL, derived from ``remit.model.columns``: no column is named twice.

In the lake a time is ``timestamp[us, UTC]``; in the index it is DuckDB's naive ``TIMESTAMP``, always UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from remit.model.coded import Coded
from remit.model.columns import COLUMNS, INDEXED, JUDGED, Column

KINDS: Final = ("events", "corrections", "quarantine")
"""The lake's tables, in the order one batch commits them."""
PARTITION: Final = "month"

_ARROW: Final[Mapping[str, pa.DataType]] = {
    "string": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "bool": pa.bool_(),
    "float": pa.float64(),
    "strings": pa.list_(pa.field("element", pa.string())),
    "count": pa.int64(),
}
DUCKDB: Final[Mapping[str, str]] = {
    "string": "VARCHAR",
    "time": "TIMESTAMP",
    "bool": "BOOLEAN",
    "float": "DOUBLE",
    "strings": "VARCHAR[]",
    "count": "BIGINT",
}

CORRECTIONS: Final = (
    Column("event_id", "string", "judged", "The event whose judged columns this replaces."),
    Column("time", "time", "judged", "That event's time: it places the correction in a month."),
    Column("seq", "count", "judged", "The keeper's sequence number; the newest correction of an event wins."),
    *JUDGED,
)
QUARANTINE: Final = (
    Column("quarantine_id", "string", "fact", "A digest of place, reason and sample: the same trouble has one id."),
    Column("time", "time", "fact", "When it was seen."),
    Column("feed", "string", "fact", "The configured input it came by."),
    Column("place", "string", "fact", "File or object, and the position in it."),
    Column("reason", "string", "fact", "Stable reason, such as `time-missing`."),
    Column("detail", "string", "fact", "The reason for people."),
    Column("sample", "string", "fact", "The first bytes of the record, redacted and escaped."),
    Column("format", "string", "fact", "The format it was taken for."),
)
STORED: Final[Mapping[str, tuple[Column, ...]]] = {
    "events": COLUMNS,
    "corrections": CORRECTIONS,
    "quarantine": QUARANTINE,
}
IDENTITY: Final[Mapping[str, str]] = {
    "events": "event_id",
    "corrections": "event_id",
    "quarantine": "quarantine_id",
}
UNIQUE_TEXT: Final = frozenset({"event_id", "quarantine_id", "provider_id", "request_id", "raw", "sample"})
"""Columns whose values hardly repeat; a Parquet dictionary would only cost time."""


def file_schema(kind: str) -> pa.Schema:
    """What a Parquet file of this table holds: every column but the partition's."""
    return pa.schema([pa.field(column.name, _ARROW[column.kind]) for column in STORED[kind]])


def table_schema(kind: str) -> pa.Schema:
    """The Delta table's schema: the file's columns and the partition column ``month``."""
    return file_schema(kind).append(pa.field(PARTITION, pa.string()))


def arrow_table(kind: str, columns: Mapping[str, Sequence[object]]) -> pa.Table:
    """A batch of columns (see the architecture page) as Arrow; columns left out are null, or empty lists.

    ``time`` is microseconds since the epoch. ``seq`` may be left out of corrections: the keeper numbers them.
    """
    rows = max((len(values) for values in columns.values()), default=0)
    arrays = [_array(column, columns.get(column.name), rows) for column in STORED[kind]]
    return pa.Table.from_arrays(arrays, [column.name for column in STORED[kind]])


def _array(column: Column, values: Sequence[object] | None, rows: int) -> pa.Array:
    kind = _ARROW[column.kind]
    if values is None:
        return pa.array([[]], kind).take(pa.array([0] * rows)) if column.kind == "strings" else pa.nulls(rows, kind)
    if isinstance(values, Coded):
        return _coded(values, kind)
    return _lists(values) if column.kind == "strings" else pa.array(values, kind)


def _coded(column: Coded, kind: pa.DataType) -> pa.Array:
    """Texts as a dictionary and indices into it, which Parquet takes as they are; all else spread over the rows."""
    values, codes = pa.array(column.values, kind), pa.array(column.codes)
    if not pa.types.is_string(kind):
        return values.take(codes)
    once = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(once.indices.take(codes), once.dictionary)


def _lists(values: Sequence[Any]) -> pa.Array:
    """Lists of texts, none of them absent, laid end to end."""
    ends = np.fromiter(map(len, values), np.int32, len(values)).cumsum(dtype=np.int32)
    texts = pa.array(list(chain.from_iterable(values)), pa.string())
    return pa.ListArray.from_arrays(pa.array(np.concatenate(([0], ends)), pa.int32()), texts, _ARROW["strings"])


def ddl(table: str, columns: Sequence[Column], *extra: str) -> str:
    """``CREATE TABLE`` for DuckDB. Every name is quoted: some columns are SQL keywords."""
    parts = [f'"{column.name}" {DUCKDB[column.kind]}' for column in columns]
    return f"CREATE TABLE {table} ({', '.join([*parts, *extra])})"


def from_parquet(columns: Sequence[Column]) -> str:
    """The select list that turns Parquet columns into index columns."""
    return ", ".join(_from_parquet(column) for column in columns)


def _from_parquet(column: Column) -> str:
    if column.kind == "time":
        return f'make_timestamp(epoch_us("{column.name}")) AS "{column.name}"'
    if column.kind == "strings":
        return f'coalesce("{column.name}", []) AS "{column.name}"'
    return f'"{column.name}"'


def fingerprint() -> str:
    """Changes when the columns of the index's tables would."""
    indexed = ",".join(f"{column.name}:{column.kind}" for column in INDEXED)
    quarantined = ",".join(f"{column.name}:{column.kind}" for column in QUARANTINE)
    return f"3;{indexed};{quarantined}"
