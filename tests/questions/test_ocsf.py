"""OCSF API Activity: required attributes always, nothing lost, nothing made up."""

from __future__ import annotations

import json

import pytest

from remit.model.event_json import event_json
from remit.rooms.events.ocsf import to_ocsf

from .conftest import NOW, describe, event

REQUIRED = (
    "activity_id",
    "category_uid",
    "class_uid",
    "type_uid",
    "time",
    "severity_id",
    "status_id",
    "metadata",
    "actor",
    "api",
    "src_endpoint",
)


def mapped(**columns: object) -> dict[str, object]:
    return to_ocsf(event_json(event("e1", **columns), describe))


@pytest.mark.parametrize(
    ("kind", "activity"),
    [("create", 1), ("read", 2), ("update", 3), ("delete", 4), ("permission", 99), ("login", 99), (None, 99)],
)
def test_the_kind_of_action_is_the_activity(kind: str | None, activity: int) -> None:
    record = mapped(action_kind=kind)
    assert (record["activity_id"], record["type_uid"]) == (activity, 600300 + activity)


@pytest.mark.parametrize(("outcome", "status"), [("success", 1), ("failure", 2), ("denied", 2), (None, 0)])
def test_the_outcome_is_the_status(outcome: str | None, status: int) -> None:
    assert mapped(outcome=outcome)["status_id"] == status


def test_required_attributes_are_there_even_for_an_empty_event() -> None:
    for record in (mapped(), to_ocsf(event_json({}, describe))):
        assert all(record.get(name) is not None for name in REQUIRED)
        assert record["metadata"]["version"] == "1.5.0"  # type: ignore[index]
        assert set(record["metadata"]["product"]) == {"name", "vendor_name"}  # type: ignore[index]
        assert record["actor"]
        assert json.loads(json.dumps(record)) == record


def test_facts_stand_where_ocsf_has_a_place_and_the_rest_is_unmapped() -> None:
    record = mapped(
        source_ip="192.0.2.1",
        resource_ids=["i-1"],
        resource_types=["ec2:instance"],
        resource_arns=["arn:i"],
        denied=True,
        outcome="denied",
        deny_policy_type="scp",
        provider_id="p1",
        request_id="r1",
    )
    assert record["time"] == NOW // 1000 - 3_600_000
    assert record["src_endpoint"] == {"ip": "192.0.2.1"}
    assert record["cloud"] == {"provider": "AWS", "region": "eu-west-1", "account": {"uid": "111111111111"}}
    assert record["resources"] == [{"uid": "arn:i", "name": "i-1", "type": "ec2:instance"}]
    unmapped = record["unmapped"]
    assert unmapped["deny"]["policy_type"] == "scp"  # type: ignore[index]
    assert (unmapped["provider_id"], unmapped["source"]) == ("p1", "AgentOps")  # type: ignore[index]


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("2001:db8::1", {"ip": "2001:db8::1"}),
        ("s3.amazonaws.com", {"name": "s3.amazonaws.com"}),
        (None, {"name": "unknown"}),
    ],
)
def test_a_service_in_place_of_an_address_is_a_name(address: str | None, endpoint: dict[str, str]) -> None:
    assert mapped(source_ip=address)["src_endpoint"] == endpoint


def test_a_record_of_no_cloud_has_no_cloud() -> None:
    record = mapped(provider="github", account="acme")
    assert "cloud" not in record
    assert record["unmapped"]["account"] == "acme"  # type: ignore[index]
