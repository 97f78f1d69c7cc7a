"""Following a query over a real store: nothing missed, nothing twice, and every gap said."""

from __future__ import annotations

import pytest

from remit.adapters.store.index.changes import IndexChanges
from remit.adapters.store.index.reader import IndexReader
from remit.adapters.store.store import Store
from remit.app.live_desk import LiveDesk
from remit.flows.questions import tail as tails
from remit.flows.questions.tail import Tail, Told, read_place
from remit.model.errors import QueryError, UsageError

from .rows import OCTOBER, correct, event_columns, put

NOW = OCTOBER + 3_600_000_000


@pytest.fixture
def live(store) -> LiveDesk:
    return LiveDesk(IndexReader(store.index), IndexChanges(store.index), lambda _: None, lambda: NOW)


def bring(store: Store, seed: int, count: int = 10) -> dict[str, list]:
    events = event_columns(count, seed=seed)
    put(store, events)
    store.follow()
    return events


def everything(tail: Tail) -> list[Told]:
    found: list[Told] = []
    while told := tail.read():
        found += told
    return found


def ids(told: list[Told]) -> list[str]:
    return [each.event["event_id"] for each in told]


def test_only_what_is_stored_from_now_on_is_told_in_the_order_of_its_coming(store, live):
    bring(store, 1)
    tail = live.follow("", "", 100)
    assert everything(tail) == []
    second, third = bring(store, 3), bring(store, 2)
    told = everything(tail)
    assert ids(told) == second["event_id"] + third["event_id"]
    assert {each.what for each in told} == {"new"}
    assert everything(tail) == []
    assert tail.standing == store.index.sequence


def test_an_old_event_that_arrives_late_is_told(store, live):
    tail = live.follow("", "", 100)
    events = event_columns(1, start=OCTOBER - 400 * 86_400_000_000)
    put(store, events)
    store.follow()
    assert ids(everything(tail)) == events["event_id"]


@pytest.mark.parametrize("seen", [0, 1, 4, 9, 10])
def test_who_comes_back_with_the_place_of_any_event_gets_exactly_the_rest(store, live, seen, monkeypatch):
    monkeypatch.setattr(tails, "PORTION", 3)
    start = live.place()
    bring(store, 1, 6)
    bring(store, 2, 4)
    whole = everything(live.follow("", start, 100))
    places = [start, *(each.place for each in whole)]
    assert len(whole) == 10
    assert everything(live.follow("", places[seen], 100)) == whole[seen:]


def test_an_event_judged_otherwise_comes_again_as_corrected_and_as_unmatched_when_it_fits_no_more(store, live):
    every, agents = live.follow("", "", 100), live.follow("source:AgentOps", "", 100)
    events = bring(store, 1)
    assert len(everything(every)) == 10
    assert everything(agents) == []
    correct(store, events, [0], "AgentOps")
    store.follow()
    (told,) = everything(every)
    assert (told.what, told.event["source"]) == ("corrected", "AgentOps")
    (told,) = everything(agents)
    assert told.event["event_id"] == events["event_id"][0]
    correct(store, events, [0], "IaC")
    store.follow()
    (told,) = everything(agents)
    assert (told.what, told.event) == ("unmatched", {"event_id": events["event_id"][0]})


def test_what_came_and_was_corrected_while_nobody_read_is_new_and_told_once(store, live):
    every, agents = live.follow("", "", 100), live.follow("source:AgentOps", "", 100)
    events = bring(store, 1)
    correct(store, events, [0], "IaC")
    store.follow()
    told = everything(every)
    assert sorted(ids(told)) == sorted(events["event_id"])
    assert {each.what for each in told} == {"new"}
    assert everything(agents) == []  # it never matched, so nothing is said of its not matching


def test_who_is_too_far_behind_is_told_how_much_is_left_out_and_goes_on_from_there(store, live):
    tail = live.follow("", "", 10)
    bring(store, 1, 10)
    assert len(everything(tail)) == 10
    bring(store, 2, 11)
    (gap,) = everything(tail)
    assert (gap.what, gap.event) == ("gap", None)
    assert "11 events" in gap.words
    assert "10" in gap.words
    last = bring(store, 3, 2)
    assert ids(everything(tail)) == last["event_id"]
    assert ids(everything(live.follow("", gap.place, 10))) == last["event_id"]


def test_after_a_rebuild_an_old_place_gives_a_gap_and_then_what_comes(store, live):
    tail, place = live.follow("", "", 100), live.place()
    bring(store, 1)
    store.index.rebuild(store.lake)
    for each in (tail, live.follow("", place, 100)):
        (gap,) = everything(each)
        assert gap.what == "gap"
        assert "rebuilt" in gap.words
    second = bring(store, 2)
    assert ids(everything(tail)) == second["event_id"]


def test_a_place_that_lies_ahead_of_the_index_is_a_gap(store, live):
    epoch, _ = read_place(live.place())
    assert [each.what for each in everything(live.follow("", f"{epoch}.99.0.", 100))] == ["gap"]


@pytest.mark.parametrize("place", ["x", "a.b.c.d", "e.-1.0.x", "e.1.1e3.x", f"e.{'9' * 30}.0.x", "e.١.0.x"])
def test_a_place_that_is_none_is_refused(live, place):
    with pytest.raises(UsageError):
        live.follow("", place, 100)


def test_a_query_that_cannot_be_read_is_refused_before_anything_is_told(live):
    with pytest.raises(QueryError):
        live.follow("source:", "", 100)
    with pytest.raises(QueryError):
        next(live.tail("(((", 1))


def test_a_tail_begins_with_the_newest_and_goes_on_with_what_comes(store, live):
    first = bring(store, 1)
    told = live.tail("", 3)
    begun = [next(told) for _ in range(3)]
    assert [(each["what"], each["event"]["event_id"]) for each in begun] == [
        ("stored", each) for each in first["event_id"][7:]
    ]
    second = bring(store, 2, 2)
    assert [next(told)["event"]["event_id"] for _ in range(2)] == second["event_id"]


def test_only_an_event_that_was_told_is_said_to_match_no_more(store, live):
    events = bring(store, 1, 4)
    correct(store, events, [0], "AgentOps")
    store.follow()
    told = live.tail("source:AgentOps", 3)
    assert next(told)["event"]["event_id"] == events["event_id"][0]
    correct(store, events, [1, 2], "IaC")
    store.follow()
    correct(store, events, [0], "IaC")
    store.follow()
    said = next(told)
    assert (said["what"], said["event"]) == ("unmatched", {"event_id": events["event_id"][0]})
