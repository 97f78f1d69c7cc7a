"""Sorted files read side by side, in order of time, in bounded memory.

Events in a large file are *alike* within a row group: those of one caller and operation lie together, which packs a
tenth better. Row groups still follow one another in time, and ``batches`` gives rows in order of time again.

A *run* is files that follow one another in time without overlapping; it is read as if it were one file. Of each run a
few thousand rows are at hand, and a stretch is given out only when every row of its times is: rows of one instant
never fall apart. So the corrections of one event, which carry its time, meet in one stretch, and ``newest`` can drop
all but the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from remit.adapters.store.lake.datafile import DataFile, describe, new_path, parquet_writer
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import IDENTITY, file_schema

ROWS_AT_ONCE = 1_024
READ_BYTES = 64 << 10
TARGET_BYTES = 128 << 20
GROUP_ROWS = 20_480
ALIKE_ROWS = 16_384
"""Rows from which on a row group of events is ordered by what they are: of fewer, that hardly packs better."""
_ALIKE = (("principal", "ascending"), ("operation", "ascending"), ("time", "ascending"), ("event_id", "ascending"))
Run = Sequence[DataFile]


def runs(files: Sequence[DataFile]) -> list[list[DataFile]]:
    """The fewest runs that hold these files."""
    found: list[list[DataFile]] = []
    for file in sorted(files, key=lambda file: (file.low_us, file.high_us, file.path)):
        fitting = (run for run in found if run[-1].high_us < file.low_us)
        run = max(fitting, key=lambda run: run[-1].high_us, default=None)
        if run is None:
            found.append([file])
        else:
            run.append(file)
    return found


def merged(lake: Lake, kind: str, runs: Sequence[Run]) -> list[DataFile]:
    """New synced files with the rows of these runs, sorted by time and then id; not committed yet.

    Of the corrections of one event only the newest is in them.
    """
    month = runs[0][0].month
    stretches = regrouped(_stretches(lake, kind, runs))
    made = []
    for first in stretches:
        made.append(write_sorted(lake, kind, month, chain([first], stretches), target_bytes=TARGET_BYTES))
    return made


def write_sorted(
    lake: Lake, kind: str, month: str, tables: Iterator[pa.Table], *, target_bytes: int | None = None
) -> DataFile:
    """One synced file of tables that are in order, at least one; it takes no more of them once it is large enough."""
    path = new_path(month)
    written: list[tuple[int, int, int]] = []

    def fill(sink: BinaryIO) -> None:
        with parquet_writer(sink, kind, dense=True) as writer:
            for rows in tables:
                writer.write_table(alike(kind, rows), row_group_size=rows.num_rows)
                times = rows["time"].cast(pa.int64())
                written.append((rows.num_rows, times[0].as_py(), times[-1].as_py()))
                if target_bytes is not None and sink.tell() >= target_bytes:
                    return

    stored = lake.storage.put(f"{kind}/{path}", fill)
    return describe(path, month, stored, sum(rows for rows, _, _ in written), written[0][1], written[-1][2])


def alike(kind: str, group: pa.Table) -> pa.Table:
    """The rows of a group as they are written: those of a large group of events by caller and operation."""
    if kind != "events" or group.num_rows < ALIKE_ROWS:
        return group
    return group.take(pc.sort_indices(group, sort_keys=list(_ALIKE)))


def newest(kind: str, rows: pa.Table) -> pa.Table:
    """Sorted by time and id; of the corrections of one event only the newest."""
    keys = [("time", "ascending"), (IDENTITY[kind], "ascending")]
    if kind != "corrections":
        return rows.take(pc.sort_indices(rows, sort_keys=keys))
    rows = rows.take(pc.sort_indices(rows, sort_keys=[*keys, ("seq", "descending")]))
    ids = rows[IDENTITY[kind]].combine_chunks()
    others = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1))
    return rows.filter(pa.concat_arrays([pa.array([True]), others]))


def regrouped(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Tables gathered into row groups of a useful size."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(part.num_rows for part in waiting) >= GROUP_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _stretches(lake: Lake, kind: str, runs: Sequence[Run]) -> Iterator[pa.Table]:
    """The rows of all runs in order, a stretch at a time."""
    fronts = [front for front in (_Front(kind, batches(lake, kind, run)) for run in runs) if front.fill()]
    while fronts:
        horizon = min(front.whole for front in fronts)
        yield newest(kind, pa.concat_tables([front.take_until(horizon) for front in fronts]))
        fronts = [front for front in fronts if front.fill()]


def batches(lake: Lake, kind: str, run: Run) -> Iterator[pa.Table]:
    """The rows of a run in order of time, a few thousand at a time."""
    schema = file_schema(kind)
    for file in run:
        with lake.here(kind, file) as path, pq.ParquetFile(path, buffer_size=READ_BYTES) as source:
            for group in range(source.num_row_groups):
                for rows in _group_batches(source, group):
                    if rows.num_rows:
                        yield rows.cast(schema)


def _group_batches(source: pq.ParquetFile, group: int) -> Iterator[pa.Table]:
    """The rows of a row group in order of time: as they are read, where that is their order."""
    times = source.read_row_group(group, columns=["time"], use_threads=False)["time"].cast(pa.int64())
    if not pc.any(pc.less(times[1:], times[:-1])).as_py():
        for batch in source.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[group], use_threads=False):
            yield pa.Table.from_batches([batch])
        return
    rows = source.read_row_group(group, use_threads=False)
    order = pc.sort_indices(rows, sort_keys=[("time", "ascending"), ("event_id", "ascending")])
    for start in range(0, rows.num_rows, ROWS_AT_ONCE):
        yield rows.take(order.slice(start, ROWS_AT_ONCE))


class _Front:
    """The unread front of one run."""

    def __init__(self, kind: str, batches: Iterator[pa.Table]) -> None:
        self._batches = batches
        self._rows = file_schema(kind).empty_table()
        self._ended = False

    @property
    def whole(self) -> int:
        """The latest time of which every row of this run is at hand, in microseconds since the epoch."""
        return self._time(-1) if self._ended else self._time(-1) - 1

    def fill(self) -> bool:
        """Read on until some time is whole; False at the end of the run."""
        while not self._ended and (not self._rows.num_rows or self._time(0) == self._time(-1)):
            self._ended = True
            with suppress(StopIteration):
                self._rows = pa.concat_tables([self._rows, next(self._batches)])
                self._ended = False
        return bool(self._rows.num_rows)

    def take_until(self, horizon_us: int) -> pa.Table:
        """Remove and return the rows at hand whose time is not after the horizon."""
        times = self._rows["time"].cast(pa.int64())
        count = pc.sum(pc.less_equal(times, horizon_us)).as_py() or 0
        taken, self._rows = self._rows.slice(0, count), self._rows.slice(count)
        return taken

    def _time(self, row: int) -> int:
        return int(self._rows["time"][row].cast(pa.int64()).as_py())
