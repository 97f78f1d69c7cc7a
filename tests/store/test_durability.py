"""What is acknowledged has been synced, file and folder; what cannot be synced is not acknowledged."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from remit.adapters.store.digest import lake_digest
from remit.adapters.store.lake.deltalog import commit_path
from remit.adapters.store.lake.disk import Disk
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import KINDS, arrow_table
from remit.adapters.store.store import Store
from remit.app.maintaining import maintain
from remit.model.errors import StoreError

from .rows import DAY, correct, event_columns, put


class RecordingDisk(Disk):
    """Remembers for every synced path how large it was and, for a folder, what it held."""

    def __init__(self) -> None:
        self.files: dict[Path, int] = {}
        self.entries: dict[Path, set[str]] = {}

    def _fsync(self, descriptor: int, path: Path) -> None:
        if path.is_dir():
            self.entries[path] = {entry.name for entry in path.iterdir()}
        else:
            self.files[path] = path.stat().st_size
        super()._fsync(descriptor, path)

    def durable(self, path: Path, root: Path) -> bool:
        """Its whole content was synced, and so was every folder entry from it up to the root."""
        whole = self.files.get(path) == path.stat().st_size
        return whole and all(
            step.name in self.entries.get(step.parent, ()) for step in (path, *path.parents) if root in step.parents
        )


class FailingDisk(Disk):
    """Fails on paths that end in the given text, once it is armed."""

    def __init__(self) -> None:
        self.fail_sync = self.fail_write = ""

    def _fsync(self, descriptor: int, path: Path) -> None:
        if self.fail_sync and str(path).endswith(self.fail_sync):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super()._fsync(descriptor, path)

    def _create(self, path: Path):
        handle = super()._create(path)
        return FullFile(handle) if self.fail_write and str(path).endswith(self.fail_write) else handle


class FullFile:
    """A file on a full disk: takes some bytes and then no more."""

    def __init__(self, handle) -> None:
        self._handle = handle

    def write(self, data) -> int:
        if self._handle.tell() + len(data) > 1000:
            self._handle.write(bytes(data[:1000]))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._handle.write(data)

    def __getattr__(self, name):
        return getattr(self._handle, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._handle.close()


def test_every_file_of_an_acknowledged_commit_was_synced_before_the_acknowledgement(tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.lake.deltatable.CHECKPOINT_EVERY", 3)
    disk = RecordingDisk()
    with Store.open(tmp_path, "test", disk=disk) as store:
        for seed in range(5):
            events = event_columns(40, seed, step=DAY)
            put(store, events)
            correct(store, events, [1, 2], "x")
            _all_durable(store.lake, disk)
        maintain(store, "test")
        _all_durable(store.lake, disk)
    assert any("checkpoint" in path.name for path in disk.files)


def _all_durable(lake: Lake, disk: RecordingDisk) -> None:
    for kind in KINDS:
        paths = [lake.path(kind, file) for file in lake.files(kind).added]
        paths += [commit_path(lake.root / kind / "_delta_log", n) for n in range(lake.version(kind) + 1)]
        assert [path for path in paths if not disk.durable(path, lake.root)] == []


def test_the_recording_disk_notices_a_write_that_was_not_synced(tmp_path):
    disk = RecordingDisk()
    lake = Lake.open(str(tmp_path / "lake"), disk=disk)
    (file,) = lake.write("events", arrow_table("events", event_columns(3)))
    path = lake.path("events", file)
    assert disk.durable(path, lake.root)
    path.write_bytes(path.read_bytes() + b"more")
    assert not disk.durable(path, lake.root)


@pytest.mark.parametrize("path", [".parquet", "month=2025-10", f"{2:020d}.json", "events/_delta_log"])
def test_after_a_failed_sync_nothing_is_acknowledged_and_the_lake_takes_no_more(tmp_path, path):
    disk = FailingDisk()
    with Store.open(tmp_path, "test", disk=disk) as store:
        put(store, event_columns(10))
        disk.fail_sync = path
        with pytest.raises(StoreError, match="did not confirm a write") as failure:
            put(store, event_columns(10, seed=1))
        assert failure.value.where.endswith(path)
        disk.fail_sync = ""
        with pytest.raises(StoreError, match="takes no more commits"):
            put(store, event_columns(10, seed=2))
        assert store.lake.poisoned
    with Store.open(tmp_path, "test") as store:
        for seed in (1, 2):
            put(store, event_columns(10, seed))
        assert lake_digest(store.lake).startswith("30:")


def test_a_full_disk_is_said_with_its_place_leaves_no_half_file_and_can_be_mended(tmp_path):
    disk = FailingDisk()
    with Store.open(tmp_path, "test", disk=disk) as store:
        put(store, event_columns(10))
        before = set(tmp_path.rglob("*.parquet"))
        disk.fail_write = ".parquet"
        events = event_columns(5_000, seed=1)
        answers = store.ask(events["event_id"], events["time"])
        with pytest.raises(StoreError, match="No space left") as failure:
            store.commit(answers.token, arrow_table("events", events))
        assert failure.value.where.endswith(".parquet")
        assert "Free some space" in failure.value.remedy
        assert set(tmp_path.rglob("*.parquet")) == before
        store.abort(answers.token)
        disk.fail_write = ""
        put(store, events)
        assert lake_digest(store.lake).startswith("5010:")


def test_a_foreign_writer_is_noticed_and_not_merged(tmp_path):
    first, second = Lake.open(str(tmp_path)), Lake.open(str(tmp_path))
    rows = arrow_table("events", event_columns(3))
    first.commit("events", first.write("events", rows), {})
    with pytest.raises(StoreError, match="refused a commit"):
        second.commit("events", second.write("events", rows), {})
