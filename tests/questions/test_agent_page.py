"""One agent in full: the roads of its changes, its reach over time, what it made, and what it did in sentences."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.event_table import rows_table

from remit.adapters.store.index.reader import IndexReader
from remit.flows.questions.agent import agent
from remit.flows.questions.agents import agents
from remit.flows.questions.blast import series
from remit.flows.questions.population import CHANGES, of_agent
from remit.flows.questions.roads import ROADS, road_of, roads
from remit.flows.questions.search import search
from remit.flows.questions.window import Window
from remit.model.vocabulary import CHANGE_KINDS, GOVERNED, PATHS
from remit.reference.paid_resources import PAID_CALLS
from remit.rooms.query import read_query
from remit.rooms.query.asked import Stretches
from remit.rooms.query.matches import matches
from remit.rooms.query.predicate import both

from .conftest import DAY, HOUR, NOW, Engine, MakeIndex, describe, event

DAY_WINDOW = Window(NOW - DAY, NOW)
VALUES = st.tuples(st.sampled_from((None, *GOVERNED)), st.sampled_from((None, *PATHS)))


def count_of(index: Any, query: str) -> int:
    total = search(index, describe, query, now_us=NOW)["acts"]
    assert isinstance(total, int)
    return total


@given(values=VALUES)
def test_every_change_is_on_exactly_one_road_and_the_roads_query_agrees(values: tuple[str | None, str | None]) -> None:
    governed, path = values
    row = event("a", governed=governed, path=path)
    taken = [road for road in ROADS if matches(read_query(road.text, NOW), row)]
    assert taken == [road_of(governed, path)]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(VALUES, st.sampled_from(("create", "read", "delete")), st.sampled_from(("success", "failure"))),
        max_size=12,
    )
)
def test_the_roads_counts_add_up_to_the_changes_and_each_links_to_its_own(
    made: list[tuple[tuple[str | None, str | None], str, str]],
) -> None:
    rows = [
        event(f"{place:024x}", governed=governed, path=path, action_kind=kind, outcome=outcome)
        for place, ((governed, path), kind, outcome) in enumerate(made)
    ]
    with rows_table(rows) as connection:
        index = IndexReader(Engine(connection))
        found = roads(index, of_agent("Codex"), "agent:Codex")
        assert sum(road["changes"] for road in found) == index.tally(CHANGES)["acts"]
        assert [road["changes"] for road in found] == [count_of(index, road["query"]) for road in found]
        assert [road["changes"] for road in found] == [sum(road["paths"].values()) for road in found]


def test_a_series_has_every_step_and_its_changes_add_up(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("a", 1, resource_ids=["x", "y"]),
            event("b", 1.2, resource_ids=["x"], action_kind="delete"),
            event("c", 20, region="us-east-1", action_kind="permission"),
            event("d", 30, denied=True, outcome="denied"),
            event("e", 47.9, action_kind="read"),
        ]
    )
    found = series(index, of_agent("Codex"), Window(NOW - 2 * DAY, NOW))
    steps = found["steps"]
    assert (found["step_seconds"], len(steps)) == (3600, 49)
    assert {name: sum(step[name] for step in steps) for name in ("changes", "deletions", "permissions", "denials")} == {
        "changes": 3,
        "deletions": 1,
        "permissions": 1,
        "denials": 1,
    }
    assert max(step["resources"] for step in steps) == 2
    assert [step["covered"] for step in steps] == [True] * 49


@pytest.mark.parametrize(("days", "step_days"), [(1, None), (7, 1), (30, 1), (62, 1), (200, 4)])
def test_a_series_stays_small_whatever_its_window(make_index: MakeIndex, days: int, step_days: int | None) -> None:
    index = make_index([event("a", 1), event("b", days * 24 - 1)])
    found = series(index, of_agent("Codex"), Window(NOW - days * DAY, NOW))
    assert len(found["steps"]) <= 64
    assert sum(step["changes"] for step in found["steps"]) == 2
    assert found["step_seconds"] == (3600 if step_days is None else step_days * 86_400)


def test_steps_before_the_store_begins_are_not_told_as_quiet_ones(make_index: MakeIndex) -> None:
    found = series(make_index([event("a", 1)]), of_agent("Codex"), DAY_WINDOW)
    assert [step["covered"] for step in found["steps"]].count(False) >= 20
    assert "before the store's first event" in found["note"]


def test_growth_is_against_the_mean_of_windows_the_store_covers(make_index: MakeIndex) -> None:
    old = [event(f"p{step}", 24 * step + 12, resource_ids=["x"]) for step in range(1, 4)]
    index = make_index([*old, event("z", 24 * 3.9), event("a", 1, resource_ids=["x", "y", "z"])])
    grown = agent(index, "Codex", DAY_WINDOW)["growth"]
    assert grown["windows"] == 2
    assert grown["measures"]["resources"] == {"now": 3, "mean": 1.0, "ratio": 3.0}
    assert agent(index, "Codex", Window(NOW - 3 * DAY, NOW))["growth"]["measures"]["resources"]["mean"] is None


def test_what_is_paid_for_is_counted_by_kind_class_and_day(make_index: MakeIndex) -> None:
    asked = {"operation": "CreateDBInstance", "service": "rds", "resource_types": ["rds:db", "rds:cluster"]}
    large = {"context": '{"rds:DatabaseClass":["db.r7g.xlarge"]}', "resource_ids": ["a", "b"]}
    index = make_index(
        [
            event("a", 1, **asked, **large),
            event("b", 30, **asked, **large),
            event("c", 2, **asked),
            event("d", 2, **asked, outcome="failure"),
            event("e", 3, resource_types=["ec2:instance"] * 3, resource_ids=["i", "j", "k"]),
            event("f", 3, service="lookalike", resource_types=["ec2:instance"]),
            event(
                "g",
                4,
                provider="gcp",
                service="compute",
                operation="v1.compute.instances.insert",
                markers=["stage=end", "instance_class=e2-medium"],
            ),
        ]
    )
    cost = agent(index, "Codex", Window(NOW - 2 * DAY, NOW))["cost"]
    rds, ec2, gcp = sorted(cost["kinds"], key=lambda kind: -kind["calls"])
    assert (rds["calls"], rds["resources"], rds["unclassed"]) == (3, 3, 1)
    assert rds["classes"] == [{"class": "db.r7g.xlarge", "calls": 2}]
    assert {(kind["noun"], kind["calls"], kind["resources"]) for kind in (ec2, gcp)} == {
        ("EC2 instance", 1, 3),
        ("VM instance", 1, 0),
    }
    assert next(kind for kind in (ec2, gcp) if kind["provider"] == "gcp")["classes"] == [
        {"class": "e2-medium", "calls": 1}
    ]
    assert cost["calls"] == 5 == sum(day["calls"] for day in cost["days"])
    assert [kind["calls"] for kind in cost["kinds"]] == [count_of(index, kind["query"]) for kind in cost["kinds"]]
    assert "No prices are known" in cost["note"]


def test_every_paid_call_of_aws_is_an_action_that_makes_a_type_its_reference_knows() -> None:
    packed = (files("remit.reference.data") / "aws_actions.json.gz").read_bytes()
    services = json.loads(gzip.decompress(packed))["services"]
    ours = [paid for paid in PAID_CALLS.values() if paid.provider == "aws"]
    assert [paid for paid in ours if paid.operation not in services[paid.service]["actions"]] == []
    assert [paid for paid in ours if paid.type.partition(":")[2] not in services[paid.service]["types"]] == []


def test_the_sentences_of_an_agent_count_what_their_links_find(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("a", 1, action_kind="delete", operation="DeleteVolume", resource_ids=["vol-1"], path="mcp"),
            event("b", 2, action_kind="permission", service="iam", operation="AttachRolePolicy"),
            event("c", 3, denied=True, outcome="denied", deny_policy_type="scp", deny_action="ec2:RunInstances"),
            event("d", 4, action_kind="read", operation="DescribeInstances"),
            event("e", 100),
        ]
    )
    found = agent(index, "codex", DAY_WINDOW)
    said = [deed["text"] for deed in found["deeds"]]
    assert found["agent"] == "Codex"
    assert said[0] == "2 changes in 4 acts, on 1 resource in 1 account and 1 region."
    assert "Deleted: 1 deletion (1 × ec2:DeleteVolume of vol-1)." in said
    assert "Changed permissions: 1 change (1 × iam:AttachRolePolicy)." in said
    assert "Denied 1 time: 1 × ec2:RunInstances by service control policy." in said
    assert any(text.startswith("By path: ") and "0 of 2 changes came through" in text for text in said)
    assert "Read 1 time: ec2 1." in said
    linked = {deed["text"]: count_of(index, deed["query"]) for deed in found["deeds"] if deed["query"]}
    assert list(linked.values()) == [2, 1, 1, 1, 1]
    assert json.dumps(found)


@pytest.mark.parametrize("kind", CHANGE_KINDS)
def test_an_agents_figures_agree_with_each_other(make_index: MakeIndex, kind: str) -> None:
    index = make_index([event(f"{n:024x}", n / 2 + 1, action_kind=kind, resource_ids=[f"r{n % 3}"]) for n in range(9)])
    found = agent(index, "Codex", DAY_WINDOW)
    assert found["changes"] == sum(road["changes"] for road in found["roads"]) == 9
    assert found["blast_radius"]["resources"] == found["growth"]["measures"]["resources"]["now"] == 3
    assert sum(each["acts"] for each in found["owners"]) == found["acts"]
    assert sum(each["acts"] for each in found["behalf"]) == found["acts"]
    assert sum(step["changes"] for step in found["series"]["steps"]) == found["changes"]


def test_the_table_tells_each_agents_trend_firsts_and_owner(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("a", 1, owner="Payments"),
            event("b", 2, owner="Payments", operation="StartInstances"),
            event("c", 24 * 10, owner="Data"),
            event("d", 3, agent="New one"),
            event("e", 4, agent=None),
        ]
    )
    week = Window(NOW - 7 * DAY, NOW)
    rows = {row["agent"]: row for row in agents(index, week)["agents"]}
    assert sum(rows["Codex"]["spark"]) == rows["Codex"]["changes"] == 2
    assert rows["Codex"]["owner"] == "Payments"
    assert rows["Codex"]["novelties"] == len(agent(index, "Codex", week)["first_ever"]["found"])
    assert rows["New one"]["novelties"] is None
    assert rows[None]["changes"] == 1
    assert [row["agent"] for row in agents(index, week, "new")["agents"]] == ["New one"]
    assert agents(index, week, "nothing like it")["none"] is False


def test_an_agent_that_only_looked_is_told_as_such(make_index: MakeIndex) -> None:
    found = agent(make_index([event("a", 1, action_kind="read")]), "Codex", DAY_WINDOW)
    assert found["deeds"][0]["text"] == "0 changes in 1 act: it looked, and changed nothing."
    quiet = agent(make_index([event("a", 100)]), "Codex", DAY_WINDOW)
    assert quiet["deeds"] == [{"text": "It did nothing in this window.", "query": None, "grave": False}]


def test_reach_counts_only_what_it_is_asked_for(make_index: MakeIndex) -> None:
    index = make_index([event("a", 1), event("b", 1, agent="Other"), event("c", 3, action_kind="read")])
    rows = index.reach(both(CHANGES), Stretches(NOW - 4 * HOUR, HOUR, 4, by="agent"))
    assert {(row["agent"], row["count"]) for row in rows} == {("Codex", 1), ("Other", 1)}
