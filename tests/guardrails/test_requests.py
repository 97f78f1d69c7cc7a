"""What a stored event proves of each condition key, and which requests it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.app.packaged import load_reference
from remit.rooms.guardrails.callers import Membership, caller_of
from remit.rooms.guardrails.global_key_readings import Asked
from remit.rooms.guardrails.record import fields_of
from remit.rooms.guardrails.requests import Translation

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/deploy"
MEMBERS = Membership("o-a", "999999999999", {ACCOUNT: "o-a/r-1/ou-1/", "999999999999": "o-a/r-1/"})


def event(**columns: Any) -> dict[str, Any]:
    """A role's session starts an instance from a public address, and succeeds."""
    context = columns.pop("context", {})
    return {
        "time": 1_790_000_000_500_000,
        "principal_type": "AssumedRole",
        "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/run-7",
        "issuer": ROLE,
        "principal_id": "AROAX:run-7",
        "access_key": "ASIAEXAMPLE",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "service": "ec2",
        "operation": "RunInstances",
        "permissions": ["ec2:RunInstances"],
        "resource_types": ["ec2:subnet", "ec2:instance"],
        "resource_arns": [
            f"arn:aws:ec2:eu-west-1:{ACCOUNT}:subnet/s-1",
            f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1",
        ],
        "source_ip": "203.0.113.9",
        "user_agent": "aws-cli/2",
        "outcome": "success",
        "markers": ["tls=TLSv1.3"],
        "context": json.dumps(context) if context else None,
    } | columns


USER = {"principal_type": "IAMUser", "principal": f"arn:aws:iam::{ACCOUNT}:user/ops/ana", "issuer": None,
        "access_key": "AKIAEXAMPLE", "principal_id": "AIDAX"}  # fmt: skip
SERVICE = {"principal_type": "AWSService", "principal": "cloudtrail.amazonaws.com", "issuer": None, "access_key": None,
           "invoked_by": "cloudtrail.amazonaws.com", "source_ip": "cloudtrail.amazonaws.com"}  # fmt: skip
FOREIGN = {"principal_type": "AWSAccount", "principal": "AROAY:x", "issuer": None}
STRANGER = {"principal_type": "Unknown", "principal": None, "issuer": None}
PATHLESS = {"issuer": None}
TOKEN = {"principal_type": "WebIdentityUser", "principal": "p:aud:sub", "issuer": None}
ENDPOINT = {
    "source_ip": "10.0.0.9",
    "context": {"aws:SourceVpce": ["vpce-1"]},
    "markers": ["vpce_account=222233334444"],
}
MCP = {"invoked_by": "aws-mcp.amazonaws.com", "source_ip": "aws-mcp.amazonaws.com"}
FORWARDED = {"invoked_by": "cloudformation.amazonaws.com"}
TAGGED = {"context": {"aws:RequestTag/Team": ["pay"], "aws:TagKeys": ["Team"]}}
DENIED = {"outcome": "denied"}
BUCKET = {"service": "s3", "permissions": ["s3:PutObject"], "resource_types": ["s3:object"],
          "resource_arns": ["arn:aws:s3:::b/k"]}  # fmt: skip
UNKNOWN, ABSENT = None, ()

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("aws:PrincipalArn", {}, (ROLE,)),
    ("aws:principalarn", USER, (f"arn:aws:iam::{ACCOUNT}:user/ops/ana",)),
    ("aws:PrincipalArn", SERVICE, ABSENT),
    ("aws:PrincipalArn", TOKEN, ABSENT),
    ("aws:PrincipalArn", PATHLESS, UNKNOWN),
    ("aws:PrincipalAccount", PATHLESS, (ACCOUNT,)),
    ("aws:PrincipalAccount", FOREIGN, UNKNOWN),
    ("aws:PrincipalType", USER, ("User",)),
    ("aws:PrincipalOrgID", {}, ("o-a",)),
    ("aws:PrincipalOrgPaths", {}, ("o-a/r-1/ou-1/",)),
    ("aws:PrincipalOrgID", FOREIGN, UNKNOWN),
    ("aws:PrincipalOrgID", SERVICE, ABSENT),
    ("aws:PrincipalIsAWSService", {}, ("false",)),
    ("aws:PrincipalIsAWSService", SERVICE, ("true",)),
    ("aws:PrincipalServiceName", SERVICE, ("cloudtrail.amazonaws.com",)),
    ("aws:PrincipalServiceName", {}, ABSENT),
    ("aws:PrincipalTag/Team", {}, UNKNOWN),
    ("aws:PrincipalTag/Team", SERVICE, ABSENT),
    ("aws:ViaAWSService", {}, ("false",)),
    ("aws:ViaAWSService", FORWARDED, ("true",)),
    ("aws:ViaAWSService", SERVICE, ("false",)),
    ("aws:ViaAWSService", MCP, UNKNOWN),
    ("aws:ViaAWSMCPService", MCP, ("true",)),
    ("aws:CalledViaAWSMCP", MCP, ("aws-mcp.amazonaws.com",)),
    ("aws:ViaAWSMCPService", {}, ABSENT),
    ("aws:ViaAWSMCPService", FORWARDED, UNKNOWN),
    ("aws:CalledVia", FORWARDED, UNKNOWN),
    ("aws:CalledVia", {}, ABSENT),
    ("aws:RequestedRegion", {}, ("eu-west-1",)),
    ("aws:RequestedRegion", {"region": None}, UNKNOWN),
    ("aws:SourceIp", {}, ("203.0.113.9",)),
    ("aws:SourceIp", {"source_ip": "10.1.2.3"}, UNKNOWN),
    ("aws:SourceIp", {"source_ip": "AWS Internal"}, UNKNOWN),
    ("aws:SourceIp", ENDPOINT, ABSENT),
    ("aws:VpcSourceIp", ENDPOINT, ("10.0.0.9",)),
    ("aws:SourceVpce", ENDPOINT, ("vpce-1",)),
    ("aws:SourceVpce", {}, ABSENT),
    ("aws:SourceVpce", {"source_ip": "10.1.2.3"}, UNKNOWN),
    ("aws:SourceVpc", ENDPOINT, UNKNOWN),
    ("aws:SourceVpc", {}, ABSENT),
    ("aws:VpceAccount", ENDPOINT, ("222233334444",)),
    ("aws:MultiFactorAuthPresent", {"context": {"aws:MultiFactorAuthPresent": ["true"]}}, ("true",)),
    ("aws:MultiFactorAuthPresent", USER, ABSENT),
    ("aws:MultiFactorAuthPresent", {}, UNKNOWN),
    ("aws:MultiFactorAuthAge", {"context": {"aws:MultiFactorAuthPresent": ["false"]}}, ABSENT),
    ("aws:MultiFactorAuthAge", {"context": {"aws:MultiFactorAuthPresent": ["true"]}}, UNKNOWN),
    ("aws:TokenIssueTime", USER, ABSENT),
    ("aws:TokenIssueTime", {}, UNKNOWN),
    ("aws:CurrentTime", {}, ("2026-09-21T14:13:20Z",)),
    ("aws:EpochTime", {}, ("1790000000",)),
    ("aws:userid", {}, ("AROAX:run-7",)),
    ("aws:username", USER, ("ana",)),
    ("aws:username", {}, ABSENT),
    ("aws:UserAgent", {}, ("aws-cli/2",)),
    ("aws:UserAgent", {"user_agent": "AWS Internal"}, UNKNOWN),
    ("aws:SecureTransport", {}, ("true",)),
    ("aws:SecureTransport", {"markers": []}, UNKNOWN),
    ("s3:TlsVersion", BUCKET, ("1.3",)),
    ("aws:RequestTag/Team", TAGGED, ("pay",)),
    ("aws:RequestTag/team", TAGGED, ("pay",)),
    ("aws:RequestTag/Cost", TAGGED | DENIED, ABSENT),
    ("aws:RequestTag/Team", {}, ABSENT),
    ("aws:RequestTag/Team", DENIED, UNKNOWN),
    ("aws:ResourceAccount", {}, (ACCOUNT,)),
    ("aws:ResourceAccount", BUCKET, UNKNOWN),
    ("aws:ResourceAccount", BUCKET | {"markers": ["resource_account=999999999999"]}, ("999999999999",)),
    ("aws:ResourceOrgID", BUCKET | {"markers": ["resource_account=999999999999"]}, ("o-a",)),
    ("aws:ResourceAccount", BUCKET | FOREIGN, (ACCOUNT,)),
    ("aws:ResourceAccount", BUCKET | {"account": "222233334444"}, ("222233334444",)),
    ("aws:ResourceAccount", BUCKET | SERVICE, (ACCOUNT,)),
    ("aws:ResourceAccount", BUCKET | STRANGER, UNKNOWN),
    ("aws:ResourceAccount", BUCKET | {"permissions": ["s3:CreateBucket"], "resource_types": ["s3:bucket"]}, (ACCOUNT,)),
    ("aws:ResourceAccount", {"permissions": ["ec2:DescribeInstances"]}, (ACCOUNT,)),
    ("aws:ResourceAccount", BUCKET | {"resource_arns": [f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/a/k"]}, UNKNOWN),
    ("aws:ResourceOrgID", {}, ("o-a",)),
    ("aws:ResourceTag/Team", {}, UNKNOWN),
    ("aws:SourceAccount", {}, ABSENT),
    ("aws:SourceAccount", SERVICE, UNKNOWN),
    ("ec2:InstanceType", {"context": {"ec2:InstanceType": ["m7g.large"]}}, ("m7g.large",)),
    ("ec2:InstanceType", {}, UNKNOWN),
    ("ec2:Encrypted", {}, UNKNOWN),
    ("rds:StorageEncrypted", {}, ABSENT),
    ("s3:x-amz-server-side-encryption", BUCKET, ABSENT),
    ("s3:x-amz-server-side-encryption", BUCKET | DENIED, UNKNOWN),
    ("rds:DatabaseClass", DENIED | {"service": "rds", "permissions": ["rds:CreateDBInstance"]}, UNKNOWN),
    ("bedrock-agentcore:GatewayAuthorizerType",
     {"service": "bedrock-agentcore", "permissions": ["bedrock-agentcore:CreateGateway"]}, UNKNOWN),
    ("ec2:SourceInstanceARN", {}, UNKNOWN),
    ("token.actions.githubusercontent.com:sub", {}, UNKNOWN),
    ("cognito-identity.amazonaws.com:sub", {}, UNKNOWN),
    ("cognito-identity.amazonaws.com:sub", USER, ABSENT),
    ("saml:sub", SERVICE, ABSENT),
    ("newservice:Key", USER | {"permissions": ["newservice:Make"]}, UNKNOWN),
    ("aws:PrincipalIsAWSService", STRANGER, UNKNOWN),
    ("aws:SourceAccount", STRANGER, UNKNOWN),
    ("aws:PrincipalArn", STRANGER, UNKNOWN),
    ("aws:PrincipalTag/Team", STRANGER, UNKNOWN),
    ("token.actions.githubusercontent.com:sub", {"permissions": ["sts:AssumeRoleWithWebIdentity"]}, UNKNOWN),
    ("aws:SomethingNew", {}, UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("key", "columns", "state"), CASES)
def test_a_key_is_known_absent_or_unknown_as_the_record_proves(key: str, columns: dict[str, Any], state: Any) -> None:
    translation = Translation(load_reference(), MEMBERS)
    row = fields_of(event(**columns))
    asked = next(translation.asked(row))
    assert translation.keys.state(key, row, asked) == state


def test_a_field_that_was_not_read_leaves_its_keys_unknown() -> None:
    keys = Translation(load_reference(), MEMBERS).keys
    row = {"region": "eu-west-1"}
    assert keys.state("aws:RequestedRegion", row, Asked("ec2:RunInstances")) == ("eu-west-1",)
    assert keys.state("aws:PrincipalArn", row, Asked("ec2:RunInstances")) is UNKNOWN


EC2, NO_IMAGE = f"arn:aws:ec2:eu-west-1:{ACCOUNT}", "arn:aws:ec2:eu-west-1::image/*"
MADE = [f"{EC2}:{kind}/*" for kind in ("instance", "volume", "network-interface")]
RESOURCES: list[tuple[dict[str, Any], list[Any]]] = [
    ({}, [f"{EC2}:subnet/s-1", *MADE, NO_IMAGE, f"{EC2}:security-group/*"]),
    ({"resource_types": ["ec2:image", "ec2:security-group"],
      "resource_arns": ["arn:aws:ec2:eu-west-1::image/ami-1", f"{EC2}:security-group/sg-1"]},
     ["arn:aws:ec2:eu-west-1::image/ami-1", f"{EC2}:security-group/sg-1", *MADE, f"{EC2}:subnet/*"]),
    ({"resource_types": [], "resource_arns": []},
     [*MADE, NO_IMAGE, f"{EC2}:security-group/*", f"{EC2}:subnet/*"]),
    ({"permissions": ["ec2:CreateSnapshot"], "resource_types": ["ec2:volume"], "resource_arns": [f"{EC2}:volume/v-1"]},
     [f"{EC2}:volume/v-1", "arn:aws:ec2:eu-west-1::snapshot/*"]),
    ({"permissions": ["ec2:CreateSnapshot"], "resource_types": [], "resource_arns": []}, [None]),
    (BUCKET, ["arn:aws:s3:::b/k"]),
    (BUCKET | {"resource_types": ["s3:object", "s3:bucket"], "resource_arns": ["arn:aws:s3:::b/k", "arn:aws:s3:::b"]},
     ["arn:aws:s3:::b/k"]),
    ({"permissions": ["s3:ListAllMyBuckets"], "resource_types": [], "resource_arns": []}, ["*"]),
    ({"permissions": ["iam:DeleteRole"], "resource_types": [], "resource_arns": []}, [None]),
    ({"permissions": ["iam:DeleteRole"], "resource_types": ["iam:role"], "resource_arns": [""]}, [None]),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "resources"), RESOURCES)
def test_each_permission_is_asked_of_the_resources_it_is_about(columns: dict[str, Any], resources: list[Any]) -> None:
    requests = Translation(load_reference(), MEMBERS).requests(event(**columns), [])
    assert [request.resource for request in requests] == resources


@pytest.mark.parametrize(
    ("columns", "kind", "linked"),
    [
        ({}, "role", False),
        ({"issuer": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"}, "role", True),
        ({"issuer": None, "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s"}, "role", True),
        (USER, "user", False),
        ({"principal_type": "Root", "issuer": None, "principal": f"arn:aws:iam::{ACCOUNT}:root"}, "root", False),
        (SERVICE, "service", False),
        (TOKEN, "outside", False),
        (FOREIGN, "unknown", False),
        (STRANGER, "unknown", False),
        ({"principal_type": None, "issuer": None, "principal": None}, "unknown", False),
    ],
)
def test_the_caller_is_who_the_record_says(columns: dict[str, Any], kind: str, linked: bool) -> None:
    caller = caller_of(fields_of(event(**columns)))
    assert (caller.kind, caller.service_linked) == (kind, linked)


def test_the_management_account_is_told_to_the_engine() -> None:
    manager = event(issuer="arn:aws:iam::999999999999:role/admin", account="999999999999", resource_arns=["", ""])
    (request, *_) = Translation(load_reference(), MEMBERS).requests(manager, ["aws:PrincipalArn", "aws:ResourceTag/x"])
    assert request.principal_org_management
    assert request.resource_org_management
    assert request.context == {"aws:PrincipalArn": ("arn:aws:iam::999999999999:role/admin",)}
    assert request.unknown_keys == {"aws:ResourceTag/x"}
