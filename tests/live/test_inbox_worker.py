"""What one delivery may cost the others, and how an ingest of deliveries is ended."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from remit.adapters.store.inbox import Inbox, Label
from remit.adapters.store.index.narrowed import reader_of
from remit.adapters.store.index.reader import IndexReader
from remit.adapters.store.store import Store
from remit.app.arrivals import arrivals
from remit.app.config.reading import load_configuration
from remit.app.feeds_desk import FeedsDesk
from remit.app.inbox_worker import InboxWorker
from remit.app.keeping import work
from remit.rooms.query.predicate import EVERYTHING

from .conftest import cloudtrail

UNREADABLE = b"{}\n" * 60_000


@pytest.fixture
def store(tmp_path: Path, store_state: str | None):
    with Store.open(tmp_path / "data", "test", state_url=store_state) as opened:
        yield opened


def keep(inbox: Inbox, body: bytes) -> None:
    arriving = inbox.begin(Label("cloudtrail", "push:cloudtrail"), room=len(body))
    arriving.write(body)
    arriving.keep()


def test_a_delivery_of_nothing_but_unreadable_records_is_put_aside_and_the_next_is_stored(store):
    inbox, said, stored = Inbox(store.inbox), [], threading.Event()
    keep(inbox, UNREADABLE)
    keep(inbox, json.dumps(cloudtrail("good")).encode())
    with InboxWorker(store, inbox, stored.set, said.append, most_unreadable=10_000):
        assert stored.wait(60)
    assert [each["resource_ids"] for each in IndexReader(store.index).search(EVERYTHING, ["resource_ids"], 9)] == [
        ["good"]
    ]
    assert inbox.waiting() == []
    assert len(said) == 1
    assert "more than 10,000 of its records cannot be read" in said[0]
    assert len(list((store.inbox / "aside").iterdir())) == 1


def test_a_registry_that_cannot_be_read_keeps_deliveries_waiting_and_puts_none_aside(store, monkeypatch):
    monkeypatch.setattr("remit.app.inbox_worker._AGAIN_SECONDS", 0.1)
    inbox, said, stored, told = Inbox(store.inbox), [], threading.Event(), threading.Event()
    registry = store.folder / "identities.toml"
    registry.write_text("[[agnet]]\n")
    keep(inbox, json.dumps(cloudtrail("good")).encode())
    with InboxWorker(store, inbox, stored.set, lambda text: (said.append(text), told.set())):
        assert told.wait(60)
        time.sleep(0.5)
        assert len(said) == 1, "said once, not at each try"
        assert "Unknown key 'agnet'" in said[0]
        assert len(inbox.waiting()) == 1
        registry.write_text("")
        assert stored.wait(60)
    assert IndexReader(store.index).tally(EVERYTHING)["records"] == 1


def test_what_a_stopped_server_had_not_stored_waits_and_the_next_one_stores_it(store):
    inbox, stored = Inbox(store.inbox), threading.Event()
    keep(inbox, UNREADABLE)
    keep(inbox, json.dumps(cloudtrail("good")).encode())
    with InboxWorker(store, inbox, stored.set):
        pass
    assert len(inbox.waiting()) == (0 if stored.is_set() else 2)
    with InboxWorker(store, inbox, stored.set):
        assert stored.wait(60)
    assert inbox.waiting() == []
    assert IndexReader(store.index).tally(EVERYTHING)["records"] == 1


def test_reading_a_feed_again_does_not_wait_while_everything_is_judged_again(store, tmp_path):
    given = tmp_path / "late.json"
    given.write_text('{"what": "broken"}')
    work(store, "ingest", {"target": str(given), "options": {"feed": "late"}}, lambda _: None)
    given.write_text(json.dumps(cloudtrail("mended")))
    desk, done = FeedsDesk(store, reader_of(store.index)), []
    with arrivals(store, load_configuration(store.folder), (), lambda _: None), store.judging:
        retrying = threading.Thread(target=lambda: done.append(desk.retry("late")))
        retrying.start()
        retrying.join(60)
        assert [each["new"] for each in done] == [1]
