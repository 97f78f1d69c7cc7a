"""A sync that fails is the last thing a process trusts its disk with: no commit follows, and the next process reads
again what was not acknowledged."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.app.cloudtrail import record

from remit.adapters.store.inbox import Inbox, Label
from remit.adapters.store.store import Store
from remit.app.inbox_worker import InboxWorker
from remit.model.errors import StoreError


def failing_once(monkeypatch: pytest.MonkeyPatch, ending: str) -> list[str]:
    """The next sync of such a path fails, and any later one succeeds, as the kernel has it; the paths it failed for."""
    failed: list[str] = []
    sync = os.fsync

    def fails(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if not failed and path.endswith(ending):
            failed.append(path)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fails)
    return failed


def delivered(store: Store, *names: str) -> Inbox:
    inbox = Inbox(store.inbox)
    for name in names:
        arriving = inbox.begin(Label("cloudtrail", "push:cloudtrail", name), room=10_000)
        arriving.write(record(name, "CreateBucket", "K"))
        arriving.keep()
    return inbox


def stored(store: Store) -> set[str]:
    store.follow()
    return set(store.index.execute("SELECT provider_id AS id FROM events")["id"].to_pylist())


PATHS = [".parquet", "_delta_log"]
OTHERS = ["month=2026-09", "events", "0001.json"]


@pytest.mark.parametrize("path", [*PATHS, *(pytest.param(path, marks=pytest.mark.heavy) for path in OTHERS)])
def test_after_a_failed_sync_a_server_commits_nothing_more_and_the_next_one_has_it_all(tmp_path, monkeypatch, path):
    with Store.open(tmp_path, "server") as store:
        inbox = delivered(store, "one", "two")
        worker = InboxWorker(store, inbox, lambda: None)
        failed = failing_once(monkeypatch, path)
        with pytest.raises(StoreError, match="did not confirm a write"):
            worker._take(inbox.waiting())
        assert len(failed) == 1
        with pytest.raises(StoreError, match="takes no more commits"):
            worker._take(inbox.waiting())
        assert len(inbox.waiting()) == 2, "what is not in the lake stays in the inbox"
    with Store.open(tmp_path, "server") as store:
        inbox = Inbox(store.inbox)
        InboxWorker(store, inbox, lambda: None)._take(inbox.waiting())
        assert stored(store) == {"one", "two"}
        assert inbox.waiting() == []


@pytest.mark.parametrize("path", [".part", "inbox"])
def test_a_delivery_whose_sync_failed_is_not_acknowledged_and_counts_as_nothing(tmp_path, monkeypatch, path):
    with Store.open(tmp_path, "server") as store:
        inbox = Inbox(store.inbox)
        arriving = inbox.begin(Label("cloudtrail", "push:cloudtrail", "lost"), room=10_000)
        arriving.write(record("lost", "CreateBucket", "K"))
        failing_once(monkeypatch, path)
        with pytest.raises(StoreError, match="did not confirm a write"):
            arriving.keep()
        arriving.drop()
        assert inbox.held == (0, 0)
        assert inbox.waiting() == []
        assert not inbox.holds("lost"), "its sender sends it again"
        delivered(store, "again")


def test_a_delivery_set_aside_has_its_new_name_before_its_old_one_is_gone(tmp_path, monkeypatch):
    synced: list[Path] = []
    sync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        sync(descriptor)

    with Store.open(tmp_path, "server") as store:
        (waiting,) = (inbox := delivered(store, "odd")).waiting()
        monkeypatch.setattr(os, "fsync", noting)
        kept = inbox.set_aside(waiting)
        assert kept.exists()
        assert synced == [store.inbox, kept.parent, store.inbox]
