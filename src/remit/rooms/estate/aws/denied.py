"""Denials of every kind AWS knows, and failures that look like them and are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from remit.rooms.estate.aws import refusals
from remit.rooms.estate.aws.agents import CLAUDE_CODE
from remit.rooms.estate.aws.calls import Caller, Step, call
from remit.rooms.estate.aws.clients import aws_cli, awslabs_mcp, boto3
from remit.rooms.estate.aws.iac import jenkins_host
from remit.rooms.estate.aws.identity import role_session
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.aws.sessions import by_service, laptop
from remit.rooms.estate.cast import (
    ANA,
    DATA_PERIMETER_RCP,
    LIAM,
    MAYA,
    PRODUCTION,
    PROTECT_REGIONS_SCP,
    SHARED,
    STAGING,
    Account,
    Person,
)
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import SECOND
from remit.rooms.estate.rhythm import Moment

_BOUNDARY: Final = f"arn:aws:iam::{PRODUCTION.id}:policy/support-agent-boundary"
_OBJECT: Final = "arn:aws:s3:::{bucket}/{object}"
_S3: Final = [("AWS::S3::Object", _OBJECT), ("AWS::S3::Bucket", "arn:aws:s3:::{bucket}")]
_GET_OBJECT: Final = {"bucketName": "{bucket}", "key": "{object}"}
_DATA: Final = {"eventCategory": "Data", "managementEvent": False}
_INSTANCE: Final = "arn:aws:ec2:{region}:{account}:instance/*"
_ROLE: Final = "arn:aws:iam::{account}:role/{role}"
_TABLE: Final = "arn:aws:dynamodb:{region}:{account}:table/{table}"
_RUN: Final = {"instancesSet": {"items": [{"minCount": 1, "maxCount": 1}]}, "instanceType": "c7g.4xlarge"}

SCP_REGION: Final = Step(
    "ec2:RunInstances",
    _RUN,
    refusal=refusals.ec2_explicit(
        "ec2:RunInstances", _INSTANCE.replace("{region}", "us-west-1"), "service control policy", PROTECT_REGIONS_SCP
    ),
)
RCP: Final = Step(
    "s3:GetObject",
    _GET_OBJECT,
    None,
    _S3,
    _DATA,
    refusals.explicit("s3:GetObject", '"' + _OBJECT + '"', "resource control policy", DATA_PERIMETER_RCP),
)
BOUNDARY: Final = Step(
    "s3:GetObject",
    _GET_OBJECT,
    None,
    _S3,
    _DATA,
    refusals.implicit("s3:GetObject", '"' + _OBJECT + '"', "permissions boundary"),
)
BOUNDARY_EXPLICIT: Final = Step(
    "iam:CreateAccessKey",
    {"userName": "support"},
    refusal=refusals.explicit("iam:CreateAccessKey", "user support", "permissions boundary", _BOUNDARY),
)
IDENTITY: Final = Step(
    "iam:CreateRole",
    {"roleName": "{role}-v2"},
    refusal=refusals.implicit("iam:CreateRole", _ROLE + "-v2", "identity-based policy"),
)
SESSION: Final = Step(
    "dynamodb:DeleteTable",
    {"tableName": "{table}"},
    refusal=refusals.implicit("dynamodb:DeleteTable", _TABLE, "session policy", "AccessDeniedException"),
)
VPC_ENDPOINT: Final = Step(
    "sqs:PurgeQueue",
    {"queueUrl": "{queue}"},
    extra={"vpcEndpointId": "vpce-0demo0000000000a1"},
    refusal=refusals.explicit("sqs:PurgeQueue", "arn:aws:sqs:{region}:{account}:{app}-events", "VPC endpoint policy"),
)
VPC_ENDPOINT_EVENT: Final = Step(
    "s3:PutObject",
    _GET_OBJECT,
    None,
    _S3,
    {
        "eventType": "AwsVpceEvent",
        "eventCategory": "NetworkActivity",
        "managementEvent": False,
        "vpcEndpointId": "vpce-0demo0000000000a1",
        "vpcEndpointAccountId": SHARED.id,
    },
    refusals.VPC_ENDPOINT_EVENT,
)
EC2_ENCODED: Final = Step(
    "ec2:TerminateInstances",
    {"instancesSet": {"items": [{"instanceId": "{instance}"}]}},
    refusal=refusals.ec2_encoded(),
)
S3_BARE: Final = Step("s3:PutBucketPolicy", {"bucketName": "{bucket}", "policy": ""}, None, _S3[1:], {}, refusals.BARE)
KMS: Final = Step(
    "kms:Decrypt", {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, extra={"readOnly": True}, refusal=refusals.KMS
)
TRUST: Final = Step(
    "sts:AssumeRole",
    {"roleArn": _ROLE, "roleSessionName": "demo"},
    refusal=refusals.implicit("sts:AssumeRole", _ROLE, "role trust policy"),
)
NOT_DENIALS: Final = (
    Step("ssm:PutParameter", {"name": "/{environment}/{app}/flags"}, refusal=refusals.THROTTLED),
    Step(
        "s3:GetBucketPolicy",
        {"bucketName": "{bucket}", "policy": ""},
        None,
        _S3[1:],
        {},
        refusals.Refusal("NoSuchBucketPolicy", "The bucket policy does not exist"),
    ),
    Step(
        "ec2:DescribeVolumes",
        {"volumeSet": {"items": [{"volumeId": "{volume}"}]}},
        refusal=refusals.Refusal("Client.InvalidVolume.NotFound", "The volume 'vol-0demo' does not exist."),
    ),
    Step(
        "iam:GetRole",
        {"roleName": "{role}-old"},
        refusal=refusals.Refusal("NoSuchEntityException", "The role with name old cannot be found."),
    ),
    Step(
        "ec2:RunInstances",
        _RUN,
        refusal=refusals.Refusal("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
    ),
)
Play = Callable[[Moment], Iterator[Item]]


def by_person(person: Person, account: Account, permission_set: str, *steps: Step) -> Play:
    """One refused call of a person at the CLI, a different one each time."""

    def scene(moment: Moment) -> Iterator[Item]:
        caller = laptop(account, permission_set, person, moment.at, moment.chance, aws_cli)
        yield _refused(caller, steps[moment.ordinal % len(steps)], moment)

    return scene


def _refused(caller: Caller, step: Step, moment: Moment) -> Item:
    region = "us-west-1" if step is SCP_REGION else caller.region
    return call(replace(caller, region=region), step, moment.at, moment.chance, names(caller.account, moment.chance))


def wrong_region(moment: Moment) -> Iterator[Item]:
    """Claude Code tries a region that the organization's service control policy closes."""
    caller = laptop(STAGING, "Developer", LIAM, moment.at, moment.chance, awslabs_mcp(CLAUDE_CODE))
    yield _refused(caller, SCP_REGION, moment)


def from_workload(moment: Moment) -> Iterator[Item]:
    """A container outside the perimeter, and through a VPC endpoint whose policy says no."""
    caller = Caller(
        STAGING,
        role_session(STAGING, "orders-task", moment.chance.hex(32), moment.at, key=moment.chance.access_key()),
        "192.0.2.41",
        boto3("AWS_ECS_FARGATE", "Z,D,b,z"),
    )
    yield _refused(caller, (RCP, VPC_ENDPOINT, VPC_ENDPOINT_EVENT, KMS)[moment.ordinal % 4], moment)


def from_pipeline(moment: Moment) -> Iterator[Item]:
    """Terraform under a scoped-down session meets what its session policy leaves out."""
    yield _refused(jenkins_host(PRODUCTION, moment.at, moment.chance), SESSION, moment)


def support_agent_retries(moment: Moment) -> Iterator[Item]:
    """The support agent meets its boundary and tries again, and again: a group worth a look."""
    chance = moment.chance
    issue, caller = by_service(
        "bedrock-agentcore.amazonaws.com",
        PRODUCTION,
        "support-agent-runtime",
        f"BedrockAgentCore-{chance.uuid()}",
        moment.at,
        chance,
        "192.0.2.90",
        boto3("AWS_ECS_FARGATE"),
    )
    yield issue
    values = names(PRODUCTION, chance) | {"app": "invoices", "bucket": "acme-production-invoices"}
    for attempt in range(14):
        at = moment.at + (3 + attempt * chance.between(25, 45)) * SECOND
        yield call(caller, BOUNDARY_EXPLICIT if attempt == 13 else BOUNDARY, at, chance, values)


def no_denial(moment: Moment) -> Iterator[Item]:
    """Throttles, absent things and a dry run: failures, and no denials."""
    caller = laptop(PRODUCTION, "ReadOnly", ANA, moment.at, moment.chance, aws_cli)
    yield _refused(caller, NOT_DENIALS[moment.ordinal % len(NOT_DENIALS)], moment)


people: Final = by_person(MAYA, PRODUCTION, "ReadOnly", IDENTITY, EC2_ENCODED, S3_BARE, TRUST)
