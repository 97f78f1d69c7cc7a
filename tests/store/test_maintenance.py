"""Compaction keeps every row and every reader; vacuum removes only what is old and unreferenced."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from remit.adapters.store.digest import lake_digest
from remit.adapters.store.lake import compaction, merging
from remit.adapters.store.lake.compaction import groups
from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.lake.vacuum import vacuum
from remit.adapters.store.lake.withdrawal import withdraw_ids

from .maintenance import compact, fold
from .rows import DAY, OCTOBER, correction_columns, event_columns, numbered


@pytest.fixture
def lake(tmp_path):
    return Lake.open(str(tmp_path / "lake"))


def fill(lake: Lake, batches: int, rows: int, step: int = 1_000_000) -> None:
    for seed in range(batches):
        columns = event_columns(rows, seed, start=OCTOBER + seed * 7, step=step)
        lake.commit("events", lake.write("events", arrow_table("events", columns)), {})


@pytest.mark.parametrize("step", [1_000_000, 0, 1])
def test_interleaved_files_become_one_sorted_by_time_with_every_row(lake, monkeypatch, step):
    monkeypatch.setattr(merging, "ROWS_AT_ONCE", 16)
    fill(lake, batches=5, rows=100, step=step)
    before, old = lake_digest(lake), [lake.path("events", file) for file in lake.files("events").added]
    assert compact(lake) == 5
    (file,) = lake.files("events").added
    table = pq.read_table(lake.path("events", file), partitioning=None)
    times = table["time"].cast(pa.int64()).to_pylist()
    assert len(times) == file.rows == 500
    assert times == sorted(times)
    assert (times[0], times[-1]) == (file.low_us, file.high_us)
    assert lake_digest(lake) == before
    assert all(path.exists() for path in old), "a reader of the version before must still find its files"
    assert compact(lake) == 0


def test_large_groups_of_events_lie_by_what_they_are_and_are_read_and_merged_in_order_of_time(lake, monkeypatch):
    monkeypatch.setattr(merging, "ROWS_AT_ONCE", 16)
    monkeypatch.setattr(merging, "GROUP_ROWS", 60)
    monkeypatch.setattr(merging, "ALIKE_ROWS", 50)
    fill(lake, batches=3, rows=70, step=3)
    before = lake_digest(lake)
    compact(lake)
    (file,) = lake.files("events").added
    with pq.ParquetFile(lake.path("events", file)) as parquet:
        every = [parquet.read_row_group(at) for at in range(parquet.num_row_groups)]
    assert len(every) > 2
    bounds = [pc.min_max(group["time"].cast(pa.int64())).as_py() for group in every]
    assert all(one["max"] <= other["min"] for one, other in pairwise(bounds))
    for group in every[:-1]:
        lines = group.select(["principal", "operation", "time", "event_id"])
        assert lines.equals(lines.sort_by([(name, "ascending") for name in lines.column_names]))
        assert group["time"].to_pylist() != sorted(group["time"].to_pylist())
    read = pa.concat_tables(merging.batches(lake, "events", [file]))
    assert read.sort_by([("time", "ascending"), ("event_id", "ascending")])["raw"].equals(read["raw"])
    assert lake_digest(lake) == before

    fill(lake, batches=5, rows=90, step=2)
    before = lake_digest(lake)
    compact(lake)
    assert lake_digest(lake) == before
    events = event_columns(70, seed=2, start=OCTOBER + 14, step=3)
    assert lake.raw(events["event_id"][30], events["time"][30]) == events["raw"][30]
    gone = {file: {events["event_id"][30]} for file in lake.files("events").added}
    withdraw_ids(lake, {"events": gone, "corrections": {}, "quarantine": {}}, "erasure")
    assert lake.raw(events["event_id"][30], events["time"][30]) is None
    assert lake.raw(events["event_id"][31], events["time"][31]) == events["raw"][31]


def test_raw_records_are_found_after_compaction(lake):
    fill(lake, batches=3, rows=50)
    compact(lake)
    assert list(vacuum(lake, "events", 0))
    events = event_columns(50, seed=2, start=OCTOBER + 14)
    assert lake.raw(events["event_id"][30], events["time"][30]) == events["raw"][30]


def test_vacuum_removes_old_orphans_and_spares_young_ones_and_the_living(lake):
    fill(lake, batches=1, rows=5)
    (old,) = lake.write("events", arrow_table("events", event_columns(5, seed=8)))
    path = lake.path("events", old)
    assert list(vacuum(lake, "events", 60)) == []
    time.sleep(0.02)
    assert list(vacuum(lake, "events", 0.01)) == [old.size]
    assert not path.exists()
    assert lake_digest(lake).startswith("5:")


class Aging(LocalFolder):
    """A folder whose files are older than they look, by how their names end."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.older: dict[str, float] = {}

    def entries(self, folder: str):
        for entry in super().entries(folder):
            more = sum(seconds for end, seconds in self.older.items() if entry.name.endswith(end))
            yield replace(entry, age_seconds=entry.age_seconds + more)


def test_a_file_merged_away_stays_for_the_grace_however_old_it_is(tmp_path):
    storage = Aging(tmp_path / "lake")
    lake = Lake.open_in(storage)
    fill(lake, batches=2, rows=5)
    compact(lake)
    storage.older = {".parquet": 30 * 86_400}
    assert list(vacuum(lake, "events", 86_400)) == []
    storage.older = {".parquet": 30 * 86_400, ".json": 2 * 86_400}
    assert len(list(vacuum(lake, "events", 86_400))) == 2
    assert lake_digest(lake).startswith("10:")


def test_files_are_grouped_by_month_and_bounded_in_number_and_size():
    def file(number: int, month: str, size: int, rows: int = 1) -> DataFile:
        return DataFile(f"{number}", month, rows, size, number, number, 0)

    many = [file(n, "2025-01", 10) for n in range(300)]
    full = [file(n, "2025-05", 10, rows=10_000) for n in range(25)]
    large = [file(n, "2025-02", compaction.SMALL_BYTES - 1) for n in range(5)]
    alone = [file(0, "2025-03", 10), file(1, "2025-04", compaction.SMALL_BYTES)]
    found = [[int(member.path) for member in group] for group in groups([*many, *large, *alone, *full])]
    assert found == [list(range(256)), list(range(256, 300)), [0, 1, 2, 3], list(range(16)), list(range(16, 25))]


def test_opening_and_committing_go_on_after_many_commits_and_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.lake.deltatable.CHECKPOINT_EVERY", 4)
    lake = Lake.open(str(tmp_path / "lake"))
    fill(lake, batches=9, rows=2)
    assert len(list((tmp_path / "lake/events/_delta_log").glob("*.checkpoint.parquet"))) == 2
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


def corrected(lake: Lake, events: dict[str, list], rows: range, seq: int) -> None:
    """One commit of corrections that say their number."""
    table = numbered(correction_columns(events, rows, f"{seq}"), seq)
    lake.commit("corrections", lake.write("corrections", table), {})


@pytest.mark.parametrize("step", [DAY // 10, 1, 0])
@pytest.mark.parametrize(("rows_at_once", "target"), [(4, 1), (16, 20_000), (4_096, 1 << 30)])
def test_of_the_corrections_of_an_event_only_the_newest_is_left(lake, monkeypatch, step, rows_at_once, target):
    monkeypatch.setattr(merging, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(merging, "GROUP_ROWS", rows_at_once)
    monkeypatch.setattr(merging, "TARGET_BYTES", target)
    monkeypatch.setattr(compaction, "RUNS_AT_ONCE", 3)
    events = event_columns(300, step=step)
    lake.commit("events", lake.write("events", arrow_table("events", events)), {})
    newest: dict[str, str] = {}
    for seq in (5, 3, 9, 1, 7, 8, 2):
        rows = range(seq * 17, 300, seq)
        corrected(lake, events, rows, seq)
        for row in rows:
            newest[events["event_id"][row]] = max(newest.get(events["event_id"][row], ""), f"{seq}")
    before = lake_digest(lake)
    assert fold(lake) > 0
    lake = Lake.open(str(lake.root))  # with bounds that the log has widened
    assert fold(lake) == 0
    assert lake_digest(lake) == before
    files = [lake.path("corrections", file) for file in lake.files("corrections").added]
    tables = [pq.read_table(path, partitioning=None, columns=["event_id", "owner", "time"]) for path in files]
    table = pa.concat_tables(tables)
    assert len(table) == len(newest)
    assert dict(zip(table["event_id"].to_pylist(), table["owner"].to_pylist(), strict=True)) == newest
    assert sum(file.rows for file in lake.files("corrections").added) == len(newest)


def test_corrections_that_overlap_no_others_are_not_rewritten(lake):
    events = event_columns(100, step=DAY // 100)
    for start in range(0, 100, 20):
        corrected(lake, events, range(start, start + 20), start)
    files = lake.files("corrections").added
    assert fold(lake) == 0
    assert lake.files("corrections").added == files
