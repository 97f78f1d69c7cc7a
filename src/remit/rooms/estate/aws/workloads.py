"""The company's own code, running all day on Lambda, ECS, EC2 and EKS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from remit.rooms.estate.aws.calls import Caller, Step, play
from remit.rooms.estate.aws.clients import boto3, go_sdk
from remit.rooms.estate.aws.identity import role_session
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.aws.sessions import by_service, oidc
from remit.rooms.estate.cast import PRODUCTION, SHARED, STAGING, Account
from remit.rooms.estate.chance import Chance, stable_digits, stable_uuid
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import SECOND
from remit.rooms.estate.rhythm import Moment

_PAUSE: Final = (SECOND // 4, 3 * SECOND)
_SECRET: Final = Step("secretsmanager:GetSecretValue", {"secretId": "{secret}"})
_DECRYPT: Final = Step(
    "kms:Decrypt", {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, None, [("AWS::KMS::Key", "{key}")], {"readOnly": True}
)
_RUN: Final = (
    _SECRET,
    _DECRYPT,
    Step("scheduler:CreateSchedule", {"name": "{app}-{random}", "groupName": "default"}, None),
    Step("dynamodb:DescribeTable", {"tableName": "{table}"}),
    Step("ssm:GetParameters", {"names": ["/{environment}/{app}/feature-flags"]}),
    Step(
        "events:PutRule",
        {"name": "{app}-followup", "state": "ENABLED"},
        {"ruleArn": "arn:aws:events:{region}:{account}:rule/{app}-followup"},
    ),
)
_CLEAN: Final = (
    Step("ec2:DescribeSnapshots", {"ownersSet": {"items": [{"owner": "self"}]}}),
    Step("ec2:DeleteSnapshot", {"snapshotId": "{snapshot}"}, {"_return": True}),
    Step("ec2:CreateTags", {"resourcesSet": {"items": [{"resourceId": "{volume}"}]}}, {"_return": True}),
)
_CONTROLLER: Final = (
    Step(
        "ec2:DescribeNetworkInterfaces", {"networkInterfaceIdSet": {"items": [{"networkInterfaceId": "{interface}"}]}}
    ),
    Step(
        "ec2:CreateNetworkInterface",
        {"subnetId": "{subnet}", "description": "pod"},
        {"networkInterface": {"networkInterfaceId": "{interface}"}},
    ),
    Step(
        "ec2:AttachNetworkInterface",
        {"networkInterfaceId": "{interface}", "instanceId": "{instance}"},
        {"attachmentId": "eni-attach-{random}"},
    ),
)
Play = Callable[[Moment], Iterator[Item]]


def _some(steps: tuple[Step, ...], chance: Chance) -> list[Step]:
    return [step for step in steps if chance.happens(0.5)] or [steps[0]]


def lambda_function(account: Account, function: str, steps: tuple[Step, ...] = _RUN) -> Play:
    """A function under its own role; AWS stamps what the credentials were issued to."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance, app = moment.chance, function.partition("-")[0]
        identity = role_session(account, f"{function}-role", function, moment.at, key=chance.access_key())
        arn = f"arn:aws:lambda:eu-west-1:{account.id}:function:{function}"
        identity["inScopeOf"] = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": arn}
        caller = Caller(account, identity, "192.0.2.30", boto3("AWS_Lambda_python3.13"))
        yield from play(caller, _some(steps, chance), moment.at, chance, names(account, chance, app), _PAUSE)

    return scene


def snapshot_cleaner(moment: Moment) -> Iterator[Item]:
    """A scheduled function that deletes old snapshots: destructive, and no one's surprise."""
    yield from lambda_function(PRODUCTION, "snapshot-cleaner", _CLEAN)(moment)


def ecs_task(account: Account, app: str) -> Play:
    """A container on Fargate; the role session is named after the task, and ECS asked for it."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        issue, caller = by_service(
            "ecs-tasks.amazonaws.com",
            account,
            f"{app}-task",
            chance.hex(32),
            moment.at,
            chance,
            "192.0.2.41",
            boto3("AWS_ECS_FARGATE", "Z,D,b,z"),
        )
        yield issue
        yield from play(
            caller, _some(_RUN, chance), moment.at + 2 * SECOND, chance, names(account, chance, app), _PAUSE
        )

    return scene


def ec2_service(moment: Moment) -> Iterator[Item]:
    """A service on an instance with the instance's role."""
    chance = moment.chance
    instance = "i-0" + stable_digits("search-node", digits=16)
    identity = role_session(
        PRODUCTION, "search-node", instance, moment.at, key=chance.access_key(), ec2RoleDelivery="2.0"
    )
    arn = f"arn:aws:ec2:eu-west-1:{PRODUCTION.id}:instance/{instance}"
    identity["inScopeOf"] = {"issuerType": "AWS::EC2::Instance", "credentialsIssuedTo": arn}
    caller = Caller(PRODUCTION, identity, "192.0.2.55", go_sdk("ec2", "E,0"))
    yield from play(caller, _some(_RUN, chance), moment.at, chance, names(PRODUCTION, chance, "search"), _PAUSE)


def irsa(moment: Moment) -> Iterator[Item]:
    """A controller in EKS with a service account's token (IRSA)."""
    chance = moment.chance
    issuer = f"oidc.eks.eu-west-1.amazonaws.com/id/{stable_digits('eks', digits=32).upper()}"
    subject = "system:serviceaccount:kube-system:vpc-controller"
    session = f"{moment.at}000"
    door, holder = oidc(PRODUCTION, "eks-vpc-controller", session, issuer, subject, moment.at, chance, "192.0.2.63")
    door.record["userAgent"] = go_sdk("sts")
    yield door
    caller = replace(holder, agent=go_sdk("ec2", "E,k"))
    yield from play(caller, _some(_CONTROLLER, chance), moment.at + SECOND, chance, names(PRODUCTION, chance), _PAUSE)


def pod_identity(moment: Moment) -> Iterator[Item]:
    """A pod in EKS by Pod Identity: the service assumes the role and tags the session with cluster, namespace, pod."""
    chance = moment.chance
    pod = f"catalog-{chance.hex(10)}"
    issue, caller = by_service(
        "pods.eks.amazonaws.com",
        STAGING,
        "catalog-pod",
        f"eks-acme-staging-{pod}",
        moment.at,
        chance,
        "192.0.2.71",
        boto3(features="Z,D,b,z"),
    )
    tags = {
        "eks-cluster-arn": f"arn:aws:eks:eu-west-1:{STAGING.id}:cluster/acme-staging",
        "eks-cluster-name": "acme-staging",
        "kubernetes-namespace": "shop",
        "kubernetes-service-account": "catalog",
        "kubernetes-pod-name": pod,
        "kubernetes-pod-uid": stable_uuid(pod),
    }
    issue.record["requestParameters"]["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
    yield issue
    yield from play(caller, _some(_RUN, chance), moment.at + SECOND, chance, names(STAGING, chance, "catalog"), _PAUSE)


SHARED_WORKER: Final = lambda_function(SHARED, "audit-exporter")
