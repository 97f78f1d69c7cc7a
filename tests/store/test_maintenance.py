"""Compaction keeps every row and every reader; vacuum removes only what is old and unreferenced."""

from __future__ import annotations

import os
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remit.adapters.store import compaction
from remit.adapters.store.compaction import groups, maintain
from remit.adapters.store.datafile import DataFile
from remit.adapters.store.digest import lake_digest
from remit.adapters.store.lake import Lake
from remit.adapters.store.schema import arrow_table

from .rows import OCTOBER, event_columns


@pytest.fixture
def lake(tmp_path):
    return Lake.open(str(tmp_path / "lake"))


def fill(lake: Lake, batches: int, rows: int, step: int = 1_000_000) -> None:
    for seed in range(batches):
        columns = event_columns(rows, seed, start=OCTOBER + seed * 7, step=step)
        lake.commit("events", lake.write("events", arrow_table("events", columns)), {})


@pytest.mark.parametrize("step", [1_000_000, 0, 1])
def test_interleaved_files_become_one_sorted_by_time_with_every_row(lake, monkeypatch, step):
    monkeypatch.setattr(compaction, "ROWS_AT_ONCE", 16)
    fill(lake, batches=5, rows=100, step=step)
    before, old = lake_digest(lake), [lake.path("events", file) for file in lake.files("events").added]
    assert maintain(lake).merged == 5
    (file,) = lake.files("events").added
    table = pq.read_table(lake.path("events", file), partitioning=None)
    times = table["time"].cast(pa.int64()).to_pylist()
    assert len(times) == file.rows == 500
    assert times == sorted(times)
    assert (times[0], times[-1]) == (file.low_us, file.high_us)
    assert lake_digest(lake) == before
    assert all(path.exists() for path in old), "a reader of the version before must still find its files"
    assert maintain(lake).merged == 0


def test_raw_records_are_found_after_compaction(lake):
    fill(lake, batches=3, rows=50)
    maintain(lake, vacuum_after_seconds=0)
    events = event_columns(50, seed=2, start=OCTOBER + 14)
    assert lake.raw(events["event_id"][30], events["time"][30]) == events["raw"][30]


def test_vacuum_removes_old_orphans_and_spares_young_ones_and_the_living(lake):
    fill(lake, batches=1, rows=5)
    (old,) = lake.write("events", arrow_table("events", event_columns(5, seed=8)))
    path = lake.path("events", old)
    assert maintain(lake, vacuum_after_seconds=60).removed == 0
    os.utime(path, (time.time() - 120,) * 2)
    time.sleep(0.02)
    done = maintain(lake, vacuum_after_seconds=0.01)
    assert (done.removed, done.freed_bytes) == (1, old.size)
    assert not path.exists()
    assert lake_digest(lake).startswith("5:")


def test_files_are_grouped_by_month_and_bounded_in_number_and_size():
    def file(number: int, month: str, size: int) -> DataFile:
        return DataFile(f"{number}", month, 1, size, number, number, 0)

    many = [file(n, "2025-01", 10) for n in range(30)]
    large = [file(n, "2025-02", compaction.SMALL_BYTES - 1) for n in range(5)]
    alone = [file(0, "2025-03", 10), file(1, "2025-04", compaction.SMALL_BYTES)]
    found = [[int(member.path) for member in group] for group in groups([*many, *large, *alone])]
    assert found == [list(range(24)), list(range(24, 30)), [0, 1, 2, 3]]


def test_opening_and_committing_go_on_after_many_commits_and_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.deltatable.CHECKPOINT_EVERY", 4)
    lake = Lake.open(str(tmp_path / "lake"))
    fill(lake, batches=9, rows=2)
    assert len(list((tmp_path / "lake/events/_delta_log").glob("*.checkpoint.parquet"))) >= 2
    files = {file.path: file for file in lake.files("events").added}
    again = Lake.open(str(tmp_path / "lake"))
    reopened = {file.path: file for file in again.files("events").added}
    assert reopened.keys() == files.keys()
    for path, file in reopened.items():
        assert (file.rows, file.month, file.size) == (files[path].rows, files[path].month, files[path].size)
        assert file.low_us <= files[path].low_us
        assert files[path].high_us <= file.high_us
    assert len(again.files("events", since=0).added) == 9
    fill(again, batches=1, rows=1)
