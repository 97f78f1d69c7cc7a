"""What changed since a place: nothing is missed, nothing comes twice, and a rebuilt index says that it was."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from remit.adapters.store.index.changes import IndexChanges
from remit.adapters.store.store import Store
from remit.rooms.query import read_query
from remit.rooms.query.predicate import EVERYTHING, Equals

from .rows import correct, event_columns, put

BEGIN = (0, 0, "")


@pytest.fixture
def changes(store) -> IndexChanges:
    return IndexChanges(store.index)


def bring(store: Store, seed: int, count: int = 10) -> dict[str, list]:
    events = event_columns(count, seed=seed)
    put(store, events)
    store.follow()
    return events


def place(row: dict) -> tuple[int, int, str]:
    return row["change_seq"], row["time"], row["event_id"]


def every_change(changes: IndexChanges, after: tuple[int, int, str], step: int, **more) -> list[dict]:
    found: list[dict] = []
    while rows := changes.changed(EVERYTHING, ("source",), after, step, **more):
        found += rows
        after = place(rows[-1])
    return found


def test_an_empty_index_stands_at_nothing_and_each_follow_that_brings_something_moves_it_by_one(store, changes):
    epoch, number = changes.sequence
    assert epoch
    assert number == 0
    store.follow()
    assert changes.sequence == (epoch, 0)
    bring(store, 1)
    bring(store, 2)
    assert changes.sequence == (epoch, 2)


@pytest.mark.parametrize("step", [1, 3, 100])
def test_in_whatever_portions_every_change_comes_once_and_in_order(store, changes, step):
    events = [bring(store, seed) for seed in (3, 1, 2)]
    rows = every_change(changes, BEGIN, step)
    assert [place(row) for row in rows] == sorted(place(row) for row in rows)
    assert [row["event_id"] for row in rows] == [
        event_id for each in events for _, event_id in sorted(zip(each["time"], each["event_id"], strict=True))
    ]


def test_a_corrected_event_comes_again_with_the_number_of_its_birth(store, changes):
    events = bring(store, 1)
    after = place(every_change(changes, BEGIN, 100)[-1])
    correct(store, events, [4, 7], "AgentOps")
    store.follow()
    rows = every_change(changes, after, 1)
    assert {row["event_id"] for row in rows} == {events["event_id"][4], events["event_id"][7]}
    assert {(row["born_seq"], row["change_seq"], row["source"]) for row in rows} == {(1, 2, "AgentOps")}


def test_a_correction_that_came_before_its_event_makes_no_second_change(store, changes):
    events = event_columns(5)
    correct(store, events, range(5), "IaC")
    store.follow()
    assert every_change(changes, BEGIN, 100) == []
    put(store, events)
    store.follow()
    rows = every_change(changes, BEGIN, 100)
    assert len(rows) == 5
    assert all(row["born_seq"] == row["change_seq"] and row["source"] == "IaC" for row in rows)


def test_an_event_corrected_away_from_a_query_is_told_on_request(store, changes):
    events = bring(store, 1)
    correct(store, events, [0], "AgentOps")
    store.follow()
    before = changes.sequence[1]
    correct(store, events, [0, 1], "IaC")
    store.follow()
    wanted = Equals("source", "AgentOps")
    assert changes.changed(wanted, (), (before + 1, 0, ""), 10) == []
    told = changes.changed(wanted, (), (before + 1, 0, ""), 10, lost=True)
    assert {(row["event_id"], row["match"]) for row in told} == {(each, False) for each in events["event_id"][:2]}


def test_the_query_confines_what_comes_and_what_is_counted(store, changes):
    events = bring(store, 1)
    correct(store, events, [2, 3], "AgentOps")
    store.follow()
    query = read_query("source:AgentOps", 0)
    assert len(changes.changed(query, (), BEGIN, 10)) == changes.count_changed(query, BEGIN) == 2
    assert changes.count_changed(query, (2, 0, "")) == 2
    assert changes.count_changed(query, (3, 0, "")) == 0
    assert changes.count_changed(query, (2, 0, ""), lost=True) == 2


def test_numbers_go_on_after_a_restart_and_a_rebuilt_index_begins_another_epoch(tmp_path):
    with Store.open(tmp_path, "test") as store:
        bring(store, 1)
        first = store.index.sequence
    with Store.open(tmp_path, "test") as store:
        assert store.index.sequence == first
        bring(store, 2)
        assert store.index.sequence == (first[0], first[1] + 1)
        store.index.rebuild(store.lake)
        assert store.index.sequence[0] != first[0]
        assert len(every_change(IndexChanges(store.index), BEGIN, 100)) == 20
    (tmp_path / "index.duckdb").unlink()
    with Store.open(tmp_path, "test") as store:
        assert store.index.sequence[0] != first[0]


def test_who_waits_is_woken_when_the_change_can_be_read(store, changes):
    @dataclass
    class Seen:
        rows: int = 0

    seen, start = Seen(), changes.sequence

    def look() -> None:
        changes.wait(start, 30)
        seen.rows = len(changes.changed(EVERYTHING, (), BEGIN, 100))

    waiting = threading.Thread(target=look)
    waiting.start()
    bring(store, 1)
    waiting.join(30)
    assert seen.rows == 10
    assert changes.wait(changes.sequence, 0.01) == changes.sequence
