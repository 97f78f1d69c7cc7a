"""Maintenance and removals go on while others read: nobody fails, no answer is wrong, and the index follows."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.index.duck import Duck
from remit.adapters.store.lake import deltatable
from remit.adapters.store.lake.deltalog import commit_path, versions
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store
from remit.adapters.store.upkeep import StoreUpkeep
from remit.app.figures import Figures
from remit.app.maintaining import Maintaining, maintain, small_files
from remit.flows import maintain as flow
from remit.flows import removal
from remit.model.errors import KeeperBusy, UsageError

from .rows import DAY, OCTOBER, correct, event_columns, put

ROWS = 120
GONE = "gone@example.com"


def filled(store: Store, batches: int = 6) -> dict[str, list]:
    """Days of events in many small files, some naming a subject, and corrections upon corrections."""
    every: dict[str, list] = {}
    for seed in range(batches):
        events = event_columns(ROWS, seed, start=OCTOBER + seed, step=DAY // 2)
        for row in range(0, ROWS, 10):
            events["principal"][row] = GONE
        put(store, events)
        for says in ("first", "second"):
            correct(store, events, range(0, ROWS, 3), says)
        for name, values in events.items():
            every.setdefault(name, []).extend(values)
    store.follow()
    return every


def stays(events: dict[str, list], row: int) -> bool:
    """Whether neither removal of these tests takes an event."""
    return events["principal"][row] != GONE and events["time"][row] >= OCTOBER + 20 * DAY


@dataclass
class Readers:
    """Threads that ask the index and read raw records until they are stopped; what went wrong is kept."""

    store: Store
    events: dict[str, list]
    wrong: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=lambda: {"index": 0, "raw": 0})

    def __enter__(self) -> Readers:
        self._stop = threading.Event()
        self._rows = [row for row in range(len(self.events["event_id"])) if stays(self.events, row)]
        self._threads = [threading.Thread(target=self._run, args=(name, ask)) for name, ask in self._asks().items()]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        enough = time.monotonic() + 60
        while min(self.asked.values()) < 3 and not self.wrong and time.monotonic() < enough:
            time.sleep(0.01)
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _asks(self) -> dict[str, Callable[[int], bool]]:
        return {"index": self._index, "raw": self._raw}

    def _run(self, name: str, ask: Callable[[int], bool]) -> None:
        while not self._stop.is_set() and not self.wrong:
            try:
                if not ask(self._rows[self.asked[name] * 7 % len(self._rows)]):
                    self.wrong.append(f"{name}: a wrong answer")
            except Exception as error:
                self.wrong.append(f"{name}: {error!r}")
            self.asked[name] += 1
            self._stop.wait(0.005)  # or the readers would have the machine to themselves

    def _index(self, row: int) -> bool:
        sql = "SELECT owner FROM events WHERE event_id = ?"
        found = self.store.index.execute(sql, [self.events["event_id"][row]])["owner"].to_pylist()
        return found == ["second" if row % ROWS % 3 == 0 else self.events["owner"][row]]

    def _raw(self, row: int) -> bool:
        return self.store.raw(self.events["event_id"][row], self.events["time"][row]) == self.events["raw"][row]


def erase(store: Store) -> Any:
    return removal.erase(StoreRemoval(store), GONE, "test", OCTOBER + 400 * DAY)


def expire(store: Store) -> Any:
    return removal.expire(StoreRemoval(store), OCTOBER + 20 * DAY, "test", OCTOBER + 400 * DAY)


OPERATIONS: dict[str, Callable[[Store], Any]] = {
    "fold": lambda store: StoreUpkeep(store).fold(lambda _: None),
    "compact": lambda store: StoreUpkeep(store).compact(lambda _: None),
    "vacuum": lambda store: (maintain(store, "test"), StoreUpkeep(store).vacuum(0)),
    "erase": erase,
    "expire": expire,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_readers_go_on_and_the_index_follows_without_a_rebuild(store, notices, operation):
    events = filled(store)
    epoch, before = store.index.sequence[0], index_digest(store.index)
    with Readers(store, events) as readers:
        assert OPERATIONS[operation](store)
        put(store, event_columns(20, 99, start=OCTOBER + 70 * DAY))
        assert not store.follow().rebuilt
    assert readers.wrong == []
    assert min(readers.asked.values()) >= 3
    assert index_digest(store.index) == lake_digest(store.lake) != before
    assert store.index.sequence[0] == epoch
    assert notices == []
    folder = store.folder
    store.close()
    with Store.open(folder, "test", notices.append) as again:
        assert again.index.sequence[0] == epoch
        assert index_digest(again.index) == lake_digest(again.lake)
    assert notices == []


def test_who_took_the_list_of_files_before_still_reads_every_row_afterwards(store):
    """As Spark does, with the files' paths or with Delta's older version; and a process that follows the lake."""
    filled(store)
    table = DeltaTable(store.lake.root / "events")
    paths = [store.lake.path("events", file) for file in store.lake.files("events").added]
    reader = Lake.open_to_read(LocalFolder(store.folder / "lake"))
    done = maintain(store, "test")
    assert done["merged"]["merged"] >= len(paths)
    assert done["vacuumed"]["files"] == 0
    assert sum(pq.read_metadata(path).num_rows for path in paths) == 6 * ROWS
    assert sum(pq.read_metadata(uri.removeprefix("file://")).num_rows for uri in table.file_uris()) == 6 * ROWS
    assert lake_digest(reader) == lake_digest(store.lake)
    assert reader.refresh()
    assert lake_digest(reader) == lake_digest(store.lake)


def test_superseded_corrections_go_and_the_answers_stay_also_for_an_index_that_is_rebuilt(store):
    filled(store)
    before = index_digest(store.index)
    done = maintain(store, "test", grace_hours=0)
    assert done["folded"]["rows_dropped"] == 6 * ROWS // 3
    assert done["vacuumed"]["files"] > 0
    assert done["after"]["lake_bytes"] < done["before"]["lake_bytes"]
    assert store.index.rebuild(store.lake).corrections == 6 * ROWS // 3
    assert index_digest(store.index) == before == lake_digest(store.lake)
    correct(store, event_columns(ROWS, 0, start=OCTOBER, step=DAY // 2), [0], "third")
    store.follow()
    assert index_digest(store.index) == lake_digest(store.lake) != before


def test_events_that_arrive_during_maintenance_are_all_kept(store, notices):
    filled(store)
    stop = threading.Event()
    arrived: list[str] = []

    def arrive() -> None:
        seed = 1_000
        while not stop.is_set():
            events = event_columns(10, seed, start=OCTOBER + 5 * DAY)
            put(store, events)
            arrived.extend(events["event_id"])
            seed += 1

    arriving = threading.Thread(target=arrive)
    arriving.start()
    for _ in range(2):
        maintain(store, "test", grace_hours=0)
    stop.set()
    arriving.join()
    store.follow()
    assert arrived
    assert set(store.index.execute("SELECT event_id FROM events")["event_id"].to_pylist()) >= set(arrived)
    assert index_digest(store.index) == lake_digest(store.lake)
    assert notices == []


def test_nothing_to_do_leaves_no_record_and_something_to_do_one_with_what_it_did(store):
    assert not maintain(store, "local")["merged"]["merged"]
    assert store.state.journalled() == []
    filled(store, batches=2)
    done = maintain(store, "local")
    (entry,) = store.state.journalled()
    assert (entry["who"], entry["what"]) == ("local", flow.MAINTAINED)
    assert entry["facts"] == done
    with pytest.raises(UsageError):
        maintain(store, "local", grace_hours=-1)


def test_an_index_that_was_emptied_of_much_is_written_anew_and_goes_on(store, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.upkeep._SLACK_BYTES", 1)
    monkeypatch.setattr("remit.adapters.store.upkeep._SLACK", 0.0)
    monkeypatch.setattr(store.index, "space", partial(_space, store.index.space))
    filled(store)
    epoch = store.index.sequence[0]
    StoreUpkeep(store).renew_index()
    assert [path.name for path in store.folder.glob("index*.duckdb")] == ["index.1.duckdb"]
    assert store.index.sequence[0] == epoch
    assert index_digest(store.index) == lake_digest(store.lake)


def test_events_are_stored_while_the_index_is_written_anew(store, monkeypatch):
    filled(store)
    monkeypatch.setattr(store.index, "space", lambda: (1 << 30, 1 << 30))
    copy, arrived = Duck.copy_to, event_columns(10, 77)

    def copied(duck: Duck, path: Path) -> None:
        storing = threading.Thread(target=put, args=(store, arrived))
        storing.start()
        storing.join(30)
        assert not storing.is_alive()
        copy(duck, path)

    monkeypatch.setattr(Duck, "copy_to", copied)
    StoreUpkeep(store).renew_index()
    assert [path.name for path in store.folder.glob("index*.duckdb")] == ["index.1.duckdb"]
    assert store.follow().events == 10
    assert index_digest(store.index) == lake_digest(store.lake)


def test_who_must_be_alone_comes_before_the_next_merge_and_does_not_wait_without_end(store):
    with store.structure, pytest.raises(KeeperBusy, match="has not ended in"), store.alone(patience=0.1):
        pass
    stop, turns = threading.Event(), []

    def merge() -> None:
        while not stop.is_set():
            with store.merging():
                turns.append(1)
                time.sleep(0.02)

    merging = threading.Thread(target=merge)
    merging.start()
    wait_for(lambda: turns)
    with store.alone(patience=30):
        alone_at = len(turns)
        time.sleep(0.1)
        assert len(turns) == alone_at
    wait_for(lambda: len(turns) > alone_at)
    stop.set()
    merging.join()


def _space(real: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    held, empty = real()
    return held, max(empty, 1)


# --- the log


def trimmed(store: Store) -> None:
    """Many commits, all that can go gone."""
    for seed in range(12):
        put(store, event_columns(3, 500 + seed))
    done = StoreUpkeep(store).trim_log(0)
    assert done["commits"] > 0
    assert versions(store.lake.root / "events/_delta_log")[0] > 0


@pytest.fixture
def short_log(monkeypatch):
    """A checkpoint every other commit."""
    monkeypatch.setattr(deltatable, "CHECKPOINT_EVERY", 2)


@pytest.mark.usefixtures("short_log")
def test_a_trimmed_log_opens_and_goes_on(store, notices):
    trimmed(store)
    digest, folder = index_digest(store.index), store.folder
    store.close()
    for seed in range(3):
        with Store.open(folder, "test", notices.append) as again:
            assert index_digest(again.index) == lake_digest(again.lake)
            assert seed or index_digest(again.index) == digest
            put(again, event_columns(5, 900 + seed))
            StoreUpkeep(again).trim_log(0)
    assert notices == []


@pytest.mark.usefixtures("short_log")
@pytest.mark.parametrize("damage", [b"", b"PAR1 half"])
def test_with_the_newest_checkpoint_damaged_a_trimmed_log_still_opens(store, notices, damage):
    trimmed(store)
    digest, folder = index_digest(store.index), store.folder
    store.close()
    newest = max((folder / "lake/events/_delta_log").glob("*.checkpoint.parquet"))
    newest.write_bytes(damage)
    with Store.open(folder, "test", notices.append) as again:
        assert lake_digest(again.lake) == index_digest(again.index) == digest


@pytest.mark.usefixtures("short_log")
def test_the_last_commit_of_a_trimmed_log_is_restored_from_the_index(store, notices):
    trimmed(store)
    digest, folder = index_digest(store.index), store.folder
    log, last = store.lake.root / "events/_delta_log", store.lake.version("events")
    store.close()
    commit_path(log, last).write_bytes(b"")
    with Store.open(folder, "test", notices.append) as again:
        assert lake_digest(again.lake) == index_digest(again.index) == digest
    assert any("restored from the index" in notice for notice in notices)


@pytest.mark.usefixtures("short_log")
def test_commits_that_are_young_or_not_followed_yet_stay(store):
    for seed in range(12):
        put(store, event_columns(3, seed))
    log = store.lake.root / "events/_delta_log"
    assert StoreUpkeep(store).trim_log(3_600)["commits"] == 0
    assert store.lake.trim("events", needed_from=3, older_than_seconds=0)[0] == 3
    assert versions(log)[0] == 3


@pytest.mark.usefixtures("short_log")
def test_an_index_from_before_the_log_begins_is_rebuilt_and_it_is_said_in_every_place(store, notices, tmp_path):
    put(store, event_columns(10))
    store.follow()
    folder = store.folder
    store.close()
    shutil.copy(folder / "index.duckdb", tmp_path / "backup.duckdb")
    with Store.open(folder, "test") as again:
        trimmed(again)
        digest = index_digest(again.index)
    shutil.copy(tmp_path / "backup.duckdb", folder / "index.duckdb")
    with Store.open(folder, "test", notices.append) as again:
        assert index_digest(again.index) == lake_digest(again.lake) == digest
        assert any("The index is rebuilt from the lake" in notice for notice in notices)
        assert Figures(again, "1").versions()["rebuilt"]["why"] == "version 2"
    with Store.open(folder, "test") as again:
        assert "version 2" in Figures(again, "1").versions()["rebuilt"]["why"]


# --- a running server


def wait_for(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_server_maintains_once_a_day_and_when_small_files_pile_up(store, monkeypatch):
    monkeypatch.setattr(flow, "MANY_FILES", 8)
    now = [time.time() + 30 * 86_400]
    filled(store, batches=3)
    with Maintaining(store, pytest.fail, lambda: now[0], 0.01):
        wait_for(lambda: len(store.state.journalled()) == 1)
        wait_for(lambda: store.state.setting("maintained"))
        for seed in range(50, 56):
            put(store, event_columns(3, seed))
        time.sleep(0.1)
        assert len(store.state.journalled()) == 1
        put(store, event_columns(3, 57))
        wait_for(lambda: len(store.state.journalled()) == 2)
    assert max(small_files(store).values()) == 1
    assert {entry["who"] for entry in store.state.journalled()} == {"maintenance"}


def test_what_prevents_maintenance_is_said_once_and_tried_again(store, monkeypatch):
    filled(store, batches=2)
    tries: list[int] = []
    said: list[str] = []

    def fail(self: object, tell: object) -> None:
        tries.append(1)
        if len(tries) < 4:
            raise OSError("no room")
        return whole(self, tell)

    whole = StoreUpkeep.fold
    monkeypatch.setattr(StoreUpkeep, "fold", fail)
    with Maintaining(store, said.append, time.time, 0.01):
        wait_for(lambda: store.state.journalled())
    assert len(said) == 1
    assert "no room" in said[0]


def test_the_rows_of_a_merged_file_are_the_rows_of_its_sources(store):
    events = filled(store)
    maintain(store, "test")
    tables = [
        pq.read_table(store.lake.path("events", file), partitioning=None) for file in store.lake.files("events").added
    ]
    assert sorted(pa.concat_tables(tables)["event_id"].to_pylist()) == sorted(events["event_id"])


def test_a_file_that_is_gone_again_while_files_are_counted_is_no_failure(store):
    """As DuckDB's log is, once it was taken in."""
    filled(store, batches=1)
    for name in ("index.duckdb.gone", "lake/events/_delta_log/_commit.json.tmp"):
        (store.folder / name).symlink_to("nowhere")
    sizes = StoreUpkeep(store).sizes()
    assert sizes["lake_bytes"] > sum(file.size for file in store.lake.files("events").added)
    assert sizes["index_bytes"] > 0


def test_a_keeper_that_lost_a_shared_state_removes_nothing_of_its_successors_from_a_shared_folder(store, tmp_path):
    filled(store, batches=1)
    successors = store.folder / "lake/events/month=2026-10/successors.parquet"
    successors.parent.mkdir(exist_ok=True)
    successors.touch()

    def lost() -> None:
        raise KeeperBusy("Another process took over from this one")

    with store.alone():
        store.lake.write_while(lost)
        for write in (StoreRemoval(store).purge, lambda: StoreRemoval(store).withdraw_before(OCTOBER + 5 * DAY)):
            with pytest.raises(KeeperBusy):
                write()
    assert successors.exists()
    assert not store.lake.poisoned


def test_the_log_is_not_trimmed_while_an_erasure_reads_through_it(store):
    filled(store, batches=1)
    trimming = threading.Thread(target=StoreUpkeep(store).trim_log, args=(0,))
    with store.alone():
        store.follow = lambda: None  # as if it had followed a moment before
        trimming.start()
        trimming.join(0.3)
        assert trimming.is_alive()
    trimming.join(20)
    assert not trimming.is_alive()


def test_commits_that_tell_when_a_file_left_stay_as_long_as_its_grace(store, monkeypatch):
    asked = []
    monkeypatch.setattr(StoreUpkeep, "trim_log", lambda _, older: asked.append(older) or {})
    for hours in (1, 24 * 90):
        maintain(store, "test", grace_hours=hours)
    assert asked == [30 * DAY / 1e6, 90 * DAY / 1e6]
