"""Cut off anywhere, a removal leaves the old or the new state, and whoever opens the store next finishes it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.store.rows import DAY, OCTOBER, correct, event_columns, put, quarantine_columns

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.lake.disk import Disk
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store
from remit.app.removing import finish_interrupted
from remit.flows import removal

MAYA = "maya@example.com"
NOW = OCTOBER + 400 * DAY
STEPS = ("begin", "remember", "withdraw", "cleanse_log", "purge", "scrub_state", "prove", "record", "finished")
QUICK = ("withdraw", "purge", "finished")
"""The steps between which every run of the tests cuts it off: before the lake, before the files, at the very end."""


class Cut(BaseException):
    """The process ends here."""


class CuttingDisk(Disk):
    """Ends the process at its so-manieth operation, counted once it is armed: before a write or a removal, half-way
    through a write, or before the sync that would have made it durable."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.done = 0

    def _count(self) -> None:
        self.done += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Cut

    def _create(self, path: Path):
        self._count()
        return super()._create(path)

    def _fsync(self, descriptor: int, path: Path) -> None:
        self._count()
        super()._fsync(descriptor, path)

    def rename(self, path: Path, to: Path) -> None:
        self._count()
        super().rename(path, to)

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)


def fill(store: Store) -> tuple[set[str], set[str]]:
    """Two months of events in all tables; returns the ids that stay, and those that name Maya."""
    gone = set()
    columns = event_columns(60, 1, step=DAY)
    for row in range(0, 60, 6):
        columns["principal"][row] = MAYA
        gone.add(columns["event_id"][row])
    bad = {**quarantine_columns(["q-1", "q-2"]), "sample": [f'{{"u":"{MAYA}"}}', "{}"]}
    token = store.ask(columns["event_id"], columns["time"]).token
    tables = [arrow_table("events", columns), None, arrow_table("quarantine", bad)]
    store.commit(token, *tables, meta={"origin": f"/home/{MAYA}/a.json"})
    correct(store, columns, [0, 1], "somebody")
    correct(store, columns, [2], MAYA)
    gone.add(columns["event_id"][2])
    store.state.put_feed("hers", MAYA, "auto")
    store.follow()
    return set(columns["event_id"]) - gone, gone


def ids(store: Store) -> set[str]:
    assert index_digest(store.index) == lake_digest(store.lake)
    return set(store.index.execute("SELECT event_id FROM events")["event_id"].to_pylist())


def finished(folder: Path, kept: set[str], gone: set[str]) -> None:
    """Open the folder as the next process does; nothing may be half done, before or after it is finished."""
    said: list[str] = []
    with Store.open(folder, "test") as store:
        begun = StoreRemoval(store).begun() is not None
        assert ids(store) in (kept, kept | gone)
        finish_interrupted(store, said.append)
        recorded = [entry for entry in store.state.journalled() if entry["what"] == removal.ERASED]
        if not recorded:
            assert not begun
            assert ids(store) == kept | gone, "what was never begun has removed nothing"
            return
        assert len(recorded) == 1
        assert recorded[0]["facts"]["events"] == len(gone)
        assert recorded[0]["facts"]["proof"]["found"] == 0
        assert bool(said) == begun
        assert ids(store) == kept
        assert store.erased.among(gone) == gone
        assert not (folder / "removal.json").exists()
        put(store, event_columns(60, 1, step=DAY))
        store.follow()
        assert ids(store) == kept, "a second reading brings nothing back"


def cut_at(folder: Path, operation: int) -> bool:
    """Erase and end at this operation of the disk; False if the erasure ended before it."""
    disk = CuttingDisk()
    with Store.open(folder, "test", disk=disk) as store:
        disk.left = operation
        try:
            removal.erase(StoreRemoval(store), MAYA, "local", NOW)
        except Cut:
            return True
        finally:
            disk.left = None
    return False


def _operations(tmp_path: Path) -> int:
    disk = CuttingDisk()
    with Store.open(tmp_path / "whole", "test", disk=disk) as store:
        fill(store)
        before = disk.done
        removal.erase(StoreRemoval(store), MAYA, "local", NOW)
        return disk.done - before


def _cut_at_each(tmp_path: Path, every: int) -> None:
    operations = _operations(tmp_path)
    assert operations > 30
    for operation in range(0, operations, every):
        folder = tmp_path / f"cut-{operation}"
        with Store.open(folder, "test") as store:
            kept, gone = fill(store)
        assert cut_at(folder, operation), operation
        finished(folder, kept, gone)


def test_cut_off_at_the_disks_operations_it_is_finished_on_the_next_opening(tmp_path):
    _cut_at_each(tmp_path, every=36)


@pytest.mark.heavy
def test_cut_off_at_every_operation_of_the_disk_it_is_finished_on_the_next_opening(tmp_path):
    _cut_at_each(tmp_path, every=1)


@pytest.mark.parametrize(
    "step", [step if step in QUICK else pytest.param(step, marks=pytest.mark.heavy) for step in STEPS]
)
def test_cut_off_between_two_steps_it_is_finished_on_the_next_opening(tmp_path, monkeypatch, step):
    with Store.open(tmp_path, "test") as store:
        kept, gone = fill(store)

        def cut(*_):
            raise Cut

        with monkeypatch.context() as patch:
            patch.setattr(StoreRemoval, step, cut)
            with pytest.raises(Cut):
                removal.erase(StoreRemoval(store), MAYA, "local", NOW)
    finished(tmp_path, kept, gone)


@pytest.mark.parametrize(
    ("table", "how"),
    [
        ("events", "half"),
        pytest.param("corrections", "zero", marks=pytest.mark.heavy),
        pytest.param("quarantine", "half", marks=pytest.mark.heavy),
    ],
)
def test_a_removals_commit_that_was_torn_is_made_again(tmp_path, table, how):
    with Store.open(tmp_path, "test") as store:
        kept, gone = fill(store)
        version = store.lake.version(table)
    disk = CuttingDisk()
    with Store.open(tmp_path, "test", disk=disk) as store:
        steps = StoreRemoval(store)
        found = steps.find(_subject(), lambda _: None)
        note = {"kind": "subject", "subject": MAYA, "who": "local", "started": "", "number": "1"}
        steps.begin({**note, "counts": _counted(found)})
        steps.remember(found)
        log = f"{table}/_delta_log/{version + 1:020d}.json"
        sync = disk._fsync
        disk._fsync = lambda descriptor, path: _cut_on(path, log) or sync(descriptor, path)
        with pytest.raises(Cut):
            steps.withdraw(found)
    path = tmp_path / "lake" / log
    content = path.read_bytes()
    path.write_bytes(content[: {"zero": 0, "half": len(content) // 2}[how]])
    finished(tmp_path, kept, gone)


def _cut_on(path: Path, log: str) -> None:
    if str(path).endswith(log):
        raise Cut


def _subject():
    from remit.rooms.removal.subject import read_subject

    return read_subject(MAYA)


def _counted(found) -> dict:
    return {
        **{kind: found.count(kind) for kind in ("events", "corrections", "quarantine")},
        "first": None,
        "last": None,
    }


CHILD = """
import sys
from pathlib import Path
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store
from remit.flows import removal
with Store.open(Path(sys.argv[1]), "child") as store:
    print("open", flush=True)
    removal.erase(StoreRemoval(store), sys.argv[2], "local", 1_800_000_000_000_000)
    print("done", flush=True)
"""


def _killed(folder: Path, after: float) -> bool:
    """Erase in a process of its own and kill it; True if it had not finished."""
    words = [sys.executable, "-c", CHILD, str(folder), MAYA]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "open\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        return "done" not in child.stdout.read()


def _kill_often(tmp_path: Path, kills: int) -> None:
    chance = random.Random(4)
    cut = 0
    for turn in range(kills):
        folder = tmp_path / str(turn)
        with Store.open(folder, "test") as store:
            kept, gone = fill(store)
        cut += _killed(folder, chance.uniform(0.0, 0.8))
        finished(folder, kept, gone)
    assert cut, "every child was done before it was killed: the test proved nothing"


def test_killed_while_it_erases_it_is_finished_on_the_next_opening(tmp_path):
    _kill_often(tmp_path, 2)


@pytest.mark.heavy
def test_killed_thirty_times_while_it_erases_it_is_finished_on_the_next_opening(tmp_path):
    _kill_often(tmp_path, 30)


@pytest.mark.parametrize("step", ["begin", "withdraw_before", "purge", "record", "finished"])
def test_a_retention_run_that_was_cut_off_is_finished_on_the_next_opening(tmp_path, monkeypatch, step):
    horizon = OCTOBER + 30 * DAY
    with Store.open(tmp_path, "test") as store:
        columns = event_columns(60, 1, step=DAY)
        put(store, columns)
        whole = getattr(StoreRemoval, step)

        def cut(*arguments):
            whole(*arguments)
            raise Cut

        with monkeypatch.context() as patch:
            patch.setattr(StoreRemoval, step, cut)
            with pytest.raises(Cut):
                removal.expire(StoreRemoval(store), horizon, "local", NOW)
    with Store.open(tmp_path, "test") as store:
        finish_interrupted(store, lambda _: None)
        assert ids(store) == set(columns["event_id"][30:])
        assert [entry["facts"]["events"] for entry in store.state.journalled()] == [30]
