"""Webhook payloads as columns: pushes, pull requests, runs, all other events, wrapped or bare."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.rooms.events.github import audit, webhooks

SHA, OLD = "a" * 40, "b" * 40
REPOSITORY = {"id": 77, "full_name": "acme/app", "owner": {"login": "acme"}, "html_url": "https://github.com/acme/app"}
MIRA = {"login": "mira", "id": 1042, "type": "User"}
COPILOT = {"login": "Copilot", "id": 198982749, "type": "Bot"}
PUSH = {
    "ref": "refs/heads/feature/PAY-123-refunds",
    "before": OLD,
    "after": SHA,
    "created": False,
    "deleted": False,
    "forced": True,
    "pusher": {"name": "mira", "email": "mira@example.com"},
    "head_commit": {"id": SHA, "timestamp": "2025-11-01T10:00:00+02:00", "message": "Refund"},
    "commits": [
        {
            "id": SHA,
            "timestamp": "2025-11-01T10:00:00+02:00",
            "message": (
                "Refund in two steps\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)\n\n"
                "Co-Authored-By: Claude <noreply@anthropic.com>\nClaude-Session: https://claude.ai/code/session_1"
            ),
            "author": {"name": "Mira", "email": "mira@example.com"},
            "committer": {"name": "GitHub", "email": "noreply@github.com"},
        }
    ],
    "repository": {**REPOSITORY, "pushed_at": 1763630000},
    "sender": MIRA,
}
PULL = {
    "action": "closed",
    "number": 12,
    "pull_request": {
        "number": 12,
        "title": "Refund",
        "body": "fixes #9",
        "user": COPILOT,
        "head": {"ref": "copilot/refund", "sha": OLD},
        "base": {"ref": "main"},
        "merged": True,
        "merged_at": "2025-11-20T09:13:20Z",
        "closed_at": "2025-11-20T09:13:21Z",
        "updated_at": "2025-11-20T09:20:00Z",
        "created_at": "2025-11-19T09:00:00Z",
        "merged_by": MIRA,
        "merge_commit_sha": SHA,
        "labels": [{"name": "payments"}, {"name": "agent"}],
    },
    "repository": REPOSITORY,
    "sender": MIRA,
}
RUN = {
    "action": "completed",
    "workflow_run": {
        "id": 555,
        "name": "deploy",
        "path": ".github/workflows/deploy.yml",
        "run_attempt": 2,
        "event": "pull_request",
        "status": "completed",
        "conclusion": "failure",
        "head_branch": "main",
        "head_sha": SHA,
        "html_url": "https://github.com/acme/app/actions/runs/555",
        "actor": MIRA,
        "triggering_actor": {"login": "renovate[bot]", "id": 29139614, "type": "Bot"},
        "pull_requests": [{"number": 12}],
        "created_at": "2025-11-20T09:00:00Z",
        "run_started_at": "2025-11-20T09:01:00Z",
        "updated_at": "2025-11-20T09:13:20Z",
    },
    "repository": REPOSITORY,
    "sender": MIRA,
}
NOON = 1763630000000000


def row(payload: dict[str, Any], module: Any = webhooks) -> dict[str, Any]:
    decoded = module.decode([json.dumps(payload).encode()], "hooks")
    assert decoded.rejects == []
    return {name: values[0] for name, values in decoded.columns.items()}


def reason(payload: object) -> str:
    return webhooks.decode([json.dumps(payload).encode()], "hooks").rejects[0].reason


def test_a_push_happened_when_it_was_pushed_not_when_its_commits_were_written() -> None:
    event = row(PUSH)
    assert event["time"] == NOON
    late = {**PUSH, "repository": REPOSITORY}
    assert row(late)["time"] == 1761984000000000


def test_a_push_tells_what_its_commits_say_about_who_wrote_them() -> None:
    event = row(PUSH)
    assert (event["operation"], event["action_kind"], event["commit"]) == ("push", "update", SHA)
    assert (event["principal"], event["principal_id"], event["principal_type"]) == ("mira", "1042", "User")
    assert event["ticket"] == "PAY-123"
    assert {
        "co_author=noreply@anthropic.com",
        "generated_with=Claude Code",
        "trailer.Claude-Session=https://claude.ai/code/session_1",
        "author_email=mira@example.com",
        "committer_email=noreply@github.com",
        "forced=true",
    } <= set(event["markers"])
    assert f"commit:{SHA}" in event["link_offers"]


def test_deleting_a_branch_is_a_deletion_without_a_commit() -> None:
    event = row({**PUSH, "deleted": True, "after": "0" * 40, "head_commit": None, "commits": []})
    assert (event["action_kind"], event["commit"]) == ("delete", None)
    assert not any(offer.startswith("commit:") for offer in event["link_offers"])


def test_a_push_and_its_audit_entry_carry_one_key_and_another_ref_another() -> None:
    entry = {"action": "git.push", "@timestamp": 1763630000000, "actor": "mira", "org": "acme", "repo": "acme/app"}
    logged = row({**entry, "ref": PUSH["ref"], "before": OLD, "after": SHA}, audit)
    tagged = row({**PUSH, "ref": "refs/tags/v1"})
    same = [{offer for offer in event["link_offers"] if offer.startswith("same:")} for event in (row(PUSH), logged)]
    assert len(same[0]) == 1
    assert same[0] == same[1]
    assert not same[0] & set(tagged["link_offers"])


def test_a_long_push_says_which_markers_and_links_it_left_out() -> None:
    commits = [
        {"id": f"{n:040x}", "timestamp": "2025-11-01T10:00:00Z", "author": {"email": f"a{n}@example.com"}}
        for n in range(400)
    ]
    event = row({**PUSH, "commits": commits})
    assert len([offer for offer in event["link_offers"] if offer.startswith("commit:")]) == 251
    assert event["markers"][-1] == "markers_truncated=true"


def test_merging_is_its_own_operation_by_the_one_who_merged() -> None:
    event = row(PULL)
    assert (event["operation"], event["action_kind"], event["time"]) == ("pull_request.merged", "update", NOON)
    assert (event["principal"], event["commit"], event["pull_request"]) == ("mira", SHA, "12")
    assert event["ticket"] == "#9"
    assert event["resource_ids"][0] == "acme/app#12"
    assert {
        "pr_author=Copilot",
        "pr_author_id=198982749",
        "merged_by=mira",
        "head_branch=copilot/refund",
        "labels=payments",
        "labels=agent",
    } <= set(event["markers"])


def test_closing_without_merging_stays_closing_and_offers_no_key_since_it_may_repeat() -> None:
    pull = {**PULL["pull_request"], "merged": False, "merged_at": None}  # type: ignore[dict-item]
    event = row({**PULL, "pull_request": pull})
    assert (event["operation"], event["commit"]) == ("pull_request.closed", OLD)
    assert not any(offer.startswith("same:") for offer in event["link_offers"])


def test_a_merge_and_its_audit_entry_are_one_act() -> None:
    entry = {"action": "pull_request.merge", "created_at": 1763630000000, "actor": "mira", "repo": "acme/app"}
    logged = row({**entry, "pull_request_url": "https://github.com/acme/app/pull/12"}, audit)
    assert "same:gh:pr:acme/app#12:merged" in logged["link_offers"]
    assert "same:gh:pr:acme/app#12:merged" in row(PULL)["link_offers"]


def test_a_run_belongs_to_whoever_triggered_this_attempt() -> None:
    event = row(RUN)
    assert (event["operation"], event["service"], event["time"]) == ("workflow_run.completed", "workflows", NOON)
    assert (event["principal"], event["principal_type"], event["app_id"]) == ("renovate[bot]", "Bot", "renovate")
    assert (event["outcome"], event["error_code"], event["denied"]) == ("failure", "failure", False)
    assert (event["run"], event["commit"], event["pull_request"]) == ("555", SHA, "12")
    assert {"event=pull_request", "head_branch=main", "run_actor=mira"} <= set(event["markers"])
    assert {"run:555", f"commit:{SHA}", "same:gh:run:acme/app:555:2:completed"} <= set(event["link_offers"])


def test_a_run_that_goes_on_has_not_failed() -> None:
    event = row({**RUN, "action": "requested"})
    assert (event["outcome"], event["action_kind"], event["time"]) == ("success", "create", 1763629260000000)


def test_a_requested_run_and_its_audit_entry_are_one_act() -> None:
    run = {**RUN["workflow_run"], "run_attempt": 1}  # type: ignore[dict-item]
    entry = {"action": "workflows.created_workflow_run", "created_at": 1763630000000, "actor": "mira"}
    logged = row({**entry, "repo": "acme/app", "workflow_run_id": 555}, audit)
    hook = row({**RUN, "action": "requested", "workflow_run": run})
    assert set(logged["link_offers"]) & set(hook["link_offers"]) == {
        "run:555",
        "same:gh:run:acme/app:555:1:requested",
    }


@pytest.mark.parametrize("name", ["wrapped", "headers", "listed-header", "text-body"])
def test_a_wrapper_changes_neither_the_event_nor_its_id(name: str) -> None:
    wrapped: dict[str, Any] = {
        "wrapped": {"x_github_event": "pull_request", "payload": PULL},
        "headers": {"headers": {"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "d-1"}, "body": PULL},
        "listed-header": {"headers": {"x-github-event": ["pull_request"]}, "body": PULL},
        "text-body": {"headers": {"X-GITHUB-EVENT": "pull_request"}, "body": json.dumps(PULL)},
    }[name]
    event = row(wrapped)
    assert event["event_id"] == row(PULL)["event_id"]
    assert event["operation"] == "pull_request.merged"


@pytest.mark.parametrize(
    ("payload", "operation", "kind"),
    [
        ({"action": "created", "repository": {**REPOSITORY, "created_at": NOON // 10**6}},
         "repository.created", "create"),
        ({"action": "publicized", "repository": {**REPOSITORY, "updated_at": "2025-11-20T09:13:20Z"}},
         "repository.publicized", "permission"),
        ({"action": "created", "rule": {"name": "main", "created_at": "2025-11-20T09:13:20Z"}},
         "branch_protection_rule.created", "permission"),
        ({"action": "created", "key": {"id": 1, "title": "ci", "created_at": "2025-11-20T09:13:20Z"}},
         "deploy_key.created", "permission"),
        ({"ref": "v1", "ref_type": "tag", "master_branch": "main",
          "repository": {**REPOSITORY, "pushed_at": "2025-11-20T09:13:20Z"}}, "create", "create"),
        ({"action": "created", "deployment": {"sha": SHA, "environment": "production",
                                              "created_at": "2025-11-20T09:13:20Z"}}, "deployment.created", "create"),
        ({"action": "completed", "workflow_job": {"id": 1, "run_id": 555, "conclusion": "success",
                                                  "completed_at": "2025-11-20T09:13:20Z"}},
         "workflow_job.completed", "other"),
    ],
)  # fmt: skip
def test_other_events_are_told_by_what_they_carry(payload: dict[str, Any], operation: str, kind: str) -> None:
    event = row({"repository": REPOSITORY, "sender": MIRA, **payload})
    assert (event["operation"], event["action_kind"], event["time"]) == (operation, kind, NOON)
    assert (event["account"], event["repository"], event["principal"]) == ("acme", "acme/app", "mira")


def test_the_time_of_receipt_serves_events_that_state_none_and_says_so() -> None:
    member = {"action": "added", "member": {"login": "theo"}, "repository": REPOSITORY, "sender": MIRA}
    assert reason(member) == "time-missing"
    event = row({"x_github_event": "member", "payload": member, "received_at": "2025-11-20T09:13:20Z"})
    assert (event["time"], event["action_kind"]) == (NOON, "permission")
    assert "time_from=received_at" in event["markers"]
    assert "theo" in event["resource_ids"]


@pytest.mark.parametrize(
    ("act", "release", "received", "outcome"),
    [
        ("published", {"published_at": "2025-11-20T09:13:20Z"}, None, "release.published_at"),
        ("edited", {"published_at": "2019-11-20T09:13:20Z"}, None, "time-missing"),
        ("edited", {"published_at": "2019-11-20T09:13:20Z"}, "2025-11-20T09:13:20Z", "received_at"),
        ("deleted", {"updated_at": "2025-11-20T09:13:20Z"}, None, "release.updated_at"),
        ("deleted", {"updated_at": "2019-11-20T09:13:20Z"}, "2025-11-20T09:13:20Z", "received_at"),
    ],
)
def test_no_later_act_is_dated_by_the_making_of_its_object(
    act: str, release: dict[str, str], received: str | None, outcome: str
) -> None:
    payload = {"action": act, "release": {"id": 1, **release}, "repository": REPOSITORY}
    wrapped = {"x_github_event": "release", "payload": payload, "received_at": received}
    if outcome == "time-missing":
        assert reason(wrapped) == outcome
    else:
        event = row(wrapped)
        assert event["time"] == NOON
        assert f"time_from={outcome}" in event["markers"]


def test_a_pushed_tag_is_a_tag() -> None:
    event = row({**PUSH, "ref": "refs/tags/v1"})
    assert ("github:tag", "v1") in zip(event["resource_types"], event["resource_ids"], strict=True)
    assert not any(marker.startswith("head_branch=") for marker in event["markers"])


@pytest.mark.parametrize(
    "payload",
    [
        {"zen": "Keep it logically awesome.", "hook_id": 1, "repository": REPOSITORY},
        {"x_github_event": "ping", "payload": {}},
        {"action": "opened", "repository": REPOSITORY},
        {"x_github_event": "push", "payload": "not json"},
        {"nothing": "here"},
    ],
)
def test_pings_and_strangers_are_not_events(payload: dict[str, Any]) -> None:
    assert reason(payload) == "not-an-event"
