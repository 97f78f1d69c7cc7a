"""Facets together say what each says alone, and each leaves out what the query says of itself."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.event_table import rows_table

from remit.adapters.store.index.reader import IndexReader
from remit.flows.questions.facets import facets
from remit.flows.questions.overview import facet
from remit.flows.questions.search import search
from remit.model.columns import FACETS
from remit.model.errors import QueryError, UsageError
from remit.rooms.query import render, term
from remit.rooms.query.less import without_column
from remit.rooms.query.parse import parse

from .conftest import NOW, Engine, MakeIndex, describe, event

NAMES = [column.name for column in FACETS]
QUERIES = (
    "",
    "since:24h",
    "service:s3,rds since:7d",
    "-service:s3 source:AgentOps",
    "(service:s3 OR service:rds) denied:true",
    "service:s3 OR region:eu-west-1",
    "type:s3:bucket -who:agent",
    "-environment:* orders",
)


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Events that share values, lack some, and touch several resources of one type."""
    chance = random.Random(seed)
    types = ["s3:bucket", "rds:db", "", "kms:key"]
    return [
        event(
            f"e{at:04d}",
            hours_ago=chance.randrange(400),
            service=chance.choice(["s3", "rds", "ec2", None]),
            region=chance.choice(["eu-west-1", "us-east-1"]),
            source=chance.choice(["AgentOps", "IaC", None]),
            actor_kind=chance.choice(["agent", "person"]),
            actor_name=f"orders-{chance.randrange(30)}",
            environment=chance.choice([None, None, "production"]),
            resource_types=[chance.choice(types) for _ in range(chance.randrange(4))],
            denied=chance.choice([True, False, None]),
            counted=chance.choice([True, True, None, False]),
        )
        for at in range(count)
    ]


@pytest.fixture(scope="module")
def index() -> Any:
    with rows_table(rows(300, 1)) as connection:
        yield IndexReader(Engine(connection))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_all_facets_at_once_are_each_facet_alone_over_the_query_less_its_own_column(
    index: IndexReader, query: str, limit: int
) -> None:
    alone = [facet(index, render(without_column(parse(query), name)), name, now_us=NOW, limit=limit) for name in NAMES]
    assert facets(index, query, now_us=NOW, limit=limit) == {"facets": alone}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60), st.sampled_from(NAMES))
def test_a_facet_is_what_counting_the_rows_by_hand_gives(seed: int, count: int, name: str) -> None:
    events = rows(count, seed)
    acts = [each for each in events if each["counted"] is not False]
    listed: Counter[Any] = Counter()
    for each in acts:
        value = each[name]
        listed.update(set(value) - {""} if isinstance(value, list) else [value])
    with rows_table(events) as connection:
        found = facets(IndexReader(Engine(connection)), "", [name], now_us=NOW, limit=200)["facets"][0]["values"]
    assert {each["value"]: each["count"] for each in found} == dict(listed)
    assert [each["count"] for each in found] == sorted(listed.values(), reverse=True)


def test_a_value_of_a_facet_finds_as_many_acts_as_it_counts(index: IndexReader) -> None:
    (found,) = facets(index, "since:7d", ["resource_types"], now_us=NOW)["facets"]
    assert found["values"]
    for value in found["values"]:
        assert search(index, describe, f"since:7d {term('type', value['value'])}", now_us=NOW)["acts"] == value["count"]


def test_columns_the_query_says_nothing_of_are_read_together(make_index: MakeIndex) -> None:
    index = make_index(rows(50, 2))
    facets(index, "service:s3 since:7d", ["source", "region", "service", "agent"], now_us=NOW)
    engine = index._engine
    assert isinstance(engine, Engine)
    assert len(engine.statements) == 2


def test_a_facet_that_does_not_exist_and_a_query_that_cannot_be_read_are_refused(index: IndexReader) -> None:
    with pytest.raises(UsageError, match="no facet"):
        facets(index, "", ["source", "access_key"], now_us=NOW)
    with pytest.raises(QueryError):
        facets(index, "souce:x", now_us=NOW)


def test_a_facet_of_a_million_values_gives_the_commonest_and_stays_within_its_memory() -> None:
    with rows_table([]) as connection:
        connection.execute("SET memory_limit = '200MB'")
        connection.execute(
            "INSERT INTO events (event_id, time, actor_name, counted) "
            "SELECT 'e' || i, make_timestamp(i), 'someone called ' || (i % 999_999), true FROM range(1_000_000) AS r(i)"
        )
        found = facets(IndexReader(Engine(connection)), "", ["actor_name", "source"], now_us=NOW, limit=5)["facets"]
    assert found[0]["values"][0] == {"value": "someone called 0", "count": 2, "denied": 0}
    assert (len(found[0]["values"]), found[0]["more"]) == (5, True)
    assert found[1]["values"] == [{"value": None, "count": 1_000_000, "denied": 0}]


def test_values_of_every_facet_can_be_searched(make_index: MakeIndex) -> None:
    index = make_index([event("a", 1), event("b", 2, denied=True, outcome="denied")])
    for column in FACETS:
        facet(index, "", column.name, now_us=NOW, find="tr")
    assert [each["value"] for each in facet(index, "", "denied", now_us=NOW, find="TR")["values"]] == [True]
