"""The provider itself at work: service-linked roles, service principals and service events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from remit.rooms.estate.aws.calls import Caller, Step, call, play
from remit.rooms.estate.aws.identity import role_session, service
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.cast import PRODUCTION, SHARED, Account
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import MINUTE, SECOND
from remit.rooms.estate.rhythm import Moment

_PAUSE: Final = (SECOND, 20 * SECOND)
SCALING: Final = (
    Step(
        "ec2:RunInstances",
        {"instancesSet": {"items": [{"minCount": 1, "maxCount": 1}]}, "instanceType": "m7g.large"},
        {"instancesSet": {"items": [{"instanceId": "{instance}"}]}},
    ),
    Step("ec2:CreateTags", {"resourcesSet": {"items": [{"resourceId": "{instance}"}]}}, {"_return": True}),
    Step(
        "ec2:TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": "{instance}"}]}},
        {"instancesSet": {"items": [{"instanceId": "{instance}"}]}},
    ),
)
RECORDING: Final = (
    Step("ec2:DescribeSecurityGroups", {"securityGroupSet": {}}),
    Step("s3:GetBucketPolicyStatus", {"bucketName": "{bucket}"}, None, [("AWS::S3::Bucket", "arn:aws:s3:::{bucket}")]),
    Step("iam:GetRole", {"roleName": "{role}"}),
    Step("rds:DescribeDBClusters", None),
)
BACKING_UP: Final = (
    Step("rds:DescribeDBClusters", {"dBClusterIdentifier": "{database}"}),
    Step(
        "rds:CreateDBClusterSnapshot",
        {"dBClusterIdentifier": "{database}", "dBClusterSnapshotIdentifier": "awsbackup-{random}"},
        {"dBClusterSnapshotIdentifier": "awsbackup-{random}"},
    ),
    Step("ec2:CreateSnapshot", {"volumeId": "{volume}"}, {"snapshotId": "{snapshot}"}),
)
Play = Callable[[Moment], Iterator[Item]]


def linked_role(account: Account, principal: str, role: str, session: str, steps: tuple[Step, ...]) -> Play:
    """An AWS service under its own service-linked role."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        identity = role_session(account, role, session, moment.at, path=f"/aws-service-role/{principal}/")
        caller = Caller(account, {**identity, "invokedBy": principal}, principal, principal)
        chosen = [chance.pick(steps) for _ in range(chance.between(1, 3))]
        yield from play(caller, chosen, moment.at, chance, names(account, chance), _PAUSE)

    return scene


def key_rotation(moment: Moment) -> Iterator[Item]:
    """A service event: no caller, no call, only what the service did."""
    chance = moment.chance
    values = names(PRODUCTION, chance)
    caller = Caller(
        PRODUCTION,
        {"accountId": PRODUCTION.id, "invokedBy": "kms.amazonaws.com"},
        "kms.amazonaws.com",
        "kms.amazonaws.com",
    )
    extra = {
        "eventType": "AwsServiceEvent",
        "serviceEventDetails": {"keyId": values["key"], "rotationType": "AUTOMATIC"},
    }
    step = Step("kms:RotateKey", None, None, [("AWS::KMS::Key", "{key}")], {**extra, "readOnly": False})
    yield call(caller, step, moment.at, chance, values)


def log_delivery(moment: Moment) -> Iterator[Item]:
    """A service principal reads and writes for itself."""
    chance = moment.chance
    principal = "cloudtrail.amazonaws.com"
    caller = Caller(SHARED, service(principal), principal, principal)
    bucket = [("AWS::S3::Bucket", "arn:aws:s3:::acme-shared-trail")]
    steps = [Step("s3:GetBucketAcl", {"bucketName": "acme-shared-trail", "acl": ""}, None, bucket)]
    steps.append(
        Step(
            "kms:GenerateDataKey",
            {"keyId": "{key}", "keySpec": "AES_256"},
            None,
            [("AWS::KMS::Key", "{key}")],
            {"readOnly": True},
        )
    )
    yield from play(caller, steps, moment.at, chance, names(SHARED, chance), (SECOND, MINUTE))
