"""What is called in the benchmark's corpus: some sixty operations of fifteen services, with parameters like theirs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

Json = dict[str, Any]
Build = Callable[["Estate"], Json | None]
"""A request or a response, drawn for the estate's present account and region."""
CANARY: Final = "CanarySecretDoNotStore"
"""Begins every credential that is planted; nothing of it may be left after redaction."""


class Estate:
    """Draws identifiers with the cardinality that an estate has: names repeat, and small numbers more than others.

    ``account`` and ``region`` are those of the call being drawn.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.account = ""
        self.region = ""

    def one(self, kind: str, of: int, hexes: int = 17) -> str:
        """One of ``of`` identifiers of a kind, small numbers more often: ``i-0…``."""
        number = int(of * self.random.random() ** 2)
        return f"{kind}-{(number + 1) * 0x9E3779B97F4A7C15 & (1 << 4 * hexes) - 1:0{hexes}x}"

    def name(self, kind: str, of: int) -> str:
        """One of ``of`` names: ``payments-orders-17``."""
        number = int(of * self.random.random() ** 2)
        return f"{_WORDS[number % 11]}-{kind}-{number}"

    def arn(self, service: str, rest: str) -> str:
        """An ARN in the present account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def bytes(self, count: int) -> str:
        """Base64 of random bytes."""
        return base64.b64encode(self.random.randbytes(count)).decode()

    def secret(self) -> str:
        """A credential nobody has ever used."""
        return f"{CANARY}{self.random.getrandbits(64):016x}"


_WORDS: Final = ("orders", "web", "ledger", "media", "batch", "edge", "auth", "events", "models", "cart", "reports")


@dataclass(frozen=True, slots=True)
class Operation:
    """One API operation: its weight among calls of its class, and how request and response are drawn."""

    service: str
    name: str
    read: bool
    weight: float
    request: Build
    response: Build = lambda _: None
    event_source: str = ""

    @property
    def source(self) -> str:
        """``eventSource``."""
        return self.event_source or f"{self.service}.amazonaws.com"


def _items(key: str, *values: str) -> Json:
    return {"items": [{key: value} for value in values]}


def _tags(e: Estate) -> Json:
    team, stage = e.random.choice(_WORDS), e.random.choice(("prod", "stage", "dev"))
    return {"items": [{"key": "team", "value": team}, {"key": "environment", "value": stage},
                      {"key": "Name", "value": e.name("node", 900)}]}  # fmt: skip


def _run(e: Estate) -> Json:
    return {"instancesSet": {"items": [{"imageId": e.one("ami", 40), "minCount": 1, "maxCount": 1}]},
            "instanceType": e.random.choice(("m7g.large", "c7i.xlarge", "t4g.small")), "subnetId": e.one("subnet", 60),
            "blockDeviceMapping": {}, "monitoring": {"enabled": False}, "disableApiTermination": False,
            "clientToken": e.bytes(18), "groupSet": {"items": [{"groupId": e.one("sg", 300)}]},
            "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": _tags(e)["items"]}]}}  # fmt: skip


def _ran(e: Estate) -> Json:
    instance = {"instanceId": e.one("i", 20_000), "imageId": e.one("ami", 40), "architecture": "arm64",
                "currentState": {"code": 0, "name": "pending"}, "monitoring": {"state": "disabled"},
                "placement": {"availabilityZone": f"{e.region}a", "tenancy": "default"},
                "privateIpAddress": f"10.0.{e.random.randrange(256)}.{e.random.randrange(256)}"}  # fmt: skip
    return {"requestId": e.bytes(12), "reservationId": e.one("r", 100_000), "ownerId": e.account,
            "instancesSet": {"items": [instance]}}  # fmt: skip


def _assume(e: Estate) -> Json:
    role = f"arn:aws:iam::{e.account}:role/{e.name('task', 240)}"
    return {"roleArn": role, "roleSessionName": e.name("worker", 700), "durationSeconds": 3600}


def _function(e: Estate) -> Json:
    return {"functionName": e.arn("lambda", f"function:{e.name('fn', 600)}")}


def _task(e: Estate) -> Json:
    image = f"{e.account}.dkr.ecr.{e.region}.amazonaws.com/{e.name('svc', 80)}:{e.random.getrandbits(28):07x}"
    environment = [{"name": "DB_PASSWORD", "value": e.secret()}, {"name": "LEVEL", "value": "info"}]
    container = {"name": "app", "image": image, "cpu": 256, "memory": 512, "essential": True,
                 "environment": environment}  # fmt: skip
    return {"family": e.name("svc", 80), "networkMode": "awsvpc", "containerDefinitions": [container]}


def _command(e: Estate) -> Json:
    script = f"export DB_PASSWORD={e.secret()} && systemctl restart app"
    return {"documentName": "AWS-RunShellScript", "instanceIds": [e.one("i", 20_000)],
            "parameters": {"commands": [script]}, "interactive": False}  # fmt: skip


def _alarm(e: Estate) -> Json:
    return {"alarmName": e.name("alarm", 900), "metricName": "CPUUtilization", "namespace": "AWS/EC2", "period": 300,
            "statistic": "Average", "threshold": 80.0, "evaluationPeriods": 3, "actionsEnabled": True,
            "comparisonOperator": "GreaterThanThreshold",
            "dimensions": [{"name": "InstanceId", "value": e.one("i", 20_000)}]}  # fmt: skip


def _database(e: Estate) -> Json:
    return {"dBInstanceIdentifier": e.name("db", 200), "dBInstanceClass": "db.r7g.large", "engine": "postgres",
            "allocatedStorage": 100, "masterUsername": "app", "masterUserPassword": "****", "multiAZ": True,
            "vpcSecurityGroupIds": [e.one("sg", 300)], "storageEncrypted": True}  # fmt: skip


def _key(e: Estate) -> Json:
    context = {"aws:s3:arn": f"arn:aws:s3:::{e.name('bucket', 400)}"}
    return {"keyId": e.arn("kms", f"key/{e.one('k', 90, 12)}"), "encryptionContext": context,
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}  # fmt: skip


def _object(e: Estate) -> Json:
    bucket = e.name("bucket", 400)
    day = f"2026/{e.random.randrange(1, 13):02d}/{e.random.randrange(1, 29):02d}"
    return {"bucketName": bucket, "Host": f"{bucket}.s3.{e.region}.amazonaws.com",
            "key": f"{e.random.choice(_WORDS)}/{day}/part-{e.random.randrange(99_999):05d}.parquet"}  # fmt: skip


def _rule(e: Estate) -> Json:
    open_to = _items("cidrIp", f"10.{e.random.randrange(256)}.0.0/16")
    allowed = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "groups": {}, "ipRanges": open_to}
    return {"groupId": e.one("sg", 300), "ipPermissions": {"items": [allowed]}}


def _policy(e: Estate) -> Json:
    arn = f"arn:aws:s3:::{e.name('bucket', 400)}/*"
    statement = f'{{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"{arn}"}}'
    text = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
    return {"roleName": e.name("task", 240), "policyName": "access", "policyDocument": text}


def _bucket_policy(e: Estate) -> Json:
    bucket = e.name("bucket", 400)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
    return {"bucketName": bucket, "bucketPolicy": {"Version": "2012-10-17", "Statement": [statement]}}


def _named(key: str, kind: str, of: int) -> Build:
    return lambda e: {key: e.name(kind, of)}


def _by_id(key: str, kind: str, of: int) -> Build:
    return lambda e: {f"{kind}Set": _items(key, e.one(kind, of)), "filterSet": {}}


def _nothing(_: Estate) -> None:
    return None


def _page(_: Estate) -> Json:
    return {"maxResults": 100}


def _state(e: Estate) -> Json:
    return {"requestId": e.bytes(12), "instancesSet": _items("instanceId", e.one("i", 20_000))}


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("ec2", "DescribeInstances", True, 9, _by_id("instanceId", "i", 20_000)),
    Operation("ec2", "DescribeVolumes", True, 4, _by_id("volumeId", "vol", 30_000)),
    Operation("ec2", "DescribeSecurityGroups", True, 4, _by_id("groupId", "sg", 300)),
    Operation("ec2", "DescribeSubnets", True, 3, _by_id("subnetId", "subnet", 60)),
    Operation("ec2", "DescribeNetworkInterfaces", True, 4, _by_id("networkInterfaceId", "eni", 20_000)),
    Operation("ec2", "DescribeImages", True, 2, _by_id("imageId", "ami", 40)),
    Operation("ec2", "RunInstances", False, 6, _run, _ran),
    Operation("ec2", "TerminateInstances", False, 5,
              lambda e: {"instancesSet": _items("instanceId", e.one("i", 20_000))}, _state),
    Operation("ec2", "StartInstances", False, 2,
              lambda e: {"instancesSet": _items("instanceId", e.one("i", 20_000))}, _state),
    Operation("ec2", "CreateTags", False, 8,
              lambda e: {"resourcesSet": _items("resourceId", e.one("i", 20_000)), "tagSet": _tags(e)},
              lambda e: {"requestId": e.bytes(12), "_return": True}),
    Operation("ec2", "AuthorizeSecurityGroupIngress", False, 3, _rule, lambda _: {"_return": True}),
    Operation("ec2", "CreateVolume", False, 3,
              lambda e: {"size": "100", "zone": f"{e.region}a", "volumeType": "gp3", "tagSpecificationSet": _tags(e)},
              lambda e: {"volumeId": e.one("vol", 30_000), "status": "creating", "size": "100"}),
    Operation("s3", "GetObject", True, 8, _object),
    Operation("s3", "HeadObject", True, 3, _object),
    Operation("s3", "GetBucketAcl", True, 3, _named("bucketName", "bucket", 400)),
    Operation("s3", "GetBucketPolicy", True, 2, _named("bucketName", "bucket", 400)),
    Operation("s3", "ListBuckets", True, 2, _nothing),
    Operation("s3", "PutObject", False, 10, _object),
    Operation("s3", "PutBucketPolicy", False, 1, _bucket_policy),
    Operation("s3", "CreateBucket", False, 1, _named("bucketName", "bucket", 400)),
    Operation("s3", "DeleteObject", False, 3, _object),
    Operation("iam", "GetRole", True, 3, _named("roleName", "task", 240)),
    Operation("iam", "ListRoles", True, 2, _page),
    Operation("iam", "GetUser", True, 1, _named("userName", "user", 150)),
    Operation("iam", "ListAttachedRolePolicies", True, 2, _named("roleName", "task", 240)),
    Operation("iam", "AttachRolePolicy", False, 2,
              lambda e: {"roleName": e.name("task", 240), "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    Operation("iam", "PutRolePolicy", False, 2, _policy),
    Operation("iam", "CreateRole", False, 1, _named("roleName", "task", 240)),
    Operation("sts", "GetCallerIdentity", True, 4, _nothing),
    Operation("lambda", "GetFunction20150331v2", True, 3, _function),
    Operation("lambda", "ListFunctions20150331", True, 2, _page),
    Operation("lambda", "UpdateFunctionCode20150331v2", False, 4,
              lambda e: {**_function(e), "s3Bucket": e.name("bucket", 400), "publish": True, "dryRun": False}),
    Operation("lambda", "Invoke", False, 4, _function),
    Operation("dynamodb", "DescribeTable", True, 4, _named("tableName", "table", 300)),
    Operation("dynamodb", "ListTables", True, 1, _page),
    Operation("dynamodb", "UpdateTable", False, 2, _named("tableName", "table", 300)),
    Operation("kms", "Decrypt", True, 9, _key),
    Operation("kms", "GenerateDataKey", True, 5, _key),
    Operation("kms", "DescribeKey", True, 1, _key),
    Operation("logs", "DescribeLogGroups", True, 2,
              lambda e: {"logGroupNamePrefix": f"/aws/lambda/{e.name('fn', 600)}"}),
    Operation("logs", "CreateLogStream", False, 9,
              lambda e: {"logGroupName": f"/aws/lambda/{e.name('fn', 600)}",
                               "logStreamName": f"2026/02/17/[$LATEST]{e.random.getrandbits(128):032x}"}),
    Operation("logs", "PutRetentionPolicy", False, 1,
              lambda e: {"logGroupName": f"/aws/lambda/{e.name('fn', 600)}", "retentionInDays": 30}),
    Operation("cloudformation", "DescribeStacks", True, 3, _named("stackName", "stack", 250)),
    Operation("cloudformation", "DescribeStackEvents", True, 2, _named("stackName", "stack", 250)),
    Operation("cloudformation", "UpdateStack", False, 2,
              lambda e: {"stackName": e.name("stack", 250), "capabilities": ["CAPABILITY_NAMED_IAM"],
                               "parameters": [{"parameterKey": "Version", "parameterValue": "****"}]},
              lambda e: {"stackId": e.arn("cloudformation", f"stack/{e.name('stack', 250)}/{e.bytes(12)}")}),
    Operation("ssm", "GetParameter", True, 4,
              lambda e: {"name": f"/{e.name('param', 500)}/url", "withDecryption": True}),
    Operation("ssm", "DescribeInstanceInformation", True, 2, _page),
    Operation("ssm", "SendCommand", False, 6, _command),
    Operation("secretsmanager", "GetSecretValue", True, 4,
              lambda e: {"secretId": e.arn("secretsmanager", f"secret:{e.name('secret', 300)}-AbCdEf")}),
    Operation("secretsmanager", "DescribeSecret", True, 1, _named("secretId", "secret", 300)),
    Operation("rds", "DescribeDBInstances", True, 3, _named("dBInstanceIdentifier", "db", 200)),
    Operation("rds", "CreateDBInstance", False, 1, _database,
              lambda e: {**_database(e), "dBInstanceStatus": "creating"}),
    Operation("rds", "ModifyDBInstance", False, 2, _database),
    Operation("ecs", "DescribeTasks", True, 4,
              lambda e: {"cluster": e.name("cluster", 30), "tasks": [e.one("task", 9_000, 32)]}),
    Operation("ecs", "UpdateService", False, 3,
              lambda e: {"cluster": e.name("cluster", 30), "service": e.name("svc", 80), "desiredCount": 3}),
    Operation("ecs", "RegisterTaskDefinition", False, 5, _task),
    Operation("cloudwatch", "DescribeAlarms", True, 2, _page, event_source="monitoring.amazonaws.com"),
    Operation("cloudwatch", "PutMetricAlarm", False, 3, _alarm, event_source="monitoring.amazonaws.com"),
    Operation("elasticloadbalancing", "DescribeTargetHealth", True, 4,
              lambda e: {"targetGroupArn": e.arn("elasticloadbalancing", f"targetgroup/{e.name('tg', 120)}/73e2")}),
    Operation("eks", "DescribeCluster", True, 2, _named("name", "cluster", 30)),
)  # fmt: skip

ASSUME_ROLE: Final = Operation("sts", "AssumeRole", True, 1, _assume)
READS: Final = tuple(operation for operation in OPERATIONS if operation.read)
WRITES: Final = tuple(operation for operation in OPERATIONS if not operation.read)
