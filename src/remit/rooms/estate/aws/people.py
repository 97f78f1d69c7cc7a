"""People in the console, in CloudShell and at the CLI, and one script whose caller nobody can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from remit.rooms.estate.aws.calls import Caller, Step, call, play
from remit.rooms.estate.aws.clients import aws_cli, boto3, cloud_shell
from remit.rooms.estate.aws.identity import iam_user
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.aws.sessions import console_sign_in, laptop
from remit.rooms.estate.cast import SHARED, Account, Person
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import MINUTE, SECOND
from remit.rooms.estate.rhythm import Moment

_INSTANCES: Final = {"instancesSet": {"items": [{"instanceId": "{instance}"}]}}
CONSOLE_STEPS: Final = (
    Step("ec2:DescribeInstances", {"instancesSet": {}, "filterSet": {}}),
    Step("ec2:DescribeInstanceStatus", _INSTANCES),
    Step("cloudwatch:DescribeAlarms", {"maxRecords": 100}),
    Step("cloudwatch:GetMetricData", {"maxDatapoints": 500}),
    Step("logs:FilterLogEvents", {"logGroupName": "{log}", "limit": 100}),
    Step("rds:DescribeDBInstances", {"dBInstanceIdentifier": "{database}"}),
    Step("lambda:GetFunction20150331v2", {"functionName": "{function}"}),
    Step("ecs:DescribeServices", {"cluster": "{cluster}", "services": ["{app}"]}),
    Step("s3:ListBuckets", {"Host": "s3.{region}.amazonaws.com"}),
    Step("iam:ListRoles", {"maxItems": 100}),
)
CONSOLE_CHANGES: Final = (
    Step("ec2:RebootInstances", _INSTANCES, {"_return": True}),
    Step(
        "ecs:UpdateService",
        {"cluster": "{cluster}", "service": "{app}", "desiredCount": 4},
        {"service": {"serviceName": "{app}"}},
    ),
    Step("cloudwatch:PutMetricAlarm", {"alarmName": "{alarm}", "threshold": 25.0}, None),
    Step(
        "lambda:UpdateFunctionConfiguration20150331v2",
        {"functionName": "{function}", "memorySize": 1024},
        {"functionName": "{function}"},
    ),
    Step(
        "ec2:AuthorizeSecurityGroupIngress",
        {
            "groupId": "{group}",
            "ipPermissions": {
                "items": [
                    {
                        "ipProtocol": "tcp",
                        "fromPort": 5432,
                        "toPort": 5432,
                        "ipRanges": {"items": [{"cidrIp": "203.0.113.0/24"}]},
                    }
                ]
            },
        },
        {"_return": True},
    ),
    Step(
        "rds:ModifyDBInstance",
        {"dBInstanceIdentifier": "{database}", "applyImmediately": True, "backupRetentionPeriod": 14},
        {"dBInstanceIdentifier": "{database}"},
    ),
    Step(
        "s3:PutBucketLifecycle",
        {"bucketName": "{bucket}", "lifecycle": ""},
        None,
        [("AWS::S3::Bucket", "arn:aws:s3:::{bucket}")],
    ),
    Step(
        "iam:AttachRolePolicy",
        {"roleName": "{role}", "policyArn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"},
        None,
    ),
    Step("secretsmanager:RotateSecret", {"secretId": "{secret}", "rotateImmediately": True}, {"name": "{secret}"}),
)
CLI_STEPS: Final = (
    Step("sts:GetCallerIdentity", None),
    Step(
        "s3:ListObjects",
        {"bucketName": "{bucket}", "prefix": "exports/"},
        None,
        [("AWS::S3::Bucket", "arn:aws:s3:::{bucket}")],
    ),
    Step(
        "logs:StartQuery",
        {"logGroupName": "{log}", "queryString": "fields @timestamp"},
        {"queryId": "{random}"},
        extra={"readOnly": True},
    ),
    Step("lambda:ListFunctions20150331", None),
    Step("dynamodb:DescribeTable", {"tableName": "{table}"}),
    Step("ecs:ListTasks", {"cluster": "{cluster}", "serviceName": "{app}"}),
    Step("ssm:GetParameter", {"name": "/{environment}/{app}/feature-flags", "withDecryption": False}),
    Step("sqs:GetQueueAttributes", {"queueUrl": "{queue}"}),
)
CLI_CHANGES: Final = (
    Step("sqs:PurgeQueue", {"queueUrl": "{queue}"}, None),
    Step(
        "ecs:UpdateService",
        {"cluster": "{cluster}", "service": "{app}", "forceNewDeployment": True},
        {"service": {"serviceName": "{app}"}},
    ),
    Step(
        "ssm:PutParameter",
        {
            "name": "/{environment}/{app}/feature-flags",
            "type": "String",
            "overwrite": True,
            "value": "HIDDEN_DUE_TO_SECURITY_REASONS",
        },
        {"version": 7},
    ),
    Step(
        "ec2:CreateTags",
        {
            "resourcesSet": {"items": [{"resourceId": "{instance}"}]},
            "tagSet": {"items": [{"key": "owner", "value": "{app}"}]},
        },
        {"_return": True},
    ),
    Step(
        "ec2:CreateSnapshot",
        {"volumeId": "{volume}", "description": "before upgrade"},
        {"snapshotId": "{snapshot}", "volumeId": "{volume}"},
    ),
    Step("logs:PutRetentionPolicy", {"logGroupName": "{log}", "retentionInDays": 30}, None),
)
_SCRIPT: Final = (
    Step(
        "s3:ListObjects",
        {"bucketName": "acme-shared-exports", "prefix": "nightly/"},
        None,
        [("AWS::S3::Bucket", "arn:aws:s3:::acme-shared-exports")],
    ),
    Step(
        "dynamodb:ExportTableToPointInTime",
        {"tableArn": "arn:aws:dynamodb:{region}:{account}:table/{table}", "s3Bucket": "acme-shared-exports"},
        {"exportDescription": {"exportStatus": "IN_PROGRESS"}},
    ),
    Step(
        "s3:PutBucketTagging",
        {"bucketName": "acme-shared-exports", "tagging": ""},
        None,
        [("AWS::S3::Bucket", "arn:aws:s3:::acme-shared-exports")],
    ),
    Step(
        "ec2:CreateSnapshot",
        {"volumeId": "{volume}", "description": "nightly"},
        {"snapshotId": "{snapshot}", "volumeId": "{volume}"},
    ),
    Step("ec2:DeleteSnapshot", {"snapshotId": "{snapshot}"}, {"_return": True}),
)
PEOPLE_PAUSE: Final = (9 * SECOND, 2 * MINUTE)
Play = Callable[[Moment], Iterator[Item]]


def console(person: Person, account: Account, permission_set: str) -> Play:
    """A person signs in, looks around and now and then changes one thing."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        login, caller = console_sign_in(account, permission_set, person, moment.at, chance)
        yield login
        steps = [chance.pick(CONSOLE_STEPS) for _ in range(chance.between(3, 7))]
        if chance.happens(0.6):
            steps.append(chance.pick(CONSOLE_CHANGES))
        yield from play(caller, steps, moment.at + 8 * SECOND, chance, names(account, chance), PEOPLE_PAUSE)

    return scene


def shell(person: Person, account: Account, permission_set: str) -> Play:
    """The same person in CloudShell: the credential comes from the console, the calls are a command line's."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        login, signed_in = console_sign_in(account, permission_set, person, moment.at, chance)
        yield login
        caller = replace(signed_in, agent=cloud_shell, address="192.0.2.77")
        steps = [chance.pick(CLI_STEPS) for _ in range(3)] + [chance.pick(CLI_CHANGES)]
        yield from play(caller, steps, moment.at + 40 * SECOND, chance, names(account, chance), PEOPLE_PAUSE)

    return scene


def command_line(person: Person, account: Account, permission_set: str) -> Play:
    """A person with AWS CLI and an SSO login on a laptop."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        caller = laptop(account, permission_set, person, moment.at, chance, aws_cli)
        steps = [chance.pick(CLI_STEPS) for _ in range(chance.between(2, 5))]
        if chance.happens(0.5):
            steps.append(chance.pick(CLI_CHANGES))
        yield from play(caller, steps, moment.at, chance, names(account, chance), PEOPLE_PAUSE)

    return scene


def nightly_script(moment: Moment) -> Iterator[Item]:
    """A long-lived key and plain Boto3: a script, a pipeline or an agent. Nothing in the record decides."""
    caller = Caller(SHARED, iam_user(SHARED, "nightly-export"), "198.51.100.14", boto3())
    at = moment.at
    for step in _SCRIPT:
        yield call(caller, step, at, moment.chance, names(SHARED, moment.chance))
        at += moment.chance.between(2, 9) * SECOND
