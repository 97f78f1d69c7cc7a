"""Every neighbouring question is a URL that asks exactly that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.faces.console.asking import Ask
from remit.rooms.query import canonical, read_query
from remit.rooms.query.predicate import time_bounds

NOW = 1_793_500_000_000_000
DAY = 86_400_000_000
QUERIES = (
    "",
    "service:s3",
    "source:AgentOps,IaC -agent:*",
    "a OR b",
    "since:7d x",
    "who:agent until:2026-10-01",
    '-(source:VCS,IaC) "quoted text"',
)
VALUES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (Ask(), "since:24h"),
        (Ask("service:s3"), "service:s3 since:24h"),
        (Ask("a OR b"), "(a OR b) since:24h"),
        (Ask("x", since="all"), "x"),
        (Ask(since="all"), ""),
        (Ask("since:7d x"), "since:7d x"),
        (Ask("x", since="2026-10-01", until="2026-10-31"), "x since:2026-10-01 until:2026-10-31"),
        (Ask("x", until="2026-10-31"), "x until:2026-10-31"),
        (Ask("(a OR since:1h)", since="7d"), "(a OR since:1h)"),
        (Ask(since="24h) OR (x"), 'since:"24h) OR (x"'),
    ],
)
def test_query_and_range_make_one_query(ask: Ask, text: str) -> None:
    assert ask.text == text


@pytest.mark.parametrize("query", QUERIES)
def test_another_range_replaces_the_one_in_the_query(query: str) -> None:
    low, high = time_bounds(read_query(Ask(query).within("30d").text, NOW))
    assert (low, high) == (NOW - 30 * DAY, None)


@pytest.mark.parametrize("query", QUERIES)
@given(value=st.one_of(VALUES, st.none(), st.booleans()))
def test_a_value_is_included_excluded_and_let_go_again(query: str, value: object) -> None:
    ask = Ask(query)
    only, without = ask.only("actor_name", value), ask.excluding("actor_name", value)
    assert only.standing("actor_name", value) == "included"
    assert without.standing("actor_name", value) == "excluded"
    assert canonical(only.dropping("actor_name", value).q) == canonical(ask.without("actor_name").q)
    assert canonical(without.dropping("actor_name", value).q) == canonical(ask.without("actor_name").q)
    assert only.excluding("actor_name", value).standing("actor_name", value) == "excluded"


def test_a_list_of_values_can_be_taken_apart() -> None:
    ask = Ask("source:AgentOps,IaC x")
    assert ask.standing("source", "IaC") == "included"
    assert ask.dropping("source", "IaC").q == "source:AgentOps x"
    assert Ask("-source:VCS,IaC").dropping("source", "VCS").q == "-source:IaC"


def test_any_of_a_columns_words_is_recognized() -> None:
    assert Ask("env:Production").standing("environment", "production") == "included"
    assert Ask("actor_kind:agent").only("actor_kind", "person").q == "actor_kind:person"


def test_a_change_of_the_question_drops_the_place_in_the_list() -> None:
    ask = Ask("x", since="7d", cursor="abc")
    assert "cursor" not in ask.only("source", "IaC").url()
    assert "cursor" not in ask.within("30d").url()
    assert "cursor=next" in ask.url(cursor="next")
