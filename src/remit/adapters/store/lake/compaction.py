"""Which files are merged: small files of a month into fewer, and corrections until every event has one at most.

Readers of the old files are safe: those stay on disk until they are vacuumed. A step is one merge and its commit, so
whoever waits for the lake waits for one merge, not for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.merging import ROWS_AT_ONCE, TARGET_BYTES, runs

SMALL_BYTES: Final = 32 << 20
FILES_AT_ONCE: Final = 256
RUNS_AT_ONCE: Final = 16
ROWS_OPEN: Final = RUNS_AT_ONCE * ROWS_AT_ONCE
"""Rows of all files of one merge that may be at hand together: it bounds its memory."""


@dataclass(frozen=True, slots=True)
class Step:
    """Runs of one table's month that become one run."""

    kind: str
    runs: tuple[tuple[DataFile, ...], ...]

    @property
    def files(self) -> list[DataFile]:
        """The files that are replaced."""
        return [file for run in self.runs for file in run]


def merges(kind: str, files: Sequence[DataFile]) -> list[Step]:
    """One pass of merges of small files. What they become may be small again: the next pass merges that."""
    return [Step(kind, tuple((file,) for file in group)) for group in groups(files)]


def folds(lake: Lake, files: Sequence[DataFile]) -> list[Step]:
    """One pass of merges of corrections that overlap in time: after the last pass each event has one at most."""
    months: defaultdict[str, list[DataFile]] = defaultdict(list)
    for file in files:
        months[file.month].append(file)
    found = []
    for files in months.values():
        near = [_exact(lake, file) for together in overlapping(files) for file in together]
        for together in overlapping(near):
            smallest = sorted(runs(together), key=lambda run: sum(file.size for file in run))
            found.append(Step("corrections", tuple(tuple(run) for run in smallest[:RUNS_AT_ONCE])))
    return found


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
    size = rows = 0
    for file in files:
        held = min(file.rows, ROWS_AT_ONCE)
        if group and (len(group) == FILES_AT_ONCE or size + file.size > TARGET_BYTES or rows + held > ROWS_OPEN):
            yield group
            group, size, rows = [], 0, 0
        group.append(file)
        size, rows = size + file.size, rows + held
    yield group


def overlapping(files: Sequence[DataFile]) -> list[list[DataFile]]:
    """Sets of two files and more that hang together by overlapping in time."""
    found: list[list[DataFile]] = []
    end = 0
    for file in sorted(files, key=lambda file: (file.low_us, file.path)):
        if found and file.low_us <= end:
            found[-1].append(file)
            end = max(end, file.high_us)
        else:
            found.append([file])
            end = file.high_us
    return [files for files in found if len(files) > 1]


def _exact(lake: Lake, file: DataFile) -> DataFile:
    """With the bounds of its times as the file itself has them: the log's are widened to milliseconds."""
    with lake.reading("corrections", file, ["time"]) as parquet:
        described = parquet.metadata
    leaf = next(at for at in range(described.num_columns) if described.schema.column(at).path == "time")
    bounds = [described.row_group(at).column(leaf).statistics for at in range(described.num_row_groups)]
    return replace(file, low_us=min(bound.min_raw for bound in bounds), high_us=max(bound.max_raw for bound in bounds))
