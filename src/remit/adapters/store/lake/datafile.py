"""Parquet files of the lake: how a batch is split, sorted and written, and how one file is described.

A worker may write files while the keeper commits: nothing here touches the Delta log.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from remit.adapters.store.lake.schema import IDENTITY, UNIQUE_TEXT, arrow_table, file_schema
from remit.adapters.store.lake.storage import Storage, Written
from remit.model.errors import StoreError

ROWS_PER_GROUP = 50_000
ZSTD_LEVEL = 3
DENSE_LEVEL, DENSE_RAW_LEVEL = 6, 9
DENSE_PAGE_BYTES = 4 << 20
"""Maintenance has time: it packs harder, and raw records in longer pages, which repeat more of what they hold."""
RAW_AT_ONCE = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file. ``path`` is relative to its table; ``low_us`` and ``high_us`` bound its times."""

    path: str
    month: str
    rows: int
    size: int
    low_us: int
    high_us: int
    modified_ms: int

    def as_json(self) -> dict[str, Any]:
        """A form the log's metadata can carry."""
        return asdict(self)

    def stats(self) -> str:
        """Delta's file statistics; bounds are widened to whole milliseconds, which is all Delta promises."""
        bounds = {"minValues": {"time": _iso(self.low_us)}, "maxValues": {"time": _iso(self.high_us, round_up=True)}}
        return json.dumps({"numRecords": self.rows, **bounds, "nullCount": {"time": 0}})


class EventWriter:
    """Writes batches of event columns as synced files from any process; the keeper commits them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def __call__(self, columns: Mapping[str, Sequence[Any]]) -> list[DataFile]:
        """One file per month of these rows; ``time`` is microseconds since the epoch."""
        return _write_ordered(self._storage, "events", ordered_events(columns))


def write_files(storage: Storage, kind: str, table: pa.Table) -> list[DataFile]:
    """Write a batch as one file per month, sorted by time, each file durable on return."""
    return _write_ordered(storage, kind, table.take(_order(kind, table)))


def _write_ordered(storage: Storage, kind: str, ordered: pa.Table) -> list[DataFile]:
    return [write_file(storage, kind, month, rows) for month, rows in by_month(ordered)]


def ordered_events(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Columns of events as Arrow, sorted by time and then by id.

    The raw records are most of the bytes. They are put in order before they become Arrow, and in small pieces: one
    buffer of tens of megabytes would be grown step by step and copied again by the sort, all of it in new memory.
    """
    table = arrow_table("events", {name: values for name, values in columns.items() if name != "raw"})
    order = _order("events", table)
    table = table.take(order)
    raw = columns.get("raw")
    if raw is None:
        return table
    pieces = [order.slice(start, RAW_AT_ONCE).to_pylist() for start in range(0, len(order), RAW_AT_ONCE)]
    laid = pa.chunked_array([pa.array([raw[row] for row in piece], pa.string()) for piece in pieces], pa.string())
    return table.set_column(table.schema.get_field_index("raw"), table.schema.field("raw"), laid)


def write_file(storage: Storage, kind: str, month: str, table: pa.Table) -> DataFile:
    """Write rows of one month, already sorted, as one durable file."""
    # Encoded in memory first: a Python file would take the interpreter for every page written.
    encoded = pa.BufferOutputStream()
    with parquet_writer(encoded, kind, table.schema) as writer:
        writer.write_table(table, row_group_size=ROWS_PER_GROUP)
    content = encoded.getvalue()
    path = new_path(month)
    written = storage.put(f"{kind}/{path}", lambda sink: _write_all(sink, content), read_soon=True)
    times = table["time"].cast(pa.int64())
    return describe(path, month, written, table.num_rows, times[0].as_py(), times[-1].as_py())


def _write_all(sink: BinaryIO, content: pa.Buffer) -> None:
    sink.write(memoryview(content))


def new_path(month: str) -> str:
    """Where a new file of a month goes within its table: a name that nobody else uses."""
    return f"month={month}/{uuid.uuid4().hex}.parquet"


def describe(path: str, month: str, written: Written, rows: int, low_us: int, high_us: int) -> DataFile:
    """The record of a file that has just been written."""
    return DataFile(path, month, rows, written.size, low_us, high_us, written.modified_ms)


def parquet_writer(
    sink: BinaryIO | pa.NativeFile, kind: str, schema: pa.Schema | None = None, *, dense: bool = False
) -> pq.ParquetWriter:
    """One way to write Parquet, so that ingest and compaction agree on codec, dictionaries and statistics.

    Rows come in order of time, so times are stored as differences. ``schema`` is that of the tables written, when
    their texts are dictionaries; the file is the same. ``dense`` takes several times as long.
    """
    schema = schema or file_schema(kind)
    levels = {_leaf(field): DENSE_LEVEL for field in schema}
    levels |= {"raw": DENSE_RAW_LEVEL} if "raw" in levels else {}
    return pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=levels if dense else ZSTD_LEVEL,
        data_page_size=DENSE_PAGE_BYTES if dense else None,
        use_dictionary=[name for name in schema.names if name not in UNIQUE_TEXT and name != "time"],
        column_encoding={"time": "DELTA_BINARY_PACKED"},
        write_statistics=["time", IDENTITY[kind]],
        store_schema=False,
    )


def _leaf(field: pa.Field) -> str:
    """A column's name as Parquet knows it: a list's values lie one level deeper."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else str(field.name)


def by_month(ordered: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Split rows, which are sorted by time, by its month.

    :raises StoreError: if a row has no time, or one outside the years 1 to 9999.
    """
    if ordered.num_rows == 0:
        return
    _check_times(ordered["time"])
    months = pc.floor_temporal(ordered["time"], unit="month").cast(pa.int64()).combine_chunks()
    start = 0
    for month, rows in _runs(months):
        yield month_of(month), ordered.slice(start, rows)
        start += rows


def month_of(time_us: int) -> str:
    """``YYYY-MM`` of a time in microseconds since the epoch."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    return f"{moment.year:04d}-{moment.month:02d}"


def _check_times(times: pa.ChunkedArray) -> None:
    bounds = pc.min_max(times.cast(pa.int64()))
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if times.null_count or low < _FIRST or high > _LAST:
        raise StoreError(
            "A batch holds a row without a time, or with one outside the years 1 to 9999",
            remedy="A feed's decoder must reject such a record; nothing of this batch was stored.",
        )


def _order(kind: str, table: pa.Table) -> pa.Array:
    return pc.sort_indices(table, sort_keys=[("time", "ascending"), (IDENTITY[kind], "ascending")])


def _runs(values: pa.Array) -> Iterator[tuple[int, int]]:
    encoded = pc.run_end_encode(values)
    start = 0
    for value, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
        yield value, end - start
        start = end


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


_FIRST = _micros(datetime.min.replace(tzinfo=UTC))
_LAST = _micros(datetime.max.replace(tzinfo=UTC))


def _iso(time_us: int, *, round_up: bool = False) -> str:
    millis = -(-time_us // 1000) if round_up else time_us // 1000
    moment = _EPOCH + timedelta(milliseconds=min(millis, _LAST // 1000))
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def time_from_iso(text: str) -> int:
    """Microseconds since the epoch of a time in Delta's statistics."""
    return _micros(datetime.fromisoformat(text))
