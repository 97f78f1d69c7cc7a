"""A process that does not keep the lake reads it while the keeper goes on writing, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.index.index import Index
from remit.adapters.store.index.remembered import Remembered
from remit.adapters.store.lake.deltalog import commit_path
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.store import Store
from remit.app.maintaining import maintain
from remit.model.errors import IntegrityError, StoreError

from .rows import DAY, correct, event_columns, put


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_a_reader_follows_what_the_keeper_commits_corrects_and_compacts(store, tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.lake.deltatable.CHECKPOINT_EVERY", 2)
    events = event_columns(60, step=DAY)
    put(store, events)
    reader = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    index = Index.open(tmp_path / "console.duckdb")
    index.follow(reader)
    assert not reader.refresh()
    for seed in range(1, 4):
        put(store, event_columns(20, seed))
        correct(store, events, range(0, 60, seed), f"says {seed}")
        assert reader.refresh()
        index.follow(reader)
        assert index_digest(index) == lake_digest(store.lake) == lake_digest(reader)
    maintain(store, "test", grace_hours=0)
    assert reader.refresh()
    assert index.follow(reader).events == 0
    assert index_digest(index) == lake_digest(reader)
    assert reader.raw(events["event_id"][7], events["time"][7]) == events["raw"][7]
    again = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    assert sorted(file.path for file in again.files("events").added) == sorted(
        file.path for file in store.lake.files("events").added
    )
    index.close()


def test_a_reader_finds_a_raw_record_whose_file_was_merged_away_since_it_looked(store):
    for seed in range(2):
        put(store, event_columns(20, seed))
    reader = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    maintain(store, "test", grace_hours=0)
    events = event_columns(20)
    assert reader.raw(events["event_id"][3], events["time"][3]) == events["raw"][3]


def test_a_reader_changes_nothing_and_is_told_whom_to_ask(store):
    put(store, event_columns(5))
    root = store.folder / "lake"
    before = everything(root)
    reader = Lake.open_to_read(LocalFolder(root))
    reader.refresh()
    rows = arrow_table("events", event_columns(3, seed=1))
    for writing in (
        lambda: reader.write("events", rows),
        lambda: reader.commit("events", reader.files("events").added, {}),
        lambda: reader.purge("events") or reader.storage.remove(["events/x"]),
    ):
        with pytest.raises(StoreError, match="does not write to it"):
            writing()
    assert everything(root) == before


def test_a_commit_cut_short_is_left_for_the_keeper_and_seen_once_it_is_whole(store):
    put(store, event_columns(5))
    reader = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    put(store, event_columns(5, seed=1))
    path = commit_path(store.folder / "lake/events/_delta_log", 2)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert not reader.refresh()
    assert Lake.open_to_read(LocalFolder(store.folder / "lake")).version("events") == 1
    path.write_bytes(whole)
    assert reader.refresh()
    assert reader.version("events") == 2


def test_where_no_lake_is_a_reader_is_told_so_and_makes_none(tmp_path):
    with pytest.raises(StoreError, match="no lake here yet"):
        Lake.open_to_read(LocalFolder(tmp_path / "lake"))
    assert not list(tmp_path.iterdir())


def test_an_index_of_a_reader_is_rebuilt_when_rows_are_withdrawn(store, tmp_path):
    put(store, event_columns(10))
    put(store, event_columns(10, seed=1))
    reader = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    notices: list[str] = []
    index = Index.open(tmp_path / "console.duckdb", on_notice=notices.append)
    index.follow(reader)
    old = store.lake.files("events").added[:1]
    store.lake.withdraw({"events": (old, [])}, "retention")
    reader.refresh()
    assert index.follow(reader).rebuilt
    assert "rows were removed" in notices[0]
    assert index_digest(index) == lake_digest(store.lake)
    index.close()


def test_an_index_without_its_keeper_is_the_index_of_the_keeper(tmp_path):
    with Store.open(tmp_path / "keeper", "test") as store:
        put(store, event_columns(40))
    reader = Lake.open_to_read(LocalFolder(tmp_path / "keeper" / "lake"))
    index = Index.open(tmp_path / "index.duckdb")
    assert index.follow(reader).events == 40
    index.close()


def test_a_rebuild_whose_files_are_replaced_meanwhile_takes_the_newer_state(store, tmp_path):
    for seed in range(3):
        put(store, event_columns(10, seed))
    reader = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    maintain(store, "test", grace_hours=0)
    index = Index.open(tmp_path / "index.duckdb")
    assert index.follow(reader).rebuilt
    assert index_digest(index) == lake_digest(store.lake)
    index.close()


def test_a_file_that_the_newest_state_names_and_that_is_gone_is_said_and_no_row_of_the_index_is_lost(store):
    put(store, event_columns(10))
    put(store, event_columns(10, seed=1))
    store.follow()
    file = store.lake.files("events").added[0]
    store.lake.path("events", file).unlink()
    before = index_digest(store.index)
    with pytest.raises(IntegrityError, match="names files that are not there"):
        store.index.rebuild(store.lake)
    assert index_digest(store.index) == before


def test_wide_answers_are_asked_again_and_not_held_in_memory():
    """Whoever reads everything page by page would else fill it."""
    asked: list[str] = []

    def answer(question: str, rows: int, columns: int) -> None:
        row = {f"c{number}": "" for number in range(columns)}
        remembered.rows(question, lambda: asked.append(question) or [row] * rows)

    remembered = Remembered(lambda: 1)
    for _ in range(2):
        answer("many bars", 1_000, 4)
        answer("a page of whole events", 500, 60)
    assert asked == ["many bars", "a page of whole events", "a page of whole events"]
