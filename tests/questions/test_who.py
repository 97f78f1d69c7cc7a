"""Who made it, who last changed it, and the chain from the ticket to the call as far as records show it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.flows.questions.chain import STEPS
from remit.flows.questions.life import examples
from remit.flows.questions.search import search
from remit.flows.questions.who import MAX_CHANGES, who

from .conftest import NOW, MakeIndex, describe, event, unknown

SHA = "0123456789abcdef0123456789abcdef01234567"
ARN = "arn:aws:rds:eu-west-1:111111111111:db:orders-db"
CALL = {
    "resource_ids": ["orders-db"],
    "resource_arns": [ARN],
    "service": "rds",
    "access_key": "ASIACALL",
    "issuer": "arn:aws:iam::111111111111:role/deploy",
    "role_session": "GitHubActions",
}
VCS = {
    "provider": "github",
    "path": "vcs",
    "source": "VCS",
    "service": "repo",
    "repository": "acme/app",
    "data_source": "github-webhook",
}
PUSH = event("push", 5, **VCS, operation="push", commit=SHA, ticket="PAY-7", on_behalf_of="ana", agent="Claude Code")
PULL = event(
    "pull",
    4,
    **VCS,
    operation="pull_request.merged",
    commit=SHA,
    pull_request="12",
    agent=None,
    actor_kind="person",
    actor_name="ana",
)
RUN = event(
    "run",
    3,
    **(VCS | {"path": "workflow"}),
    operation="workflow_run",
    commit=SHA,
    run="99",
    actor_kind="pipeline",
    agent=None,
    actor_name="deploy",
    link_offers=["run:99"],
)
ASSUME = {
    "service": "sts",
    "operation": "AssumeRoleWithWebIdentity",
    "action_kind": "login",
    "agent": None,
    "actor_kind": "pipeline",
    "actor_name": "deploy",
    "link_offers": ["key:ASIACALL"],
    "principal": "repo:acme/app:ref:refs/heads/main",
    "federation_subject": "repo:acme/app:ref:refs/heads/main",
}
PIPELINE = {"agent": None, "actor_kind": "pipeline", "actor_name": "deploy"}


def steps(answer: dict[str, Any]) -> dict[str, tuple[Any, Any, str]]:
    return {link["step"]: (link["value"], link["event_id"], link["standing"]) for link in answer["chain"]}


def test_who_says_who_made_it_and_who_changed_it_last(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("made", 9, **CALL),
            event(
                "changed",
                2,
                **CALL,
                action_kind="update",
                actor_name="ana",
                agent=None,
                actor_kind="person",
                path="console",
            ),
            event("read", 1, **CALL, action_kind="read"),
            event("failed", 1, **CALL, outcome="failure"),
            event("other", 1),
        ]
    )
    for named in ("orders-db", "ORDERS-DB", ARN):
        answer = who(index, describe, named)
        assert (answer["made"]["event_id"], answer["last_changed"]["event_id"]) == ("made", "changed")
        assert [row["path"] for row in answer["paths"]] == ["cli", "console"]
    assert "Made by Codex" in answer["sentence"]
    assert "last changed by ana (person, by console) with" in answer["sentence"]
    assert json.dumps(answer)


def test_a_resource_older_than_the_store_is_said_to_be(make_index: MakeIndex) -> None:
    answer = who(make_index([event("a", **CALL, action_kind="update")]), describe, "orders-db")
    assert (answer["made"], "No record shows who made it" in answer["sentence"]) == (None, True)
    only_read = who(make_index([event("a", **CALL, action_kind="read")]), describe, "orders-db")
    assert "none of them changed it" in only_read["sentence"]


def test_a_long_history_is_cut_and_said(make_index: MakeIndex) -> None:
    index = make_index([event(f"e{n:03d}", n, **CALL) for n in range(MAX_CHANGES + 5)])
    answer = who(index, describe, "orders-db")
    assert (len(answer["changes"]), answer["more"], answer["records"]) == (MAX_CHANGES, True, MAX_CHANGES + 5)
    assert f"{MAX_CHANGES + 5} changes in all, the newest {MAX_CHANGES}" in answer["sentence"]


def test_the_chain_follows_recorded_keys_from_the_call_to_the_ticket(make_index: MakeIndex) -> None:
    assume = event("assume", 2, **ASSUME, link_asks=["run:99"])
    index = make_index([PUSH, PULL, RUN, assume, event("call", 1, **(CALL | PIPELINE))])
    chain = who(index, describe, "orders-db")["chain"]
    found = {link["step"]: (link["value"], link["standing"]) for link in chain}
    assert [step for step in STEPS if step in found] == list(STEPS)
    assert {name: found[name][0] for name in STEPS if name != "role session"} == {
        "ticket": "PAY-7",
        "person": "ana",
        "agent": "Claude Code",
        "commit": SHA,
        "pull request": "acme/app#12",
        "run": "99",
        "call": "rds:RunInstances on orders-db",
    }
    assert {standing for _, standing in found.values()} == {"recorded"}
    assert [link["event_id"] for link in chain if link["step"] == "role session"] == ["assume", "call"]
    assert any("issued the access key ASIACALL" in link["how"] for link in chain)


def test_what_only_fits_in_time_is_never_asserted(make_index: MakeIndex) -> None:
    index = make_index([PUSH, RUN, event("assume", 2, **ASSUME), event("call", 1, **(CALL | PIPELINE))])
    found = steps(who(index, describe, "orders-db"))
    assert found["run"] == ("99", "run", "consistent with")
    assert found["commit"][2] == found["ticket"][2] == "consistent with"
    assert found["call"][2] == "recorded"


def test_a_name_in_two_accounts_is_said_to_be_possibly_two_things(make_index: MakeIndex) -> None:
    rows = [event("one", 3, **CALL), event("two", 2, **(CALL | {"account": "222222222222"}))]
    assert "several accounts (111111111111, 222222222222)" in who(make_index(rows), describe, "orders-db")["sentence"]
    assert "several accounts" not in who(make_index(rows[:1]), describe, "orders-db")["sentence"]


def test_an_issue_makes_no_repository(make_index: MakeIndex) -> None:
    issue = {
        "provider": "github",
        "operation": "issues.opened",
        "resource_types": ["github:issue", "github:repository"],
        "resource_ids": ["acme/app#1", "acme/app"],
        "resource_arns": ["", ""],
    }
    index = make_index([event("issue", 1, **issue)])
    assert who(index, describe, "acme/app")["made"] is None
    assert who(index, describe, "acme/app#1")["made"]["event_id"] == "issue"


def test_a_call_without_a_role_is_not_told_to_look_for_its_session(make_index: MakeIndex) -> None:
    rows = [unknown("key", 1, resource_ids=["orders-db"], principal="arn:aws:iam::111111111111:user/bob")]
    chain = {link["step"]: link["how"] for link in who(make_index(rows), describe, "orders-db")["chain"]}
    assert chain["role session"] == "not recorded: only AWS roles have sessions, and no role is named here"


def test_a_missing_step_says_what_would_settle_it(make_index: MakeIndex) -> None:
    answer = who(make_index([event("call", 1, **(CALL | PIPELINE))]), describe, "call")
    assert answer["kind"] == "event"
    missing = {link["step"]: link["how"] for link in answer["chain"] if link["standing"] == "not recorded"}
    assert set(missing) == {"ticket", "person", "agent", "commit", "pull request", "run"}
    assert all(how.startswith("not recorded: ") and len(how) > 20 for how in missing.values())


def test_a_run_outside_the_window_or_of_another_repository_is_no_candidate(make_index: MakeIndex) -> None:
    late = event("late", 30, **(VCS | {"path": "workflow"}), run="1")
    other = event("other", 3, **(VCS | {"path": "workflow", "repository": "acme/else"}), run="2")
    index = make_index([late, other, event("assume", 2, **ASSUME), event("call", 1, **(CALL | PIPELINE))])
    assert steps(who(index, describe, "orders-db"))["run"] == (None, None, "not recorded")


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        (SHA, "commit"),
        (SHA[:10], "commit"),
        (f"acme/app@{SHA[:8]}", "commit"),
        ("acme/app#12", "pull request"),
        ("https://github.com/acme/app/pull/12", "pull request"),
        ("acme/app", "repository"),
        ("PAY-7", "ticket"),
        ("99", "run"),
        ("push", "event"),
        ("https://github.com/Acme/app.git", "repository"),
    ],
)
def test_code_is_named_as_people_name_it(make_index: MakeIndex, named: str, kind: str) -> None:
    answer = who(make_index([PUSH, PULL, RUN]), describe, named)
    assert (answer["kind"], answer["found"]) == (kind, True)
    assert steps(answer)["ticket"][0] == "PAY-7"


def test_a_commit_leads_forward_to_calls_that_merely_follow(make_index: MakeIndex) -> None:
    index = make_index([PUSH, RUN, event("assume", 2, **ASSUME)])
    assert steps(who(index, describe, SHA))["call"][1:] == ("assume", "consistent with")


def test_an_arn_is_found_by_its_last_part_only_in_its_account(make_index: MakeIndex) -> None:
    index = make_index([event("a", resource_ids=["orders-db"], resource_arns=[""])])
    assert "last part" in who(index, describe, ARN)["how"]
    assert not who(index, describe, ARN.replace("111111111111", "999999999999"))["found"]


@pytest.mark.parametrize("named", ["nothing", "", "   ", "x" * 5000, "arn:aws:s3:::", "*", "%", "'; DROP TABLE events"])
def test_a_subject_no_record_names_is_answered_with_what_was_looked_for(make_index: MakeIndex, named: str) -> None:
    answer = who(make_index([event("abcd")]), describe, named)
    assert (answer["found"], "Looked for among event ids" in answer["sentence"]) == (False, True)


def test_records_that_join_in_a_circle_end(make_index: MakeIndex) -> None:
    loop = [
        event("a", **(CALL | {"access_key": "K1", "link_offers": ["key:K2"]})),
        event("b", **(CALL | {"access_key": "K2", "link_offers": ["key:K1"]})),
    ]
    assert who(make_index(loop), describe, "orders-db")["found"]


def test_the_beginning_of_several_ids_names_no_event(make_index: MakeIndex) -> None:
    index = make_index([event("zzab1"), event("zzab2"), event("zzcd3")])
    assert not who(index, describe, "zzab")["found"]
    assert who(index, describe, "zzcd")["kind"] == "event"


def test_a_pull_request_that_offers_a_commit_is_found_by_it(make_index: MakeIndex) -> None:
    merged = event("merged", 4, **VCS, commit="f" * 40, pull_request="12", link_offers=[f"commit:{SHA}"])
    assert steps(who(make_index([PUSH, merged]), describe, "push"))["pull request"][:2] == ("acme/app#12", "merged")


def test_a_life_tells_who_may_reach_it_who_reads_it_and_what_was_refused(make_index: MakeIndex) -> None:
    of = {"resource_ids": ["orders-db"], "resource_arns": [ARN], "service": "rds"}
    index = make_index(
        [
            event("a", 9, **of, operation="CreateDBInstance", resource_types=["rds:db"]),
            event("b", 8, **of, action_kind="permission", operation="AddRoleToDBInstance"),
            event("c", 7, **of, action_kind="read", operation="DescribeDBInstances"),
            event("d", 6, **of, action_kind="read", operation="DescribeDBInstances", actor_name="ana"),
            event("e", 5, **of, action_kind="delete", denied=True, outcome="denied", deny_policy_type="scp"),
            event("f", 4, **of, action_kind="delete", operation="DeleteDBInstance", resource_types=["rds:db"]),
        ]
    )
    found = who(index, describe, "orders-db")
    assert (found["made"]["event_id"], found["deleted"]["event_id"]) == ("a", "f")
    assert "It was deleted by Codex" in found["sentence"]
    assert [each["event_id"] for each in found["permissions"]] == ["b"]
    assert {(each["name"], each["reads"]) for each in found["readers"]} == {("Codex", 1), ("ana", 1)}
    assert (found["reads"], found["refused"]["total"]) == (2, 1)
    assert search(index, describe, found["query"], now_us=NOW)["total"] == 6
    group = found["refused"]["groups"][0]
    assert search(index, describe, group["query"], now_us=NOW)["total"] == group["count"] == 1
    assert json.dumps(found)


def test_what_was_made_again_after_its_deletion_is_not_told_as_deleted(make_index: MakeIndex) -> None:
    of = {"resource_ids": ["b"], "resource_types": ["s3:bucket"], "service": "s3"}
    index = make_index(
        [
            event("a", 3, **of, operation="CreateBucket"),
            event("b", 2, **of, operation="DeleteBucket", action_kind="delete"),
            event("c", 1, **of, operation="CreateBucket"),
        ]
    )
    assert who(index, describe, "b")["deleted"] is None


def test_several_resources_of_one_name_are_offered_by_their_full_names(make_index: MakeIndex) -> None:
    other = ARN.replace(":111111111111:", ":222222222222:")
    index = make_index(
        [event("a", 2, resource_ids=["orders-db"], resource_arns=[ARN]), event("b", 1, resource_arns=[other])]
    )
    assert who(index, describe, "orders-db")["namesakes"] == []
    both = make_index(
        [event(n, 1, resource_ids=["orders-db"], resource_arns=[arn]) for n, arn in (("a", ARN), ("b", other))]
    )
    offered = who(both, describe, "orders-db")["namesakes"]
    assert {each["arn"] for each in offered} == {ARN, other}
    mixed = "Several resources have this name, and this is told of all of them together"
    assert who(both, describe, "orders-db")["sentence"].startswith(mixed)
    assert mixed not in who(both, describe, ARN)["sentence"]
    for each in offered:
        assert who(both, describe, each["arn"])["records"] == each["records"] == 1
        assert who(both, describe, each["arn"])["namesakes"] == []


@pytest.mark.parametrize(
    ("asked", "kind", "records"),
    [
        ("codex", "agent", 1),
        ("Ana", "person", 1),
        ("bo@example.com", "person", 1),
        ("arn:aws:sts::1:assumed-role/r/s", "principal", 1),
        ("arn:aws:iam::1:role/r", "principal", 1),
        ("nightly", "actor", 1),
    ],
)
def test_somebody_can_be_asked_for_and_is_told_as_somebody(
    make_index: MakeIndex, asked: str, kind: str, records: int
) -> None:
    index = make_index(
        [
            event("a", 1, on_behalf_of="bo@example.com"),
            event(
                "b", 2, actor_kind="person", agent=None, actor_name="ana", principal="arn:aws:sts::1:assumed-role/r/s"
            ),
            event("c", 3, actor_kind="workload", agent=None, actor_name="nightly", issuer="arn:aws:iam::1:role/r"),
        ]
    )
    found = who(index, describe, asked)
    assert (found["kind"], found["records"], found["made"], found["deleted"]) == (kind, records, None, None)
    assert found["sentence"].startswith("Not a thing but somebody: 1 change by them")
    assert search(index, describe, found["query"], now_us=NOW)["total"] == 1


def test_examples_are_things_the_store_can_tell_about(make_index: MakeIndex) -> None:
    index = make_index([event("a", 1, resource_ids=["x"], ticket="PAY-1"), event("b", 24 * 30, resource_ids=["old"])])
    found = examples(index)
    assert [each["value"] for each in found["resources"]] == ["x"]
    assert all(who(index, describe, each["value"])["found"] for listed in found.values() for each in listed)
    assert examples(make_index([])) == {"resources": [], "agents": [], "tickets": [], "commits": []}
