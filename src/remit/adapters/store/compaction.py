"""Merging a month's small files into fewer, and removing files that nothing refers to any more.

Merging holds one stretch of time in memory at a time, never a whole file: inputs are sorted by time, so the rows of a
stretch are at the front of each. Readers of the old files are safe: those stay on disk until ``vacuum``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from remit.adapters.store.datafile import DataFile, describe, new_path, parquet_writer
from remit.adapters.store.lake import Lake
from remit.adapters.store.schema import IDENTITY, KINDS, file_schema

SMALL_BYTES = 32 << 20
TARGET_BYTES = 128 << 20
FILES_AT_ONCE = 24
ROWS_AT_ONCE = 4_096
VACUUM_AFTER_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What one run did: files merged, files they became, files removed and their bytes."""

    merged: int
    into: int
    removed: int
    freed_bytes: int


def maintain(lake: Lake, *, vacuum_after_seconds: float = VACUUM_AFTER_SECONDS) -> Maintenance:
    """Compact every table, then remove what nothing has referred to for longer than the given age."""
    merged = into = removed = freed = 0
    for kind in KINDS:
        for group in groups(lake.files(kind).added):
            lake.replace(kind, group, [merge(lake, kind, group)])
            merged, into = merged + len(group), into + 1
        for size in vacuum(lake, kind, vacuum_after_seconds):
            removed, freed = removed + 1, freed + size
    return Maintenance(merged, into, removed, freed)


def groups(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    """Small files of one month, neighbours in time together, at most so many and so large per merge."""
    months: defaultdict[str, list[DataFile]] = defaultdict(list)
    for file in sorted(files, key=lambda file: (file.low_us, file.path)):
        if file.size < SMALL_BYTES:
            months[file.month].append(file)
    for small in months.values():
        yield from (group for group in _filled(small) if len(group) > 1)


def _filled(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    group: list[DataFile] = []
    size = 0
    for file in files:
        if group and (len(group) == FILES_AT_ONCE or size + file.size > TARGET_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    yield group


def merge(lake: Lake, kind: str, files: Sequence[DataFile]) -> DataFile:
    """Write one file that holds the rows of these, sorted by time, durable on return. Not committed yet."""

    def fill(sink: BinaryIO) -> None:
        with ExitStack() as stack, parquet_writer(sink, kind, dense=True) as writer:
            paths = [stack.enter_context(lake.here(kind, file)) for file in files]
            sources = [stack.enter_context(pq.ParquetFile(path)) for path in paths]
            for stretch in regrouped(_stretches(kind, sources)):
                writer.write_table(stretch, row_group_size=stretch.num_rows)

    path = new_path(files[0].month)
    written = lake.storage.put(f"{kind}/{path}", fill)
    low, high = min(file.low_us for file in files), max(file.high_us for file in files)
    return describe(path, files[0].month, written, sum(file.rows for file in files), low, high)


def _stretches(kind: str, sources: Sequence[pq.ParquetFile]) -> Iterator[pa.Table]:
    """The rows of all sources in order of time, a stretch at a time."""
    fronts = [front for front in (_Front(kind, source) for source in sources) if front.fill()]
    while fronts:
        horizon = min(front.last for front in fronts)
        due = pa.concat_tables([front.take_until(horizon) for front in fronts])
        order = pc.sort_indices(due, sort_keys=[("time", "ascending"), (IDENTITY[kind], "ascending")])
        yield due.take(order)
        fronts = [front for front in fronts if front.fill()]


def regrouped(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Stretches gathered into row groups of a useful size."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(part.num_rows for part in waiting) >= 5 * ROWS_AT_ONCE:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


class _Front:
    """The unread front of one sorted file."""

    def __init__(self, kind: str, source: pq.ParquetFile) -> None:
        self._batches = source.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False)
        self._schema = file_schema(kind)
        self._rows = self._schema.empty_table()

    @property
    def last(self) -> int:
        """The latest time at hand."""
        return int(self._rows["time"][-1].cast(pa.int64()).as_py())

    def fill(self) -> bool:
        """Read on if nothing is at hand; False at the end of the file."""
        while not self._rows.num_rows:
            batch = next(self._batches, None)
            if batch is None:
                return False
            self._rows = pa.Table.from_batches([batch]).cast(self._schema)
        return True

    def take_until(self, horizon_us: int) -> pa.Table:
        """Remove and return the rows at hand whose time is not after the horizon."""
        times = self._rows["time"].cast(pa.int64())
        count = pc.sum(pc.less_equal(times, horizon_us)).as_py() or 0
        taken, self._rows = self._rows.slice(0, count), self._rows.slice(count)
        return taken


def vacuum(lake: Lake, kind: str, older_than_seconds: float) -> Iterator[int]:
    """Remove Parquet files that the newest version does not name and that are old enough; yields their sizes."""
    gone = [entry for entry in lake.unnamed(kind) if entry.age_seconds >= older_than_seconds]
    lake.storage.remove([entry.name for entry in gone])
    yield from (entry.size for entry in gone)
