"""The index is what the lake and its corrections say, by digest, whatever happened on the way."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.index import follow, hours, lookups
from remit.adapters.store.index.index import Index
from remit.adapters.store.lake.deltalog import LOG, commit_path
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.lake.vacuum import vacuum
from remit.adapters.store.store import Store
from remit.app.maintaining import maintain
from remit.model.columns import INDEXED
from remit.model.errors import StoreError

from .maintenance import compact
from .rows import DAY, OCTOBER, correct, correction_columns, event_columns, numbered, put, quarantine_columns


def agree(store: Store) -> str:
    digest = index_digest(store.index)
    assert digest == lake_digest(store.lake)
    return digest


def test_every_column_of_an_event_comes_back_from_the_index_as_it_was_written(store):
    events = event_columns(50)
    put(store, events)
    assert store.follow().events == 50
    names = [column.name for column in INDEXED]
    (batch,) = store.index.rows("true", [], names, order="time")
    assert batch == {name: events[name] for name in names}


def test_rows_come_in_order_and_bounded_with_values_bound_as_parameters(store):
    events = event_columns(30)
    put(store, events)
    store.follow()
    (batch,) = store.index.rows("event_id <> ?", [events["event_id"][29]], ["event_id"], order="time DESC", limit=3)
    assert batch["event_id"] == events["event_id"][28:25:-1]


def test_index_and_lake_agree_after_corrections_rebuild_compaction_and_reopening(tmp_path):
    events = event_columns(300, step=DAY)
    with Store.open(tmp_path, "test") as store:
        put(store, events)
        before = index_digest(store.index)
        store.follow()
        correct(store, events, range(0, 300, 3), "first")
        correct(store, events, range(0, 300, 9), "second")
        store.follow()
        digest = agree(store)
        assert digest != before
        put(store, event_columns(300, seed=1, step=DAY))
        store.follow()
        digest = agree(store)
        maintain(store, "test", grace_hours=0)
        assert agree(store) == digest
        assert store.index.rebuild(store.lake).rebuilt
        assert agree(store) == digest
    (tmp_path / "index.duckdb").unlink()
    with Store.open(tmp_path, "test") as store:
        assert agree(store) == digest


@pytest.mark.parametrize("order", list(itertools.permutations(["events", "old", "new"])))
@pytest.mark.parametrize("follow_each", [True, False])
def test_the_newest_correction_wins_in_whatever_order_the_files_arrive(tmp_path, order, follow_each):
    columns = event_columns(20)
    tables = {
        "events": ("events", arrow_table("events", columns)),
        "old": ("corrections", numbered(correction_columns(columns, range(20), "old"), 1)),
        "new": ("corrections", numbered(correction_columns(columns, range(10), "new"), 2)),
    }
    lake, index = Lake.open(str(tmp_path / "lake")), Index.open(tmp_path / "index.duckdb")
    for step in order:
        kind, table = tables[step]
        lake.commit(kind, lake.write(kind, table), {})
        if follow_each:
            index.follow(lake)
    index.follow(lake)
    says = index.execute("SELECT actor_name FROM events ORDER BY time")["actor_name"].to_pylist()
    assert says == ["new"] * 10 + ["old"] * 10
    assert index_digest(index) == lake_digest(lake)
    assert index.execute("SELECT count(*) AS n FROM pending")["n"].to_pylist() == [0]
    index.close()


def test_a_correction_committed_later_wins_even_if_it_brings_a_smaller_number(store):
    events = event_columns(1)
    put(store, events)
    for says, seq in (("first", 99), ("second", 1)):
        store.commit(None, None, numbered(correction_columns(events, [0], says), seq))
    store.follow()
    assert store.index.execute("SELECT owner FROM events")["owner"].to_pylist() == ["second"]


@pytest.mark.parametrize("name", ["it's", "a[b]c", "we*ird", "c#", "x:y", "sp ace ü", "{a,b}"])
def test_a_data_folder_may_have_any_name(tmp_path, name):
    events = event_columns(5)
    for _ in range(2):
        with Store.open(tmp_path / name, "test") as store:
            put(store, events)
            correct(store, events, [0], "x")
            store.follow()
            assert agree(store).startswith("5:")
            assert store.raw(events["event_id"][3], events["time"][3]) == events["raw"][3]


@pytest.mark.parametrize("name", ["what?", "per%20cent"])
def test_a_data_folder_that_the_engines_cannot_open_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(StoreError, match="question mark or a per cent"):
        Store.open(tmp_path / name, "test")
    assert not list(tmp_path.iterdir())


def test_the_same_quarantined_record_is_kept_once(store):
    for ids in (["a", "b", "a"], ["b", "c"]):
        store.commit(None, quarantine=arrow_table("quarantine", quarantine_columns(ids)))
        store.follow()
    found = store.index.execute("SELECT quarantine_id FROM quarantine ORDER BY 1")["quarantine_id"].to_pylist()
    assert found == ["a", "b", "c"]


def test_following_twice_or_after_compaction_adds_no_rows(store):
    for seed in range(4):
        put(store, event_columns(10, seed))
        store.follow()
    assert store.follow().events == 0
    assert maintain(store, "test", grace_hours=0)["merged"]["merged"] == 4
    assert store.follow().events == 0
    assert agree(store).startswith("40:")


def test_files_replaced_by_compaction_before_the_index_saw_them_are_still_counted_once(tmp_path, notices):
    lake, index = Lake.open(str(tmp_path / "lake")), Index.open(tmp_path / "i.duckdb", on_notice=notices.append)
    for seed in range(3):
        lake.commit("events", lake.write("events", arrow_table("events", event_columns(10, seed))), {})
        if seed == 0:
            index.follow(lake)
    compact(lake)
    assert not index.follow(lake).rebuilt
    assert index_digest(index) == lake_digest(lake)
    lake.commit("events", lake.write("events", arrow_table("events", event_columns(10, 7))), {})
    compact(lake)
    assert list(vacuum(lake, "events", 0))
    assert index.follow(lake).rebuilt
    assert "replaced before it was read" in notices[0]
    assert index_digest(index) == lake_digest(lake)
    index.close()


@pytest.mark.parametrize("then", ["nothing", "one", "two"])
@pytest.mark.parametrize("reopened", [False, True])
def test_a_commit_that_its_keeper_lost_in_a_power_cut_leaves_no_row_with_who_followed_it(
    tmp_path, notices, reopened, then
):
    root = tmp_path / "lake"
    keeper = Lake.open(str(root))
    for seed, rows in enumerate((5, 7)):
        keeper.commit("events", keeper.write("events", arrow_table("events", event_columns(rows, seed))), {})
    reader = Lake.open_to_read(LocalFolder(root))
    index = Index.open(tmp_path / "index.duckdb", on_notice=notices.append)
    assert index.follow(reader).events == 12
    assert not reader.refresh()
    commit_path(root / "events" / LOG, keeper.version("events")).unlink()  # it was never synced
    keeper = Lake.open(str(root))
    for seed in range(2, 2 + ("nothing", "one", "two").index(then)):
        keeper.commit("events", keeper.write("events", arrow_table("events", event_columns(3, seed))), {})
    if reopened:
        reader = Lake.open_to_read(LocalFolder(root))
    else:
        assert reader.refresh()
    assert lake_digest(reader) == lake_digest(keeper)
    assert index.follow(reader).rebuilt
    assert index_digest(index) == lake_digest(keeper)
    assert len(notices) == 1
    assert "The index is rebuilt from the lake" in notices[0]
    assert not index.follow(reader).rebuilt
    assert index.acknowledged() == {}, "what was followed beside a keeper may not have been acknowledged"
    index.close()


@pytest.mark.parametrize("damage", ["lake deleted", "log rolled back", "another lake"])
def test_an_index_that_does_not_fit_the_lake_is_rebuilt_and_says_so(tmp_path, notices, damage):
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(10))
        put(store, event_columns(10, 1))
        store.follow()
    _damage(tmp_path / "lake" / "events", damage)
    with Store.open(tmp_path, "test", notices.append) as store:
        expected = {"lake deleted": 0, "log rolled back": 10, "another lake": 10}[damage]
        assert agree(store) == index_digest(store.index)
        assert index_digest(store.index).startswith(f"{expected}:")
    assert any("rebuilt from the lake" in notice for notice in notices)


def _damage(events: Path, damage: str) -> None:
    if damage == "log rolled back":
        (events / "_delta_log" / f"{2:020d}.json").unlink()
        return
    shutil.rmtree(events)
    if damage == "another lake":
        lake = Lake.open(str(events.parent))
        for seed in (5, 6):
            lake.commit("events", lake.write("events", arrow_table("events", event_columns(5, seed))), {})


def _damaged(at: int) -> Callable[[bytes], bytes]:
    """A bit of the block that begins there is another; DuckDB speaks of "block" then."""
    return lambda content: content[: at + 100] + bytes([content[at + 100] ^ 1]) + content[at + 101 :]


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: b"not a database" * 1000, _damaged(4096), lambda content: content[:13_000]],
    ids=["empty", "another file", "a damaged block", "cut short"],
)
def test_an_unreadable_index_file_is_rebuilt_and_says_so(tmp_path, notices, damage):
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(10))
        store.follow()
        digest = agree(store)
    path = tmp_path / "index.duckdb"
    path.write_bytes(damage(path.read_bytes()))
    with Store.open(tmp_path, "test", notices.append) as store:
        assert agree(store) == digest
    assert "cannot be read and is rebuilt" in notices[0]


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [(follow, "fingerprint", lambda: "another"), (lookups, "FORM", "another"), (hours, "FORM", "another")],
)
def test_an_index_of_another_version_is_rebuilt(tmp_path, notices, monkeypatch, module, name, value):
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(10))
    monkeypatch.setattr(module, name, value)
    with Store.open(tmp_path, "test", notices.append) as store:
        assert agree(store).startswith("10:")
    assert "other columns" in notices[0]


@pytest.mark.parametrize(
    ("time", "month"),
    [
        (-62_135_596_800_000_000, "0001-01"),
        (253_402_300_799_999_999, "9999-12"),
        (-1, "1969-12"),
        (0, "1970-01"),
        (OCTOBER, "2025-10"),
    ],
)
def test_an_event_at_the_edge_of_time_has_its_month_and_is_found_again(store, time, month):
    events = event_columns(1, start=time)
    put(store, events)
    store.follow()
    (file,) = store.lake.files("events").added
    assert file.month == month
    (batch,) = store.index.rows("true", [], ["time", "event_id"])
    assert batch["time"] == [time]
    assert store.ask(events["event_id"], [time]).known == set(events["event_id"])
    assert store.raw(events["event_id"][0], time) == events["raw"][0]
    assert agree(store)


@pytest.mark.parametrize("time", [None, 253_402_300_800_000_000, -62_135_596_800_000_001])
def test_a_batch_with_a_time_that_no_calendar_has_is_refused_whole(store, time):
    columns = event_columns(3)
    columns["time"][1] = time
    answers = store.ask(columns["event_id"], [OCTOBER] * 3)
    with pytest.raises(StoreError, match="years 1 to 9999"):
        store.commit(answers.token, arrow_table("events", columns))
    assert not list(store.folder.rglob("*.parquet"))


def test_each_month_has_its_own_files_sorted_by_time(store):
    events = event_columns(90, start=OCTOBER + 90 * DAY, step=-DAY)
    put(store, events)
    files = store.lake.files("events").added
    assert sorted(file.month for file in files) == ["2025-10", "2025-11", "2025-12", "2026-01"]
    for file in files:
        times = pq.read_table(store.lake.path("events", file), partitioning=None)["time"].to_pylist()
        assert times == sorted(times)
        assert {f"{time:%Y-%m}" for time in times} == {file.month}
