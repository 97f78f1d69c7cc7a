"""A reader narrowed to few events answers whatever is asked of it exactly as a reader that scans them all."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from remit.adapters.store.index import narrowed as module
from remit.adapters.store.index.narrowed import NarrowedReader, reader_of
from remit.adapters.store.index.reader import IndexReader
from remit.adapters.store.store import Store
from remit.flows.questions.population import ACTS, CHANGES, DENIALS
from remit.flows.questions.show import LINE, show
from remit.flows.questions.who import around, who
from remit.rooms.query.asked import DATED, Grouping, Order, Stretches
from remit.rooms.query.predicate import And, Contains, Equals, Not, Or, Predicate, Present, Range, both, either

from .rows import OCTOBER, event_columns, put

COUNT = 240
STEP = 17 * 60_000_000
HELD = ("action_kind", "outcome", "path", "actor_name", "principal", "source")
NAMED = both(ACTS, either(Equals(column, "orders", True) for column in ("resource_ids", "resource_arns")))
AGENT = both(ACTS, Equals("agent", "agent-1"))


def estate() -> dict[str, list[Any]]:
    """Events of every kind and outcome; one in three names ``orders``, now and then with an ARN of two accounts."""
    chance = random.Random(7)
    events = event_columns(COUNT, step=STEP)
    drawn = {
        "action_kind": ["create", "update", "delete", "permission", "read", None],
        "outcome": ["success", "success", "failure", "denied", None],
        "provider": ["aws", "aws", "github", "azure"],
        "account": ["1", "2"],
    }
    for name, values in drawn.items():
        events[name] = [chance.choice(values) for _ in range(COUNT)]
    events["denied"] = [outcome == "denied" for outcome in events["outcome"]]
    events["counted"] = [chance.choice([True, True, False, None]) for _ in range(COUNT)]
    events["resource_ids"] = [["Orders"] if row % 3 == 0 else [f"other-{row % 5}", ""] for row in range(COUNT)]
    arns = [[], ["arn:aws:rds:eu-west-1:1:db:orders"], ["arn:aws:rds:eu-west-1:2:db:orders"]]
    events["resource_arns"] = [chance.choice(arns) for _ in range(COUNT)]
    events["link_offers"] = [[f"key:{events['access_key'][row]}"] if row % 11 == 0 else [] for row in range(COUNT)]
    return events


@pytest.fixture
def filled(store: Store) -> tuple[Store, dict[str, list[Any]]]:
    events = estate()
    put(store, events)
    store.follow()
    return store, events


def asked(records: Predicate) -> list[Predicate]:
    """Questions of these events, and of others."""
    middle = Range("time", OCTOBER + 40 * STEP, OCTOBER + 150 * STEP)
    return [
        records,
        both(CHANGES, records),
        both(records, DENIALS, middle),
        both(records, Or((Equals("path", "path-1"), Not(Present("principal"))))),
        both(records, Equals("region", "region-2"), Not(Contains(("service-1",)))),
        both(records, Present("resource_arns")),
        both(CHANGES, middle),
        Equals("event_id", "nobody"),
    ]


@pytest.mark.parametrize(
    ("records", "held"),
    [(NAMED, HELD), (AGENT, HELD), (AGENT, (*HELD, "account", "region", "resource_ids"))],
    ids=["by name", "by a scan", "with lists"],
)
def test_every_question_has_the_answer_of_a_scan(
    filled: tuple[Store, Any], records: Predicate, held: tuple[str, ...]
) -> None:
    plain, few = IndexReader(filled[0].index), reader_of(filled[0].index).narrowed(records, held)
    assert isinstance(few, NarrowedReader)
    for predicate in asked(records):
        assert few.tally(predicate) == plain.tally(predicate)
        for columns in (("event_id",), LINE):
            newest = plain.search(predicate, ("event_id", "time"), 9)
            after = (newest[4]["time"], newest[4]["event_id"]) if len(newest) > 4 else None
            for oldest_first, place in ((False, None), (True, None), (False, after)):
                order = Order(place, oldest_first)
                assert few.search(predicate, columns, 7, order) == plain.search(predicate, columns, 7, order)
        for by in (("path", "hour"), ("hour_of_day",), ("resource_ids",), ("region", "outcome")):
            assert few.groups(predicate, by, 5) == plain.groups(predicate, by, 5)
        counted = Grouping(("principal", "resource_ids"), OCTOBER + 20 * STEP)
        assert few.groups(predicate, ("path",), 9, counted) == plain.groups(predicate, ("path",), 9, counted)
        for columns in (HELD, ("path", "region", "resource_types")):
            assert few.facets(predicate, columns, 4) == plain.facets(predicate, columns, 4)
            assert few.distinct(predicate, columns) == plain.distinct(predicate, columns)
        conditions = {"denied": DENIALS, "routed": Present("path"), "named": Contains(("orders",))}
        each = {name: plain.tally(both(predicate, asked))["records"] for name, asked in conditions.items()}
        assert few.counts(predicate, conditions) == plain.counts(predicate, conditions) == [each]
        by_path = plain.counts(predicate, conditions, by="path")
        assert sorted(few.counts(predicate, conditions, by="path"), key=str) == sorted(by_path, key=str)
        assert {name: sum(row[name] for row in by_path) for name in each} == each
        dated = few.groups(predicate, ("path",), 9, DATED)
        assert dated == [
            {k: v for k, v in row.items() if k != "sample"} for row in plain.groups(predicate, ("path",), 9)
        ]
        span = (OCTOBER, OCTOBER + 200 * STEP)
        assert few.histogram(predicate, *span, 9) == plain.histogram(predicate, *span, 9)
        over = Stretches(OCTOBER, 50 * STEP, 4)
        reached = plain.reach(predicate, over)
        assert few.reach(predicate, over) == reached
        brief = [{name: row[name] for name in ("start", "count")} for row in reached]
        assert few.reach(predicate, replace(over, brief=True)) == brief


def test_a_narrowed_reader_reads_its_events_once(filled: tuple[Store, Any]) -> None:
    statements: list[str] = []

    class Listening:
        def execute(self, sql: str, params: Any, **tables: Any) -> Any:
            statements.append(sql)
            return filled[0].index.execute(sql, params, **tables)

    few = reader_of(Listening()).narrowed(NAMED, HELD)
    read = len(statements)
    few.tally(both(NAMED, DENIALS))
    few.groups(both(CHANGES, NAMED), ("path",), 5)
    assert few.narrowed(NAMED, HELD) is few
    assert len(statements) > read
    assert not any("FROM events" in sql for sql in statements[read:])


@pytest.mark.parametrize("most", [5, 50_000])
def test_the_life_of_a_thing_is_the_same_however_it_is_found(
    filled: tuple[Store, dict[str, list[Any]]], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    store, events = filled
    monkeypatch.setattr(module, "MOST", most)
    subjects = [
        "orders",
        "OTHER-2",
        "arn:aws:rds:eu-west-1:1:db:orders",
        "arn:aws:rds:eu-west-1:2:cluster:other-3",
        events["event_id"][3],
        events["event_id"][9][:12],
        "agent-1",
        "principal-2",
        "access_key-4",
        "nobody at all",
    ]
    found = 0
    for subject in subjects:
        life = who(IndexReader(store.index), lambda _: None, subject)
        assert who(reader_of(store.index), lambda _: None, subject) == life
        found += life["found"]
    assert found == len(subjects) - 1


def test_rows_that_moved_since_they_were_found_are_found_by_their_ids(
    filled: tuple[Store, dict[str, list[Any]]],
) -> None:
    store, events = filled
    quick = reader_of(store.index)
    ids = events["event_id"]
    wrong = [(row + 1, each) for row, each in enumerate(ids[:20])] + [(10**9, ids[30])]
    found = quick.at(wrong, ("time", "resource_ids"))
    assert found.keys() == {event_id for _, event_id in wrong}
    for row in IndexReader(store.index).search(And(()), ("event_id", "time", "resource_ids"), COUNT):
        if each := found.get(row.pop("event_id")):
            assert each == row
    assert quick.at([(0, "gone")], ("time",)) == {}


class Raw:
    """A lake without raw records."""

    def raw(self, event_id: str, time: int) -> None:
        """Nothing."""


def test_an_event_in_full_is_the_same_however_it_is_found(filled: tuple[Store, dict[str, list[Any]]]) -> None:
    store, events = filled
    for event_id in events["event_id"][:4]:
        plain = show(IndexReader(store.index), Raw(), lambda _: None, event_id)
        assert show(reader_of(store.index), Raw(), lambda _: None, event_id) == plain
        told = around(IndexReader(store.index), event_id)
        assert around(reader_of(store.index), event_id) == told
        whole = who(IndexReader(store.index), lambda _: None, event_id)
        assert told["chain"] == whole["chain"]
        if life := told["life"]:
            said = who(IndexReader(store.index), lambda _: None, life["subject"])["sentence"]
            alone = said.rpartition("ask by full name for one. ")[2]
            assert life["sentence"] == alone.replace(", the newest 50 of which are listed", "")
