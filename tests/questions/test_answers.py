"""Agents, denials, doctor, proposals and findings: what they count, and what they say when there is nothing."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from remit.flows.questions.agent import agent
from remit.flows.questions.agents import agents
from remit.flows.questions.denials import denials
from remit.flows.questions.doctor import doctor
from remit.flows.questions.findings import findings
from remit.flows.questions.identities import suggest_identities
from remit.flows.questions.population import CHANGES, CHANGES_TEXT, UNMARKED, UNMARKED_TEXT
from remit.flows.questions.search import search
from remit.flows.questions.window import Window, plural, read_window
from remit.model.errors import NotFound, UsageError
from remit.rooms.query import read_query
from remit.rooms.query.matches import matches

from .conftest import DAY, HOUR, NOW, MakeIndex, describe, event, unknown

WEEK = Window(NOW - 7 * DAY, NOW)
DAY_WINDOW = Window(NOW - DAY, NOW)
DELETED = {"action_kind": "delete", "operation": "DeleteDBInstance", "service": "rds", "resource_ids": ["orders-db"]}
DENY = {
    "denied": True,
    "outcome": "denied",
    "deny_policy_type": "scp",
    "deny_action": "ec2:RunInstances",
    "deny_rule": "aws.scp.explicit",
}


def count_of(index: Any, query: str) -> int:
    total = search(index, describe, query, now_us=NOW)["acts"]
    assert isinstance(total, int)
    return total


def test_the_texts_of_populations_mean_the_populations() -> None:
    rows = [
        event("a"),
        event("b", outcome="failure"),
        event("c", counted=False),
        event("d", action_kind="read"),
        unknown("e"),
        event("f", outcome=None, counted=None),
        event("g", confidence=0.5),
        event("h", actor_kind=None),
    ]
    for predicate, text in ((CHANGES, CHANGES_TEXT), (UNMARKED, UNMARKED_TEXT)):
        assert [matches(predicate, row) for row in rows] == [matches(read_query(text, NOW), row) for row in rows]


def test_the_table_of_agents_counts_changes_and_denials_of_acts(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("a", resource_ids=["x", "y"]),
            event("b", resource_ids=["x"], region="us-east-1", governed="pipeline"),
            event("c", counted=False),
            event("d", **DENY),
            event("e", action_kind="read"),
            event("f", agent="Claude Code", evidence=["aws.ua.codex", "aws.key.joined=ASIA"], confidence=0.92),
            event("g", hours_ago=24 * 30),
            unknown("h"),
        ]
    )
    answer = agents(index, WEEK)
    codex, claude = answer["agents"]
    assert {name: codex[name] for name in ("agent", "acts", "changes", "denials", "resources", "regions")} == {
        "agent": "Codex",
        "acts": 4,
        "changes": 2,
        "denials": 1,
        "resources": 2,
        "regions": 2,
    }
    assert codex["governed_share"] == 0.5
    assert claude["strengths"] == {"joined": 1}
    assert count_of(index, codex["query"]) == codex["acts"]
    assert answer["none"] is False
    assert json.dumps(answer)


def test_an_agents_evidence_is_what_its_naming_rests_on_not_what_else_the_record_proves(make_index: MakeIndex) -> None:
    commit = event("a", agent="Claude Code", evidence=["git.commit", "aws.ua.codex"], confidence=0.8)
    index = make_index([commit, event("b", agent="Claude Code", confidence=0.97), event("c", confidence=0.5)])
    strengths = {row["agent"]: row["strengths"] for row in agents(index, WEEK)["agents"]}
    assert strengths == {"Claude Code": {"stamped": 1, "declared": 1}, "Codex": {"named": 1}}


def test_principals_that_are_not_named_are_told_in_words(make_index: MakeIndex) -> None:
    assert "records that name no principal (1)" in agents(make_index([unknown("a", principal=None)]), WEEK)["sentence"]


def test_a_search_gives_as_many_events_as_it_is_asked_for(make_index: MakeIndex) -> None:
    index = make_index([event(f"{number:05}", hours_ago=number / 100) for number in range(1203)])
    answer = search(index, describe, "", now_us=NOW, limit=1100)
    assert len({item["event_id"] for item in answer["items"]}) == 1100
    rest = search(index, describe, "", now_us=NOW, limit=5000, cursor=answer["next"])
    assert (len(rest["items"]), rest["next"]) == (103, None)


def test_no_agents_says_how_many_changes_carry_no_marker_and_what_would_settle_them(make_index: MakeIndex) -> None:
    index = make_index(
        [
            unknown("a"),
            unknown("b"),
            unknown("c", principal="arn:x"),
            event("d", actor_kind="person", agent=None, actor_name="ana"),
        ]
    )
    answer = agents(index, WEEK)
    assert (answer["none"], answer["unmarked_changes"], answer["changes"]) == (True, 3, 4)
    assert [(each["principal"], each["changes"]) for each in answer["top_principals"]] == [
        ("arn:aws:iam::111111111111:user/bob", 2),
        ("arn:x", 1),
    ]
    assert any("AWS_SDK_UA_APP_ID" in sentence and "(3 changes" in sentence for sentence in answer["settle"])
    assert "3 of 4 changes carry no marker" in answer["sentence"]
    assert count_of(index, answer["unmarked_query"]) == 3


def test_an_empty_window_of_agents_says_so(make_index: MakeIndex) -> None:
    answer = agents(make_index([]), WEEK)
    assert answer["none"]
    assert answer["sentence"].startswith("No changes are recorded in this window. The store holds no events yet.")


def test_one_agents_blast_radius_counts_what_took_effect(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("a", resource_ids=["x"], account="1"),
            event("b", resource_ids=["x", "y"], account="2"),
            event("c", **DELETED),
            event("d", action_kind="permission", operation="PutRolePolicy", service="iam"),
            event("e", **(DELETED | {"outcome": "denied", "denied": True})),
            event("f", counted=False),
            unknown("g"),
            event("h", path="mcp"),
        ]
    )
    answer = agent(index, "codex", DAY_WINDOW)
    assert answer["blast_radius"] == {
        "resources": 3,
        "accounts": 3,
        "regions": 1,
        "destructive": 1,
        "privilege": 1,
        "denials": 1,
    }
    assert answer["changes"] == 5
    assert {row["path"]: row["changes"] for row in answer["paths"]} == {"cli": 4, "mcp": 1}
    assert json.dumps(answer)


def test_the_trend_compares_with_earlier_windows_or_says_history_is_short(make_index: MakeIndex) -> None:
    old = [unknown("start", hours_ago=24 * 5)]
    past = [event(f"p{n}", hours_ago=24 + 12 + 24 * (n // 2)) for n in range(8)]
    answer = agent(make_index([*old, *past, *(event(f"n{n}") for n in range(6))]), "Codex", DAY_WINDOW)
    assert answer["trend"]["baseline"] == [2, 2, 2, 2]
    assert (answer["trend"]["mean"], answer["trend"]["ratio"]) == (2.0, 3.0)
    short = agent(make_index([event("a")]), "Codex", DAY_WINDOW)["trend"]
    assert (short["ratio"], "Too little history" in short["note"]) == (None, True)


def test_first_ever_compares_with_all_earlier_history(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("old", hours_ago=24 * 20),
            event("same", hours_ago=2, time=NOW - 20 * DAY + 19 * DAY + 23 * HOUR),
            event("new", region="sa-east-1", service="iam", operation="CreateUser", time=NOW - 5 * HOUR),
        ]
    )
    found = {(each["dimension"], each["value"]) for each in agent(index, "Codex", DAY_WINDOW)["first_ever"]["found"]}
    assert {("service", "iam"), ("action", "iam:CreateUser"), ("region", "sa-east-1")} <= found
    assert not {("service", "ec2"), ("account", "111111111111")} & found
    assert any(dimension == "hour" for dimension, _ in found)
    first = agent(make_index([event("a")]), "Codex", DAY_WINDOW)["first_ever"]
    assert (first["found"], "no records before" in first["note"]) == ([], True)


@pytest.mark.parametrize(("minutes", "places"), [(59, 2), (61, 0)])
def test_the_same_action_elsewhere_within_the_hour_is_shown(make_index: MakeIndex, minutes: int, places: int) -> None:
    index = make_index(
        [
            event("a", hours_ago=5),
            event("b", time=NOW - 5 * HOUR + minutes * 60_000_000, region="us-east-1"),
            event("c", hours_ago=5, operation="StopInstances"),
            event("d", hours_ago=5, operation="StopInstances"),
        ]
    )
    found = agent(index, "Codex", DAY_WINDOW)["elsewhere"]["found"]
    assert [len(each["places"]) for each in found] == ([places] if places else [])


def test_an_unknown_agent_is_answered_with_the_known_ones(make_index: MakeIndex) -> None:
    with pytest.raises(NotFound, match="Codex"):
        agent(make_index([event("a")]), "Codec", DAY_WINDOW)


def test_denials_are_grouped_by_cause_with_whom_they_stopped(make_index: MakeIndex) -> None:
    index = make_index(
        [
            *(event(f"d{n}", hours_ago=n, principal=f"p{n % 4}", **DENY) for n in range(8)),
            event("i", **(DENY | {"deny_policy_type": "identity", "deny_policy_arn": "arn:p"})),
            event("dup", counted=False, **DENY),
            event("ok"),
        ]
    )
    answer = denials(index, "provider:aws OR provider:gcp", now_us=NOW)
    first = answer["groups"][0]
    assert (answer["total"], len(answer["groups"]), first["count"], first["sample"]) == (9, 2, 8, "d0")
    assert (first["distinct_principals"], len(first["principals"]), first["principals"][0]["count"]) == (4, 3, 2)
    for group in answer["groups"]:
        assert count_of(index, group["query"]) == group["count"]
    assert "Nothing was denied in 1 record" in denials(make_index([event("a")]), "", now_us=NOW)["note"]


class Figures:
    def __init__(self, **versions: Any) -> None:
        self._versions = versions

    def quarantine(self) -> list[dict[str, Any]]:
        return [{"reason": "not-json", "feed": "trail", "count": 3, "sample": "a.json.gz#7: No object."}]

    def versions(self) -> dict[str, Any]:
        return self._versions


def test_doctor_names_what_is_stale_unread_behind_and_unmarked(make_index: MakeIndex) -> None:
    index = make_index([event("a", hours_ago=50), event("b", hours_ago=24 * 4), unknown("c", hours_ago=50)])
    checks = {each["check"]: each for each in doctor(index, Figures(lake=7, index=5, rules="r2"), now_us=NOW)}
    assert {
        name: checks[name]["status"]
        for name in ("events", "markers", "feed trail", "gaps trail", "quarantine not-json", "index", "rules", "keeper")
    } == {
        "events": "ok",
        "markers": "warn",
        "feed trail": "warn",
        "gaps trail": "warn",
        "quarantine not-json": "warn",
        "index": "warn",
        "rules": "warn",
        "keeper": "ok",
    }
    assert "33%" in checks["markers"]["finding"]
    assert all(each["do"] for each in checks.values() if each["status"] in ("warn", "bad"))


def test_what_doctor_finds_ends_in_one_full_stop(make_index: MakeIndex) -> None:
    findings = [each["finding"] for each in doctor(make_index([event("a")]), Figures(lake=7, index=5), now_us=NOW)]
    assert [finding for finding in findings if not finding.endswith(".") or finding.endswith("..")] == []


def test_doctor_names_the_keeper_in_words(make_index: MakeIndex) -> None:
    keeper = {"pid": 4711, "role": "server", "started": "2026-11-20T12:00:00+00:00", "control": ""}
    checks = doctor(make_index([event("a")]), Figures(lake=7, index=7, rules="r1", keeper=keeper), now_us=NOW)
    said = next(each["finding"] for each in checks if each["check"] == "keeper")
    assert said == "The data folder is kept by a server, process 4711, since 2026-11-20T12:00:00Z."


def test_doctor_of_a_healthy_store_and_of_an_empty_one(make_index: MakeIndex) -> None:
    well = doctor(make_index([event("a")]), Figures(lake=7, index=7, rules="r1"), now_us=NOW)
    assert {each["status"] for each in well if not each["check"].startswith("quarantine")} == {"ok"}
    empty = doctor(make_index([]), Figures(), now_us=NOW)
    assert (empty[0]["check"], empty[0]["status"]) == ("events", "bad")
    assert any(each["status"] == "unknown" for each in empty)


def test_proposals_are_entries_for_the_busiest_unmapped_principals(make_index: MakeIndex) -> None:
    role = {"issuer": 'arn:aws:iam::1:role/ci"x', "principal_type": "AssumedRole"}
    index = make_index([unknown("a"), *(unknown(f"r{n}", principal=f"s{n}", **role) for n in range(3)), event("e")])
    answer = suggest_identities(index, WEEK)
    first, second = answer["proposals"]
    assert (first["column"], first["changes"], second["kind"], second["name"]) == ("issuer", 3, "choose", "bob")
    assert tomllib.loads(first["toml"]) == {"workload": [{"name": 'ci"x', "match": ['arn:aws:iam::1:role/ci"x']}]}
    assert "3 session names" in first["reason"]
    assert suggest_identities(make_index([event("e")]), WEEK)["proposals"] == []


INCIDENT = [
    event("old", hours_ago=24 * 20),
    unknown("u1"),
    unknown("u2"),
    event("bad", hours_ago=2, environment="production", **DELETED),
    unknown("perm", action_kind="permission", service="iam", operation="AttachRolePolicy"),
    *(event(f"d{n}", **DENY) for n in range(5)),
]


def test_findings_put_the_gravest_first_and_their_queries_show_them(make_index: MakeIndex) -> None:
    index = make_index(INCIDENT)
    found = findings(index, since=NOW - DAY)
    assert [each["kind"] for each in found] == [
        "agent-deleted-in-production",
        "permissions-by-unknown",
        "agent-first-ever",
    ]
    assert "Codex deleted orders-db (rds:DeleteDBInstance) in production account 111111111111" in found[0]["sentence"]
    everything = findings(index, since=NOW - DAY, limit=10)
    for each in everything:
        assert count_of(index, each["query"]) == each["count"], each
    assert {each["kind"] for each in everything} >= {"largest-denial", "unmarked-changes"}


def test_findings_are_deterministic_and_may_be_of_given_events(make_index: MakeIndex) -> None:
    index, backwards = make_index(INCIDENT), make_index(INCIDENT[::-1])
    assert findings(index, since=0, limit=10) == findings(backwards, since=0, limit=10)
    assert [each["kind"] for each in findings(index, event_ids=["u1", "u2"])] == ["unmarked-changes"]
    assert findings(index, event_ids=["zzz"]) == []
    assert findings(make_index([]), since=0) == []


def test_a_window_is_read_as_a_person_writes_it() -> None:
    assert read_window("7d", NOW) == WEEK
    assert read_window("2026-10-01..2026-10-02", NOW).length == 2 * DAY
    for text in ("", "soon", "2026-10-02..2026-10-01", "now"):
        with pytest.raises(UsageError):
            read_window(text, NOW)
    assert [plural(1, "change"), plural(2000, "change"), plural(2, "proxy")] == [
        "1 change",
        "2,000 changes",
        "2 proxies",
    ]


def test_a_denial_no_policy_is_named_for_is_said_so(make_index: MakeIndex) -> None:
    rows = [event("a", denied=True, outcome="denied", deny_policy_type="unknown")]
    [found] = findings(make_index(rows), since=0)
    assert found["sentence"] == (
        "1 denial of an unnamed permission by a policy the records do not name, for 1 principal."
    )
