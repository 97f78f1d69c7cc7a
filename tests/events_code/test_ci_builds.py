"""CI records of every shape as one kind of event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.rooms.events import ci_build

SHA = "c" * 40
NOON = 1763630000000000
GENERIC = {
    "system": "buildkite",
    "id": "b-1",
    "url": "https://ci.example.com/b-1",
    "number": 412,
    "job": "deploy",
    "status": "failed",
    "started_at": "2025-11-20T09:00:00Z",
    "finished_at": "2025-11-20T09:13:20Z",
    "repository": "acme/app",
    "commit": SHA,
    "branch": "PAY-3-x",
    "pull_request": 88,
    "cause": "schedule",
    "error": "exit status 1",
    "triggered_by": {"login": "mira", "id": 1042, "email": "mira@example.com", "type": "User"},
}
JENKINS_API = {
    "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
    "actions": [
        {
            "_class": "hudson.model.CauseAction",
            "causes": [
                {"_class": "hudson.triggers.TimerTrigger$TimerTriggerCause", "shortDescription": "Started by timer"},
                {"_class": "hudson.model.Cause$UserIdCause", "userId": "noor", "userName": "Noor"},
            ],
        },
        {
            "_class": "hudson.plugins.git.util.BuildData",
            "lastBuiltRevision": {"SHA1": SHA, "branch": [{"SHA1": SHA, "name": "refs/remotes/origin/main"}]},
            "remoteUrls": ["https://github.com/acme/network.git"],
        },
    ],
    "building": False,
    "duration": 200_000,
    "fullDisplayName": "network-apply #512",
    "number": 512,
    "result": "SUCCESS",
    "timestamp": 1763629800000,
    "url": "https://jenkins.example.com/job/network-apply/512/",
}
JENKINS_NOTE = {
    "name": "network-apply",
    "url": "job/network-apply/",
    "build": {
        "full_url": "https://jenkins.example.com/job/network-apply/512/",
        "number": 512,
        "phase": "COMPLETED",
        "status": "FAILURE",
        "timestamp": 1763630000000,
        "scm": {"url": "git@github.com:acme/network.git", "branch": "origin/main", "commit": SHA},
    },
}
JENKINS_STATS = {
    "fullJobName": "network-apply",
    "number": 512,
    "buildUrl": "https://jenkins.example.com/job/network-apply/512/",
    "startTime": "2025-11-20T09:00:00Z",
    "endTime": "2025-11-20T09:13:20Z",
    "result": "ABORTED",
    "startedUserId": "noor",
    "buildCause": "UserIdCause",
    "scmInfo": {"url": "https://github.com/acme/network.git", "commit": SHA, "branch": "origin/main"},
}
GITLAB_PIPELINE = {
    "object_kind": "pipeline",
    "object_attributes": {
        "id": 7001,
        "ref": "main",
        "sha": SHA,
        "source": "push",
        "status": "success",
        "created_at": "2025-11-20 09:00:00 UTC",
        "finished_at": "2025-11-20 09:13:20 UTC",
        "url": "https://gitlab.example.com/acme/reports/-/pipelines/7001",
    },
    "merge_request": {"iid": 5, "title": "DATA-77: weekly", "source_branch": "weekly"},
    "user": {"id": 31, "username": "ana", "email": "[REDACTED]"},
    "project": {"path_with_namespace": "acme/reports", "web_url": "https://gitlab.example.com/acme/reports"},
    "commit": {"id": SHA, "message": "x\n\nCo-authored-by: Bot <noreply@anthropic.com>", "author": {"email": "a@b.c"}},
}
GITLAB_JOB = {
    "object_kind": "build",
    "build_id": 99,
    "pipeline_id": 7001,
    "build_name": "test",
    "build_status": "failed",
    "build_failure_reason": "script_failure",
    "build_started_at": "2025-11-20 10:00:00 +0100",
    "build_finished_at": "2025-11-20 10:13:20 +0100",
    "sha": SHA,
    "ref": "main",
    "commit": {"id": 7001, "sha": SHA},
    "user": {"id": 31, "username": "ana"},
    "project_name": "acme / reports",
    "repository": {"homepage": "https://gitlab.example.com/acme/reports"},
}


def row(record: dict[str, Any]) -> dict[str, Any]:
    decoded = ci_build.decode([json.dumps(record).encode()], "ci")
    assert decoded.rejects == []
    return {name: values[0] for name, values in decoded.columns.items()}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"ci_build": GENERIC}, ("b-1", "acme/app", "mira", "failure", "failed")),
        (JENKINS_API, (JENKINS_API["url"], "acme/network", "noor", "success", None)),
        (JENKINS_NOTE, (JENKINS_API["url"], "acme/network", None, "failure", "FAILURE")),
        (JENKINS_STATS, (JENKINS_API["url"], "acme/network", "noor", "failure", "ABORTED")),
        (GITLAB_PIPELINE, ("7001", "acme/reports", "ana", "success", None)),
        (GITLAB_JOB, ("7001", "acme/reports", "ana", "failure", "failed")),
    ],
    ids=["generic", "jenkins-api", "jenkins-notification", "jenkins-statistics", "gitlab-pipeline", "gitlab-job"],
)
def test_every_system_says_run_repository_person_and_result(record: dict[str, Any], expected: tuple[Any, ...]) -> None:
    event = row(record)
    said = tuple(event[name] for name in ("run", "repository", "principal", "outcome", "error_code"))
    assert said == expected
    assert (event["time"], event["commit"], event["operation"]) == (NOON, SHA, "build.completed")
    assert (event["provider"], event["data_source"], event["service"]) == ("ci", "ci-build", "build")
    assert event["account"] == "acme"
    assert event["link_offers"][:2] == [f"commit:{SHA}", f"run:{expected[0]}"]
    assert ci_build.claims(record)


def test_the_generic_record_fills_what_the_document_says() -> None:
    event = row({"ci_build": GENERIC})
    assert (event["pull_request"], event["ticket"], event["principal_id"]) == ("88", "PAY-3", "1042")
    assert (event["principal_type"], event["error_message"]) == ("User", "exit status 1")
    assert {"ci_system=buildkite", "cause=schedule", "head_branch=PAY-3-x", "actor_email=mira@example.com"} <= set(
        event["markers"]
    )


@pytest.mark.parametrize(
    ("status", "operation", "outcome", "kind"),
    [
        ("running", "build.started", "success", "create"),
        ("pending", "build.queued", "success", "create"),
        ("canceled", "build.completed", "failure", "other"),
        ("passed", "build.completed", "success", "other"),
    ],
)
def test_a_build_that_goes_on_is_no_failure(status: str, operation: str, outcome: str, kind: str) -> None:
    event = row({"ci_build": {**GENERIC, "status": status}})
    assert (event["operation"], event["outcome"], event["action_kind"]) == (operation, outcome, kind)


def test_a_merge_requests_pipeline_names_it_and_redacted_addresses_are_absent() -> None:
    event = row(GITLAB_PIPELINE)
    assert (event["pull_request"], event["ticket"]) == ("5", "DATA-77")
    assert "co_author=noreply@anthropic.com" in event["markers"]
    assert not any(marker.startswith("actor_email=") for marker in event["markers"])


def test_a_gitlab_job_is_part_of_its_pipelines_run_and_its_commit_is_no_pipeline_id() -> None:
    event = row(GITLAB_JOB)
    assert event["commit"] == SHA
    assert event["resource_ids"][0] == "test #99"
    assert event["resource_arns"][0] == "https://gitlab.example.com/acme/reports/-/jobs/99"


def test_a_deployment_changes_an_environment() -> None:
    event = row(
        {
            "object_kind": "deployment",
            "status": "success",
            "status_changed_at": "2025-11-20 10:13:20 +0100",
            "deployment_id": 15,
            "deployable_id": 796,
            "environment": "staging",
            "project": {"path_with_namespace": "acme/reports"},
            "user": {"username": "ana"},
            "commit_url": f"https://gitlab.example.com/acme/reports/-/commit/{SHA}",
        }
    )
    assert (event["operation"], event["action_kind"], event["commit"]) == ("deployment.completed", "update", SHA)
    assert "staging" in event["resource_ids"]


def test_the_start_and_the_end_of_a_build_are_two_events_of_one_run() -> None:
    started = row({"ci_build": {**GENERIC, "status": "running", "finished_at": None}})
    ended = row({"ci_build": GENERIC})
    assert started["event_id"] != ended["event_id"]
    assert started["run"] == ended["run"]


def test_one_jenkins_build_told_three_ways_is_one_act_and_a_gitlab_pipeline_may_end_again() -> None:
    same = [
        {offer for offer in row(record)["link_offers"] if offer.startswith("same:")}
        for record in (JENKINS_API, JENKINS_NOTE, JENKINS_STATS, GITLAB_PIPELINE)
    ]
    assert same[0] == same[1] == same[2] == {f"same:ci:{JENKINS_API['url']}:completed"}
    assert same[3] == set()
    building = row({**JENKINS_API, "building": True, "result": None})
    assert not same[0] & set(building["link_offers"])


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"ci_build": {"id": "1"}}, "time-missing"),
        ({"ci_build": {"finished_at": NOON // 10**6}}, "not-an-event"),
        ({**JENKINS_NOTE, "build": {"full_url": "https://x", "phase": "STARTED", "number": 1}}, "time-missing"),
        ({"object_kind": "push"}, "not-an-event"),
        ({"ci_build": "yes"}, "not-an-event"),
    ],
)
def test_what_says_no_run_or_no_time_is_rejected(record: dict[str, Any], reason: str) -> None:
    assert [reject.reason for reject in ci_build.decode([json.dumps(record).encode()], "ci").rejects] == [reason]
