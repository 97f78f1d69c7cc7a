"""Asking and committing: every event once, link questions answered from facts, one keeper per folder."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter

import pytest

from remit.adapters.store.index.follower import Follower
from remit.adapters.store.lake.datafile import EventWriter
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.lease import FILE, Lease, holder
from remit.adapters.store.store import Store
from remit.model.columns import FACTS
from remit.model.errors import KeeperBusy, StoreError

from .rows import DAY, OCTOBER, event_columns, put


@pytest.mark.parametrize("follow", [True, False])
def test_a_stored_event_is_known_whether_or_not_the_index_has_followed(store, follow):
    stored, fresh = event_columns(50), event_columns(50, seed=1)
    put(store, stored)
    if follow:
        store.follow()
    ids = [*stored["event_id"][:20], *fresh["event_id"][:20]]
    answers = store.ask(ids, [*stored["time"][:20], *fresh["time"][:20]])
    assert answers.known == set(stored["event_id"][:20])


def test_an_event_in_another_batch_in_flight_is_known_until_that_batch_is_given_up(store):
    events = event_columns(5)
    first = store.ask(events["event_id"], events["time"])
    assert first.known == set()
    assert store.ask(events["event_id"], events["time"]).known == set(events["event_id"])
    store.abort(first.token)
    assert store.ask(events["event_id"], events["time"]).known == set()


def test_giving_up_a_batch_of_duplicates_frees_nothing_of_the_batch_that_holds_them(store):
    events = event_columns(5)
    holding = store.ask(events["event_id"], events["time"])
    store.abort(store.ask(events["event_id"], events["time"]).token)
    assert store.ask(events["event_id"], events["time"]).known == set(events["event_id"])
    store.commit(holding.token, arrow_table("events", events))


def test_threads_that_ingest_the_same_events_at_once_store_each_once(store):
    store._follower = Follower(store.follow, rows=30, waiting=90)
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        batches = list(range(12))
        random.Random(seed).shuffle(batches)
        try:
            for batch in batches:
                put(store, event_columns(20, batch))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    store.follow()
    found = Counter(store.index.execute("SELECT event_id AS id FROM events")["id"].to_pylist())
    assert len(found) == 240
    assert set(found.values()) == {1}


def test_rows_that_are_stored_already_are_refused(store):
    events = event_columns(4)
    put(store, events)
    store.follow()
    token = store.ask(events["event_id"], events["time"]).token
    with pytest.raises(StoreError, match="did not reserve"):
        store.commit(token, arrow_table("events", events))


def test_the_index_follows_by_itself_and_a_failure_to_do_so_reaches_the_next_committer(store):
    store._follower = Follower(store.follow, rows=10, waiting=10)
    put(store, event_columns(10))
    assert store.index.execute("SELECT count(*) AS n FROM events")["n"].to_pylist() == [10]

    def fail() -> None:
        raise StoreError("No space left")

    store._follower = Follower(fail, rows=10, waiting=10)
    put(store, event_columns(10, seed=1))
    with pytest.raises(StoreError, match="No space left"):
        put(store, event_columns(10, seed=2))
    assert store.follow().events == 10


@pytest.mark.parametrize("wrong", ["not reserved", "twice in the batch", "no token"])
def test_rows_that_were_not_reserved_are_refused(store, wrong):
    events = event_columns(4)
    token = store.ask(events["event_id"][:3], events["time"][:3]).token
    if wrong == "twice in the batch":
        events["event_id"][3] = events["event_id"][0]
    with pytest.raises(StoreError, match="did not reserve"):
        store.commit(None if wrong == "no token" else token, arrow_table("events", events))
    assert store.lake.version("events") == 0


def test_files_written_by_a_worker_are_committed_as_they_are(store):
    events = event_columns(30, step=DAY)
    token = store.ask(events["event_id"], events["time"]).token
    files = EventWriter(store.lake.storage)(events)
    assert store.lake.files("events").added == ()
    store.commit(token, files)
    assert store.follow().events == 30


def chained(links: list[tuple[str | None, str | None]]) -> dict[str, list]:
    """Events that each issue one access key, signed with another: (signed with, issues)."""
    events = event_columns(len(links))
    events["event_id"] = [f"{number:024x}" for number in range(len(links))]
    events["access_key"] = [signed for signed, _ in links]
    events["link_offers"] = [[f"key:{issued}"] if issued else [] for _, issued in links]
    return events


CHAINS = {
    "nobody offers it": ([("K0", "K1")], "key:K9", None),
    "one issuer": ([(None, "K1"), (None, "K2")], "key:K1", [0]),
    "the issuer's own issuer stands behind it": ([("K1", "K2"), (None, "K1")], "key:K2", [0, 1]),
    "two issuers, smallest id first": ([(None, "K1"), (None, "K1")], "key:K1", [0, 1]),
    "a cycle ends": ([("K1", "K2"), ("K2", "K1")], "key:K1", [1, 0]),
    "an event that issues the key it was signed with": ([("K1", "K1")], "key:K1", [0]),
    "nearest first over two branches": (
        [(None, "A"), (None, "B"), ("A", "K"), ("B", "K")],
        "key:K",
        [2, 3, 0, 1],
    ),
    "eight hops and no more": ([(f"K{n + 1}", f"K{n}") for n in range(12)], "key:K0", list(range(8))),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_link_key_is_answered_with_the_events_behind_it(store, name):
    links, key, expected = CHAINS[name]
    events = chained(links)
    put(store, events)
    store.follow()
    for _ in range(2):  # the second answer comes from memory
        offers = store.ask([], [], [key, key]).offers
        if expected is None:
            assert offers == {}
        else:
            assert [int(str(row["event_id"]), 16) for row in offers[key]] == expected


def test_a_key_that_very_many_events_offer_is_answered_with_a_few_of_them(store):
    put(store, chained([(f"K{n}", "hot") for n in range(40)]))
    store.follow()
    offers = store.ask([], [], ["key:hot"]).offers["key:hot"]
    assert [int(str(row["event_id"]), 16) for row in offers] == list(range(4))


def test_an_answer_to_a_link_question_holds_the_facts_and_nothing_judged(store):
    events = chained([("K0", "K1")])
    put(store, events)
    store.follow()
    (row,) = store.ask([], [], ["key:K1"]).offers["key:K1"]
    assert row == {column.name: events[column.name][0] for column in FACTS}


def test_the_raw_record_is_found_by_id_and_time_and_missing_ones_are_none(store):
    events = event_columns(2_000, step=DAY // 50)
    put(store, events)
    for row in (0, 777, 1_999):
        assert store.raw(events["event_id"][row], events["time"][row]) == events["raw"][row]
    assert store.raw("0" * 24, events["time"][5]) is None
    assert store.raw(events["event_id"][5], OCTOBER - 400 * DAY) is None


HOLD = """
import sys, time
from pathlib import Path
from remit.adapters.store.index.follower import Follower
from remit.adapters.store.lease import Lease
lease = Lease.acquire(Path(sys.argv[1]), "server", control="/run/x.sock")
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_told_who_keeps_the_folder_and_takes_over_when_that_one_dies(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(KeeperBusy, match=f"kept by server .process {other.pid}, since 20"):
            Store.open(tmp_path, "ingest")
        assert holder(tmp_path)["control"] == "/run/x.sock"
        other.kill()
    with Store.open(tmp_path, "ingest"):
        assert holder(tmp_path)["role"] == "ingest"
    assert holder(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{not json", "[]"])
def test_a_lock_file_without_a_readable_signature_still_guards_the_folder(tmp_path, content):
    with Lease.acquire(tmp_path, "server"):
        (tmp_path / FILE).write_text(content)
        with pytest.raises(KeeperBusy, match="kept by another process"):
            Lease.acquire(tmp_path, "ingest")


def test_a_store_that_fails_to_open_gives_the_lease_back(tmp_path):
    (tmp_path / "state.db").write_bytes(b"not a database" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="The state failed"):
            Store.open(tmp_path, "test")
    (tmp_path / "state.db").unlink()
    with Store.open(tmp_path, "test"):
        pass


def test_the_data_folder_is_for_its_owner_only(tmp_path):
    with Store.open(tmp_path / "data", "test") as store:
        assert store.folder.stat().st_mode & 0o077 == 0
        assert store.inbox.is_dir()
