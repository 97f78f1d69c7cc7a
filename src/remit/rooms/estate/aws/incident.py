"""The incident: an agent on a staging ticket deletes a production database in nine seconds.

Maya asks Claude Code to clean up staging databases (STG-482). In a repository file the agent finds a role that a
break-glass pipeline uses in production and whose trust policy also admits staging. It assumes the role, meets deletion
protection, turns it off, and goes on. A service control policy keeps the automated backup, from which Omar restores.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.estate.aws import refusals
from remit.rooms.estate.aws.agents import CLAUDE_CODE
from remit.rooms.estate.aws.calls import Caller, Step, call
from remit.rooms.estate.aws.clients import awslabs_mcp
from remit.rooms.estate.aws.identity import role_arn
from remit.rooms.estate.aws.sessions import chained, console_sign_in, laptop
from remit.rooms.estate.cast import MAYA, OMAR, PRODUCTION, PROTECT_BACKUPS_SCP, REGION, STAGING
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import MINUTE, SECOND
from remit.rooms.estate.rhythm import INCIDENT_BEFORE_END, Moment

TICKET: Final = "STG-482"
BRANCH: Final = "STG-482-clean-up-staging-databases"
DATABASE: Final = "orders-production"
BREAK_GLASS: Final = "break-glass-deploy"
SESSION: Final = "STG-482-clean-up-staging-databases"
_ARN: Final = f"arn:aws:rds:{REGION}:{PRODUCTION.id}"
CLUSTER_ARN: Final = f"{_ARN}:cluster:{DATABASE}"
_CLUSTER: Final = [("AWS::RDS::DBCluster", CLUSTER_ARN)]
_CLUSTER_ID: Final = {"dBClusterIdentifier": DATABASE}
_BACKUP: Final = "cluster-DEMOORDERSPRODUCTION0001"


def _deleted_instance(number: int) -> Step:
    name = f"{DATABASE}-{number}"
    return Step(
        "rds:DeleteDBInstance",
        {"dBInstanceIdentifier": name, "skipFinalSnapshot": True, "deleteAutomatedBackups": True},
        {"dBInstanceIdentifier": name, "dBInstanceStatus": "deleting", "dBClusterIdentifier": DATABASE},
        [("AWS::RDS::DBInstance", f"{_ARN}:db:{name}")],
    )


def _deleted_snapshot(name: str) -> Step:
    return Step(
        "rds:DeleteDBClusterSnapshot",
        {"dBClusterSnapshotIdentifier": name},
        {"dBClusterSnapshotIdentifier": name, "dBClusterIdentifier": DATABASE, "status": "deleted"},
        [("AWS::RDS::DBClusterSnapshot", f"{_ARN}:cluster-snapshot:{name}")],
    )


_DELETE: Final = {**_CLUSTER_ID, "skipFinalSnapshot": True}
NINE_SECONDS: Final = (
    Step("rds:DeleteDBCluster", _DELETE, None, _CLUSTER, {}, refusals.DELETION_PROTECTED),
    Step(
        "rds:ModifyDBCluster",
        {**_CLUSTER_ID, "deletionProtection": False, "applyImmediately": True},
        {**_CLUSTER_ID, "deletionProtection": False, "status": "available"},
        _CLUSTER,
    ),
    _deleted_snapshot(f"{DATABASE}-before-v42"),
    _deleted_snapshot(f"{DATABASE}-weekly"),
    Step(
        "rds:DeleteDBClusterAutomatedBackup",
        {"dbClusterResourceId": _BACKUP},
        refusal=refusals.explicit(
            "rds:DeleteDBClusterAutomatedBackup",
            f"{_ARN}:cluster-auto-backup:{_BACKUP}",
            "service control policy",
            PROTECT_BACKUPS_SCP,
        ),
    ),
    _deleted_instance(1),
    _deleted_instance(2),
    Step("rds:DeleteDBCluster", _DELETE, {**_CLUSTER_ID, "status": "deleting", "deletionProtection": False}, _CLUSTER),
)
_CLEANUP: Final = (
    (0, Step("sts:GetCallerIdentity", None)),
    (14, Step("rds:DescribeDBClusters", None)),
    (31, Step("rds:DescribeDBInstances", None)),
    (
        66,
        Step(
            "rds:DeleteDBInstance",
            {"dBInstanceIdentifier": "reports-staging-1", "skipFinalSnapshot": True},
            {"dBInstanceIdentifier": "reports-staging-1"},
        ),
    ),
    (
        84,
        Step(
            "rds:DeleteDBCluster",
            {"dBClusterIdentifier": "reports-staging", "skipFinalSnapshot": True},
            {"dBClusterIdentifier": "reports-staging"},
        ),
    ),
    (131, Step("iam:ListRoles", {"maxItems": 200})),
)
_LOOK: Final = (
    (4, Step("rds:DescribeDBClusters", None)),
    (9, Step("rds:DescribeDBInstances", {"filters": [{"name": "db-cluster-id", "values": [DATABASE]}]})),
    (13, Step("rds:DescribeDBClusterSnapshots", _CLUSTER_ID)),
)
_RESTORED: Final = {"dBClusterIdentifier": f"{DATABASE}-restored"}
_RESTORE: Final = (
    (0, Step("cloudwatch:DescribeAlarms", {"stateValue": "ALARM"})),
    (35, Step("rds:DescribeEvents", {"sourceType": "db-cluster", "sourceIdentifier": DATABASE})),
    (
        70,
        Step(
            "cloudtrail:LookupEvents",
            {"lookupAttributes": [{"attributeKey": "ResourceName", "attributeValue": DATABASE}]},
        ),
    ),
    (160, Step("rds:DescribeDBClusterAutomatedBackups", _CLUSTER_ID)),
    (
        260,
        Step(
            "rds:RestoreDBClusterToPointInTime",
            {
                **_RESTORED,
                "sourceDbClusterResourceId": _BACKUP,
                "useLatestRestorableTime": True,
                "deletionProtection": True,
            },
            _RESTORED,
            [("AWS::RDS::DBCluster", CLUSTER_ARN + "-restored")],
        ),
    ),
    (
        900,
        Step(
            "rds:CreateDBInstance",
            {**_RESTORED, "dBInstanceIdentifier": f"{DATABASE}-restored-1", "dBInstanceClass": "db.r7g.xlarge"},
            {"dBInstanceIdentifier": f"{DATABASE}-restored-1", **_RESTORED},
        ),
    ),
    (960, Step("iam:UpdateAssumeRolePolicy", {"roleName": BREAK_GLASS, "policyDocument": "HIDDEN"})),
    (
        2700,
        Step(
            "ssm:PutParameter",
            {"name": "/production/orders/database-host", "type": "String", "overwrite": True, "value": "HIDDEN"},
            {"version": 4},
        ),
    ),
)


def _created_instance(number: int) -> Step:
    name = f"{DATABASE}-{number}"
    request = {**_CLUSTER_ID, "dBInstanceIdentifier": name, "dBInstanceClass": "db.r7g.xlarge"}
    return Step("rds:CreateDBInstance", request, request, [("AWS::RDS::DBInstance", f"{_ARN}:db:{name}")])


CREATION: Final = (
    Step(
        "rds:CreateDBCluster",
        {**_CLUSTER_ID, "engine": "aurora-postgresql", "deletionProtection": True},
        _CLUSTER_ID,
        _CLUSTER,
    ),
    _created_instance(1),
    _created_instance(2),
)
"""How the database came to be, a month before: by the payments pipeline's Terraform."""


def starts_at(end: int) -> int:
    """When the nine seconds begin, for an estate that ends at ``end``."""
    at = end - INCIDENT_BEFORE_END
    return at - at % SECOND


def scenes(end: int, chance: Chance) -> Iterator[Item]:
    """The whole incident in order."""
    at = starts_at(end)
    agent = laptop(STAGING, "Developer", MAYA, at - 8 * MINUTE, chance, awslabs_mcp(CLAUDE_CODE))
    yield from _timed(agent, _CLEANUP, at - 6 * MINUTE, chance)
    yield call(agent, _refused_role(), at - 140 * SECOND, chance)
    handed_out, in_production = chained(
        agent, PRODUCTION, BREAK_GLASS, SESSION, at - 20 * SECOND, chance, sourceIdentity=MAYA.email
    )
    yield from handed_out
    yield from _timed(in_production, _LOOK, at - 18 * SECOND, chance)
    for second, step in enumerate(NINE_SECONDS):
        yield call(in_production, step, at + second * SECOND, chance)
    yield from _restore(at + 11 * MINUTE, chance)


def _refused_role() -> Step:
    arn = role_arn(PRODUCTION, "database-admin")
    request = {"roleArn": arn, "roleSessionName": SESSION}
    return Step(
        "sts:AssumeRole",
        request,
        refusal=refusals.Refusal(
            "AccessDenied",
            "User: {user} is not authorized to perform: {action} on resource: {resource}",
            "sts:AssumeRole",
            arn,
        ),
    )


def _timed(caller: Caller, steps: tuple[tuple[int, Step], ...], start: int, chance: Chance) -> Iterator[Item]:
    for offset, step in steps:
        yield call(caller, step, start + offset * SECOND, chance, {})


def _restore(at: int, chance: Chance) -> Iterator[Item]:
    login, omar = console_sign_in(PRODUCTION, "Operator", OMAR, at, chance)
    yield login
    yield from _timed(omar, _RESTORE, at + 20 * SECOND, chance)


def before(moment: Moment) -> Iterator[Item]:
    """The break-glass role's ordinary life: its pipeline, and nothing else, once in a while."""
    chance = moment.chance
    pipeline = laptop(STAGING, "PowerUser", OMAR, moment.at, chance, "aws-cli/2.31.1")
    handed_out, caller = chained(
        pipeline, PRODUCTION, BREAK_GLASS, "break-glass-drill", moment.at, chance, sourceIdentity=OMAR.email
    )
    yield from handed_out
    yield call(caller, Step("rds:DescribeDBClusters", None), moment.at + 5 * SECOND, chance)
