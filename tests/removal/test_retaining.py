"""A running server removes what is older than it keeps by itself, once a day, and says so when it cannot."""

from __future__ import annotations

import json
import threading
import time

import pytest
from tests.app.cloudtrail import record
from tests.app.conftest import command, start, stop
from tests.app.conftest import wait_for as wait
from tests.store.rows import event_columns, put

from remit.adapters.store.removal import StoreRemoval
from remit.app.retaining import Retaining
from remit.model.errors import StoreError
from remit.rooms.query.instants import DAY_US

START = 1_767_225_600_000_000  # 2026-01-01
"""One event a day from here."""


@pytest.fixture
def kept(store):
    """A store of twenty days that keeps ten."""
    store.keep = "10d"
    put(store, event_columns(20, start=START, step=DAY_US))
    store.follow()
    return store


class Clock:
    """A clock that a test sets."""

    def __init__(self, day: int) -> None:
        self.day = day

    def __call__(self) -> int:
        return START + self.day * DAY_US + 1


def wait_for(true) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def stored(store) -> int:
    return store.index.execute("SELECT count(*) AS n FROM events").to_pylist()[0]["n"]


def test_it_removes_at_the_start_and_when_a_day_begins_and_the_journal_says_who(kept):
    clock = Clock(20)
    with Retaining(kept, pytest.fail, clock, 0.01):
        wait_for(lambda: len(kept.state.journalled(9)) == 1)
        assert stored(kept) == 10
        clock.day = 23
        wait_for(lambda: len(kept.state.journalled(9)) == 2)
        assert stored(kept) == 7
    newest, first = kept.state.journalled(9)
    assert {newest["who"], first["who"]} == {"retention"}
    assert (first["facts"]["events"], newest["facts"]["events"]) == (10, 3)
    assert newest["facts"]["proof"]["found"] == 0


def test_a_day_with_nothing_to_remove_leaves_no_record_and_touches_no_file(kept):
    clock, files = Clock(5), kept.lake.files("events").added
    looked = []
    with Retaining(kept, pytest.fail, lambda: looked.append(1) or clock(), 0.01):
        wait_for(lambda: len(looked) > 5)
    assert kept.state.journalled(9) == []
    assert kept.lake.files("events").added == files


@pytest.mark.parametrize("keep", [None, ""])
def test_without_a_policy_nothing_runs(kept, keep):
    kept.keep = keep
    before = threading.active_count()
    with Retaining(kept, pytest.fail, Clock(4000), 0.01):
        assert threading.active_count() == before


def test_it_waits_for_work_under_way_and_ends_while_it_waits(kept):
    with kept.working, Retaining(kept, pytest.fail, Clock(20), 0.01):
        time.sleep(0.1)
        assert stored(kept) == 20
    assert stored(kept) == 20


def test_what_fails_is_said_once_and_tried_again(kept, monkeypatch):
    said, withdraw, failing = [], StoreRemoval.withdraw_before, [True]

    def fails(self, time_us):
        if failing:
            raise StoreError("The disk is full")
        withdraw(self, time_us)

    monkeypatch.setattr(StoreRemoval, "withdraw_before", fails)
    with Retaining(kept, said.append, Clock(20), 0.01):
        wait_for(lambda: said)
        time.sleep(0.1)
        failing.clear()
        wait_for(lambda: kept.state.journalled(9))
    assert len(said) == 1
    assert "The disk is full" in said[0]
    assert stored(kept) == 10


@pytest.mark.heavy
def test_a_server_keeps_what_the_file_it_was_given_says(tmp_path):
    data, logs, file = tmp_path / "data", tmp_path / "logs.jsonl", tmp_path / "other.toml"
    logs.write_bytes(record("old", "PutObject", "a", eventTime="2020-01-01T00:00:00Z"))
    assert json.loads(command("ingest", str(logs), "--data", str(data), "--json").stdout)["new"] == 1
    file.write_text('[retention]\nkeep = "400d"\n')
    server = start("up", "--data", str(data), "--port", "0", "--config", str(file))
    try:
        assert wait((data / "control.sock").exists)
        standing = ("retention", "--data", str(data), "--json")
        assert wait(lambda: json.loads(command(*standing).stdout)["stored"] == 0)
        told = json.loads(command("ingest", str(logs), "--data", str(data), "--json").stdout)
        assert (told["new"], told["expired"]) == (0, 1)
    finally:
        stop(server)
