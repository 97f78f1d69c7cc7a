"""Denials by cause: whom they stopped, how they went over time, and which causes are new."""

from __future__ import annotations

from typing import Any

from remit.flows.questions.denials import SPARKS, denials
from remit.flows.questions.search import search

from .conftest import NOW, MakeIndex, describe, event


def refused(event_id: str, hours_ago: float, action: str = "ec2:RunInstances", **columns: Any) -> dict[str, Any]:
    said = {"denied": True, "outcome": "denied", "deny_policy_type": "scp", "deny_action": action, "deny_rule": "r"}
    return event(event_id, hours_ago, **(said | columns))


def person(event_id: str, hours_ago: float, **columns: Any) -> dict[str, Any]:
    return refused(event_id, hours_ago, actor_kind="person", agent=None, actor_name="ana", **columns)


def test_a_causes_kinds_of_actors_add_up_and_each_link_finds_its_own(make_index: MakeIndex) -> None:
    index = make_index(
        [
            refused("a", 1),
            refused("b", 2),
            person("c", 3),
            refused("d", 4, actor_kind=None, agent=None, actor_name=None),
        ]
    )
    group = denials(index, "since:7d", now_us=NOW)["groups"][0]
    assert [(each["kind"], each["names"], each["count"]) for each in group["kinds"]] == [
        ("agent", ["Codex"], 2),
        ("person", ["ana"], 1),
        ("unknown", [], 1),
    ]
    assert sum(each["count"] for each in group["kinds"]) == group["count"]
    for each in group["kinds"]:
        assert search(index, describe, each["query"], now_us=NOW)["acts"] == each["count"]


def test_a_cause_nobody_met_before_the_range_is_new_and_needs_history_to_be(make_index: MakeIndex) -> None:
    index = make_index([refused("a", 100), refused("b", 2), refused("c", 1, "s3:PutObject"), event("d", 200)])
    found = denials(index, "since:24h", now_us=NOW)
    assert {group["action"]: group["new"] for group in found["groups"]} == {
        "ec2:RunInstances": False,
        "s3:PutObject": True,
    }
    assert found["new"] == 1
    for range_ in ("since:8d", "since:10d", ""):
        short = denials(index, range_, now_us=NOW)
        assert [group["new"] for group in short["groups"]] == [None, None]
        assert short["history_from"] is None


def test_a_causes_trend_adds_up_to_its_count(make_index: MakeIndex) -> None:
    index = make_index([refused(f"{n:024x}", n / 3 + 0.1) for n in range(40)] + [refused("x", 3, "s3:PutObject")])
    for query in ("since:24h", "since:7d", "", "since:7d until:1h"):
        for group in denials(index, query, now_us=NOW)["groups"]:
            assert len(group["spark"]) == SPARKS
            assert sum(group["spark"]) == group["count"]


def test_nothing_denied_has_no_trend_and_says_what_was_looked_at(make_index: MakeIndex) -> None:
    found = denials(make_index([event("a")]), "since:24h", now_us=NOW)
    assert (found["groups"], found["new"]) == ([], 0)
    assert "Nothing was denied in 1 record" in found["note"]
    assert denials(make_index([]), "", now_us=NOW)["spark_seconds"] == 0.0


def test_kinds_of_actors_add_up_however_many_actors_one_cause_stopped(make_index: MakeIndex) -> None:
    named = {"actor_kind": "person", "agent": None}
    actors = [refused(f"{n:024x}", 1, actor_name=f"user {n}", **named) for n in range(5200)]
    found = denials(make_index([*actors, refused("z", 2)]), "since:7d", now_us=NOW)["groups"][0]
    assert {each["kind"]: each["count"] for each in found["kinds"]} == {"person": 5200, "agent": 1}


def test_a_trend_adds_up_over_more_hours_than_any_list_has_room_for(make_index: MakeIndex) -> None:
    rows = [refused(f"{n:024x}", n + 0.5) for n in range(5200)]
    group = denials(make_index(rows), "", now_us=NOW)["groups"][0]
    assert sum(group["spark"]) == group["count"] == 5200
