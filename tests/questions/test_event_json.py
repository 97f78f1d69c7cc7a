"""The JSON of an event: its fields, their order, and what an absent value looks like."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.model.event_json import event_json, rfc3339

from .conftest import describe, event

FIELDS = [
    "event_id",
    "time",
    "provider",
    "account",
    "region",
    "environment",
    "owner",
    "source",
    "path",
    "governed",
    "actor",
    "session",
    "action",
    "permissions",
    "resources",
    "outcome",
    "denied",
    "deny",
    "attribution",
    "same_as",
]
NESTED = {
    "actor": ["kind", "id", "name", "agent", "on_behalf_of"],
    "session": ["id", "objective", "ticket"],
    "action": ["service", "operation", "kind"],
}
DENIED = {"denied": True, "outcome": "denied", "deny_policy_type": "scp", "deny_policy_arn": "arn:p", "deny_rule": "x"}


def test_an_event_has_the_documented_fields_in_one_order() -> None:
    shown = event_json(event("e1"), describe)
    assert list(shown)[: len(FIELDS)] == FIELDS
    assert {name: list(shown[name]) for name in NESTED} == NESTED
    assert list(shown["attribution"])[:3] == ["confidence", "evidence", "runner_up"]
    assert json.loads(json.dumps(shown)) == shown


def test_an_empty_row_has_the_same_fields_as_a_full_one() -> None:
    empty = event_json({}, describe)
    assert list(empty) == list(event_json(event("e1", **DENIED), describe))
    assert (empty["resources"], empty["same_as"], empty["deny"], empty["denied"]) == ([], [], None, False)
    assert empty["session"] == {"id": None, "objective": None, "ticket": None}


def test_a_denial_is_an_object_only_when_denied() -> None:
    shown = event_json(event("e1", **DENIED), describe)["deny"]
    assert {name: shown[name] for name in ("policy_type", "policy_arn", "implicit", "rule")} == {
        "policy_type": "scp",
        "policy_arn": "arn:p",
        "implicit": None,
        "rule": "x",
    }
    assert event_json(event("e1", deny_policy_type="scp"), describe)["deny"] is None


def test_resources_are_zipped_and_a_missing_part_is_null() -> None:
    row = event("e1", resource_types=["s3:bucket"], resource_ids=["a", "b"], resource_arns=["", "arn:b"])
    assert event_json(row, describe)["resources"] == [
        {"type": "s3:bucket", "id": "a", "arn": None},
        {"type": None, "id": "b", "arn": "arn:b"},
    ]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("aws.ua.codex", {"strength": "declared", "field": "user_agent", "value": "aws-cli/2 md/codex"}),
        ("aws.role.name=dev=ops", {"strength": "named", "field": "role_name", "value": "dev=ops"}),
        ("aws.role.name", {"strength": "named", "field": "role_name", "value": None}),
        ("gone.signal=v", {"strength": None, "field": None, "value": "v"}),
    ],
)
def test_evidence_says_signal_strength_field_and_value(text: str, seen: dict[str, object]) -> None:
    [evidence] = event_json(event("e1", evidence=[text]), describe)["attribution"]["evidence"]
    assert evidence == {"signal": text.partition("=")[0], **seen}


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))
def test_a_time_is_rfc3339_and_reads_back_as_itself(moment: datetime) -> None:
    delta = moment - datetime(1970, 1, 1)
    micros = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    text = rfc3339(micros)
    assert text is not None
    assert datetime.fromisoformat(text) == moment.replace(tzinfo=UTC)
    assert text.endswith("Z")


def test_condition_keys_are_an_object() -> None:
    assert event_json(event("e1", context='{"aws:via":["x"]}'), describe)["context"] == {"aws:via": ["x"]}
    assert event_json(event("e1", context="not json"), describe)["context"] == "not json"
