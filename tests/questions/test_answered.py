"""Each question of an event is answered by name, or says what would settle it."""

from __future__ import annotations

from typing import Any

import pytest

from remit.flows.questions.answered import answered
from remit.model.event_json import event_json

from .conftest import event


def answers(**columns: Any) -> Any:
    """The answers of one event."""
    return answered(event_json(event("e1", **columns), lambda _: None))


@pytest.mark.parametrize(
    ("runner_up", "confidence", "answer", "why"),
    [
        ("person (declared: aws.ua.cli)", 0.94, "person", "declared evidence never overrules what is joined"),
        ("agent Claude Code (named: aws.role.name)", 0.97, "agent Claude Code", "a name alone never makes an agent"),
        ("person (stamped: aws.identity.user)", 0.95, "person", "as strong"),
        ("not known: map the principal", 0.0, None, "not known: map the principal"),
    ],
)
def test_the_runner_up_says_why_it_lost(runner_up: str, confidence: float, answer: str | None, why: str) -> None:
    found = answers(runner_up=runner_up, confidence=confidence)["runner_up"]
    assert found["answer"] == answer
    assert why in found["settle"]


def test_without_another_reading_there_is_no_runner_up() -> None:
    assert answers(runner_up=None)["runner_up"] is None


def test_an_act_that_a_person_approved_says_so_with_the_value_that_names_the_approval() -> None:
    approval = "op.AROAEXAMPLE-ana@example.com.apr.01a05863"
    told = {"evidence": ["aws.agent.devops-agent.approval=" + approval], "on_behalf_of": "Ana"}
    found = answers(**told)["workflow"]
    assert found["answer"] == "Approved by Ana, but by neither the gateway nor a known pipeline."
    assert approval in found["how"]
    assert found["settle"]
    assert answers(**told | {"governed": "pipeline"})["workflow"]["answer"].startswith("Yes")


def test_a_change_through_a_known_pipeline_names_its_commit_and_run() -> None:
    found = answers(governed="pipeline", actor_kind="pipeline", commit="abc123", pull_request="7", run="99")["workflow"]
    assert found["answer"].startswith("Yes")
    assert "commit abc123, pull request 7, run 99" in found["how"]
    assert found["settle"] is None


def test_a_pipeline_that_nobody_has_named_is_not_known_to_be_reviewed() -> None:
    found = answers(governed="unknown", actor_kind="pipeline")["workflow"]
    assert found["answer"] is None
    assert "identities.toml does not name" in found["settle"]


def test_a_refusal_names_its_policy_or_says_that_nothing_does() -> None:
    refused = {"denied": True, "outcome": "denied", "deny_policy_type": "scp", "error_message": "explicit deny"}
    named = answers(**refused, deny_policy_arn="arn:aws:organizations::1:policy/o/p")["policy"]
    assert named["answer"] == "Yes: Service control policy arn:aws:organizations::1:policy/o/p"
    assert named["settle"] is None
    assert "does not name the policy" in answers(**refused)["policy"]["settle"]


@pytest.mark.parametrize("outcome", ["success", "failure", None])
def test_what_was_allowed_is_not_said_to_be_within_every_policy(outcome: str | None) -> None:
    found = answers(outcome=outcome, denied=False)["policy"]
    assert found["answer"] in ("None is known.", None)
    assert "organization policies are not connected" in found["settle"]


def test_permissions_that_no_table_knows_are_not_known() -> None:
    assert answers(permissions=[])["permissions"]["answer"] is None
    assert answers(permissions=["s3:GetObject"])["permissions"]["answer"] == "s3:GetObject"


def test_a_ticket_is_an_objective_and_a_session_name_is_a_hint() -> None:
    assert answers(ticket="PAY-1")["objective"]["answer"] == "Ticket PAY-1"
    hinted = answers(ticket=None, session_ticket=None, role_session="clean-up")["objective"]
    assert hinted["answer"] is None
    assert "clean-up, which is a hint only" in hinted["how"]
