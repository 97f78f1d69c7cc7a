"""What is kept beside the events to answer faster says exactly what the events say, whatever happened on the way."""

from __future__ import annotations

import random
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.adapters.store.index.hourly import HOUR
from remit.adapters.store.index.index import Index
from remit.adapters.store.index.narrowed import QuickReader, reader_of
from remit.adapters.store.index.reader import IndexReader
from remit.adapters.store.store import Store
from remit.model.columns import FACETS
from remit.rooms.query.predicate import (
    And,
    Equals,
    Glob,
    Not,
    Or,
    Predicate,
    Range,
    both,
    either,
)

from .rows import OCTOBER, correct, event_columns, put

ACTS = Not(Equals("counted", False))
NAMES = [column.name for column in FACETS]
LINE = ("event_id", "time", "source", "resource_ids")
STEP = 17 * 60_000_000


def spans(events: int) -> list[Predicate]:
    """Everything, open and closed ranges with broken hours at their ends, and a range within one hour."""
    low, high = OCTOBER + 5 * STEP + 7, OCTOBER + (events - 4) * STEP + 1
    return [
        And(()),
        Range("time", low=low),
        Range("time", high=high),
        Range("time", low, high),
        Range("time", low, low + HOUR // 3),
        Range("time", low - low % HOUR, high - high % HOUR),
        Range("time", high, low),
    ]


def agrees(store: Store, events: int, quick: QuickReader | None = None) -> None:
    """The quick reader, which may have been asked before, and a reader that only scans give the same answers."""
    quick, plain = quick or reader_of(store.index), IndexReader(store.index)
    for span in spans(events):
        assert quick.tally(span) == plain.tally(span)
        acts = both(span, ACTS)
        assert quick.facets(acts, NAMES, 3) == plain.facets(acts, NAMES, 3)
        low = OCTOBER - OCTOBER % HOUR
        assert quick.histogram(span, low, low + 60 * HOUR, 20) == plain.histogram(span, low, low + 60 * HOUR, 20)
        assert quick.histogram(span, low + 1, low + 60 * HOUR, 7) == plain.histogram(span, low + 1, low + 60 * HOUR, 7)
        for limit in (7, 1000):
            assert quick.search(span, LINE, limit) == plain.search(span, LINE, limit)


steps = st.lists(
    st.sampled_from(["put", "correct", "follow", "reopen", "rebuild", "correct first"]), min_size=1, max_size=7
)


@settings(max_examples=6, deadline=None)
@given(steps, st.integers(0, 10_000))
def test_counts_per_hour_are_what_a_scan_counts_after_any_history(history: list[str], seed: int) -> None:
    chance = random.Random(seed)
    lots = [event_columns(40, seed * 10 + lot, OCTOBER + lot * STEP // 3, STEP) for lot in range(len(history) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder), "test")
        try:
            quick = reader_of(store.index)
            put(store, lots[-1])
            for at, step in enumerate(history):
                if step in ("put", "correct first"):
                    rows = range(0, 40, chance.randrange(1, 9))
                    if step == "correct first":
                        correct(store, lots[at], rows, f"early {seed % 3}")
                        store.follow()
                    put(store, lots[at])
                elif step == "correct":
                    correct(store, lots[-1], range(0, 40, chance.randrange(1, 9)), f"says {chance.randrange(3)}")
                elif step == "follow":
                    store.follow()
                elif step == "rebuild":
                    store.follow()
                    store.index.rebuild(store.lake)
                else:
                    store.close()
                    store = Store.open(Path(folder), "test")
                    quick = reader_of(store.index)
                assert quick.tally(And(())) == IndexReader(store.index).tally(And(()))
            store.follow()
            agrees(store, 40, quick)
        finally:
            store.close()


def named(value: str) -> Predicate:
    return either(Equals(column, value, True) for column in ("resource_ids", "resource_arns"))


def questions() -> list[Predicate]:
    """Exact names in every place a query can put them."""
    one, other = Equals("resource_ids", "RESOURCE_IDS-1", True), Equals("resource_arns", "resource_arns-2", True)
    return [
        one,
        Equals("resource_ids", "RESOURCE_IDS-1"),
        Equals("resource_ids", "resource_ids-1"),
        Equals("resource_ids", "ü\x00'\"", True),
        Equals("resource_ids", "resource_arns-1", True),
        Equals("link_offers", "key:ASIA1"),
        Equals("link_offers", "KEY:asia1"),
        Equals("link_offers", "key:asia1", True),
        named("resource_ids-0"),
        named("nobody"),
        Not(one),
        Or((one, Equals("source", "source-1"))),
        And((named("resource_ids-2"), other)),
        And((one, Not(other), ACTS)),
        Glob("resource_ids", ("resource_ids-", ""), True),
    ]


@pytest.fixture
def filled(store: Store) -> tuple[Store, dict[str, list[Any]]]:
    events = event_columns(60, step=STEP)
    events["link_offers"] = [["key:ASIA1", f"request:{row}"] if row % 7 == 0 else [] for row in range(60)]
    put(store, events)
    store.follow()
    return store, events


def test_a_look_up_by_name_finds_what_a_scan_finds(filled: tuple[Store, dict[str, list[Any]]]) -> None:
    store, events = filled
    quick, plain = reader_of(store.index), IndexReader(store.index)
    ids, provider_ids = events["event_id"], [each for each in events["provider_id"] if each]
    by_id = [
        Equals("event_id", ids[3]),
        Equals("event_id", ids[3].upper()),
        Equals("provider_id", provider_ids[0]),
        Not(Equals("event_id", ids[3])),
        either(Equals("event_id", each) for each in [*ids[:5], "nobody"]),
        either([Equals("event_id", ids[0]), Equals("provider_id", provider_ids[0])]),
        Glob("event_id", (ids[7][:6], "")),
    ]
    found = 0
    for predicate in (*questions(), *by_id):
        rows = plain.search(predicate, LINE, 100)
        assert quick.search(predicate, LINE, 100) == rows
        assert quick.tally(predicate) == plain.tally(predicate)
        found += bool(rows)
    assert found > 15


def test_a_look_up_by_name_reads_no_list(filled: tuple[Store, dict[str, list[Any]]]) -> None:
    store, _ = filled
    asked: list[str] = []

    class Listening:
        def execute(self, sql: str, params: Any) -> Any:
            asked.append(sql)
            return store.index.execute(sql, params)

    IndexReader(Listening(), dialect=reader_of(store.index)._sql).tally(named("resource_ids-0"))
    assert "list" not in asked[0]


def test_answers_are_asked_once_until_events_come_change_or_go(store: Store, monkeypatch: Any) -> None:
    events = event_columns(30, step=STEP)
    put(store, events)
    store.follow()
    quick = reader_of(store.index)
    asked: list[str] = []
    execute = store.index.execute
    monkeypatch.setattr(store.index, "execute", lambda sql, *rest, **named: asked.append(sql) or execute(sql, *rest))

    def questions() -> int:
        asked.clear()
        agrees(store, 30, quick)
        quick.groups(And(()), ("source",), 5)[0].clear()  # what is given belongs to whoever asked
        return len(asked)

    first, again = questions(), questions()
    assert again < first
    correct(store, events, range(0, 30, 4), "corrected")
    store.follow()
    assert questions() > again
    store.index.withdraw(store.lake, events["event_id"][::3], None)
    assert questions() > again
    assert quick.tally(And(()))["records"] == 20


def test_what_was_removed_is_in_no_remembered_answer_before_anybody_asks_again(store: Store) -> None:
    events = event_columns(30, step=STEP)
    put(store, events)
    store.follow()
    quick = reader_of(store.index)
    for forget in (
        lambda: store.index.withdraw(store.lake, events["event_id"][:5], None),
        lambda: store.index.rebuild(store.lake),
    ):
        quick.search(And(()), ("event_id", "principal"), 9)
        (memory,) = store.index.memories
        assert memory._answers
        began, going_on = threading.Event(), threading.Event()

        def ask(began: threading.Event = began, going_on: threading.Event = going_on) -> list[dict[str, Any]]:
            began.set()
            going_on.wait(60)
            return [{"n": 1}]

        late = threading.Thread(target=memory.rows, args=("late", ask))
        late.start()
        assert began.wait(60)
        forget()
        going_on.set()
        late.join()
        assert not memory._answers


def test_rows_of_one_hour_and_value_are_merged_before_they_are_many(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("remit.adapters.store.index.hours._SLACK", 30)
    for lot in range(8):
        put(store, event_columns(5, lot))
        store.follow()
    values = "SELECT hour, facet, value FROM hour_values"
    kept = store.index.execute(f"SELECT count(*) AS n FROM ({values})")["n"][0].as_py()
    distinct = store.index.execute(f"SELECT count(*) AS n FROM (SELECT DISTINCT * FROM ({values}))")["n"][0].as_py()
    assert kept <= 2 * distinct + 30
    agrees(store, 40)


def test_an_index_without_these_tables_is_rebuilt(tmp_path: Path) -> None:
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(20, step=STEP))
    index = Index.open(tmp_path / "index.duckdb")
    with index._duck.transaction() as cursor:
        cursor.execute("UPDATE stamp SET text = replace(text, '3;', '2;')")
        cursor.execute("DROP TABLE hours")
    index.close()
    told: list[str] = []
    with Store.open(tmp_path, "test", told.append) as store:
        agrees(store, 20)
    assert any("rebuilt" in each for each in told)


@pytest.mark.parametrize("before", [None, OCTOBER + 20 * STEP])
def test_what_is_withdrawn_is_counted_and_named_no_more(store: Store, before: int | None) -> None:
    events = event_columns(60, step=STEP)
    put(store, events)
    correct(store, events, range(0, 60, 4), "nobody else")
    store.follow()
    store.index.withdraw(store.lake, events["event_id"][40:50], before)
    agrees(store, 60)
    left = {row["event_id"] for row in IndexReader(store.index).search(And(()), ("event_id",), 100)}
    assert len(left) == (50 if before is None else 30)
    assert store.index.execute("SELECT count(*) AS n FROM names WHERE place NOT IN (SELECT place FROM events)")[
        "n"
    ].to_pylist() == [0]
