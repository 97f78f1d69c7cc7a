"""Rewriting the lake's files without some of their rows, one file at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.merging import batches, regrouped, write_sorted
from remit.adapters.store.lake.schema import IDENTITY, KINDS

Keep = Callable[[pa.Table], pa.ChunkedArray]
"""Rows to a mask: True for those that stay."""


def other_than(kind: str, ids: Collection[str]) -> Keep:
    """Rows whose id is none of these; asked of a set, because Arrow would hash all of them again for each batch."""
    gone = frozenset(ids)
    return lambda rows: pa.chunked_array([pa.array([each not in gone for each in rows[IDENTITY[kind]].to_pylist()])])


def not_before(time_us: int) -> Keep:
    """Rows at or after a time, in microseconds since the epoch."""
    return lambda rows: pc.greater_equal(rows["time"].cast(pa.int64()), time_us)


def _none(rows: pa.Table) -> pa.ChunkedArray:
    """No row stays: the file need not be read."""
    return pa.chunked_array([pa.repeat(False, rows.num_rows)])


def rewritten(lake: Lake, kind: str, file: DataFile, keep: Keep) -> DataFile | None:
    """A new durable file with the rows that stay, not committed yet; None if none stays."""
    staying = regrouped(_staying(lake, kind, file, keep))
    first = next(staying, None)
    return None if first is None else write_sorted(lake, kind, file.month, chain([first], staying))


def _staying(lake: Lake, kind: str, file: DataFile, keep: Keep) -> Iterator[pa.Table]:
    for rows in batches(lake, kind, [file]):
        staying = rows.filter(keep(rows))
        if staying.num_rows:
            yield staying


def withdraw_ids(lake: Lake, ids: dict[str, dict[DataFile, set[str]]], why: str) -> int:
    """Take rows with these ids out of these files, in one commit over all tables; returns the files replaced."""
    keeps = {kind: {file: other_than(kind, gone) for file, gone in ids[kind].items()} for kind in KINDS}
    return _withdraw(lake, keeps, why)


def withdraw_before(lake: Lake, time_us: int, why: str) -> int:
    """Take every row before a time out of all tables, in one commit; returns the files replaced or dropped."""
    keep = not_before(time_us)
    older = {kind: [file for file in lake.files(kind).added if file.low_us < time_us] for kind in KINDS}
    return _withdraw(
        lake,
        {kind: {file: _none if file.high_us < time_us else keep for file in files} for kind, files in older.items()},
        why,
    )


def _withdraw(lake: Lake, keeps: dict[str, dict[DataFile, Keep]], why: str) -> int:
    changes = {}
    for kind, files in keeps.items():
        with lake.heeding_syncs():
            made = [rewritten(lake, kind, file, keep) for file, keep in files.items() if keep is not _none]
        changes[kind] = (list(files), [file for file in made if file is not None])
    lake.withdraw(changes, why)
    return sum(len(old) for old, _ in changes.values())
