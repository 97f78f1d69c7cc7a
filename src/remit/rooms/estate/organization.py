"""The demonstration's ``organization.json``: the accounts of the cast, and the policies that its denials name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from remit.rooms.estate.cast import (
    ACCOUNTS,
    AWS_ORG,
    DATA_PERIMETER_RCP,
    PRODUCTION,
    PROTECT_BACKUPS_SCP,
    PROTECT_REGIONS_SCP,
    REGION,
    SHARED,
    STAGING,
)

ROOT: Final = "r-ac01"
WORKLOADS: Final = "ou-ac01-workload"
PRODUCTION_UNIT: Final = "ou-ac01-prod0001"
STAGING_UNIT: Final = "ou-ac01-stag0001"
_DAY: Final = 86_400_000_000
_GLOBAL: Final = (
    "account:*", "budgets:*", "ce:*", "cloudfront:*", "globalaccelerator:*", "health:*", "iam:*", "organizations:*",
    "route53:*", "route53domains:*", "s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets", "shield:*", "sso:*",
    "sts:*", "support:*", "trustedadvisor:*", "wafv2:*",
)  # fmt: skip
_PARENTS: Final = {PRODUCTION.id: PRODUCTION_UNIT, STAGING.id: STAGING_UNIT, SHARED.id: ROOT}


def organization_json(end_us: int) -> str:
    """The file's text, as it is at the end of the estate's month (microseconds since the epoch, UTC)."""
    full = (("p-FullAWSAccess", target) for target in (ROOT, WORKLOADS, PRODUCTION_UNIT, STAGING_UNIT, *_PARENTS))
    document = {
        "format": 1,
        "note": "Acme Demo: everything here is invented.",
        "id": AWS_ORG,
        "management_account": SHARED.id,
        "enabled": ["SCP", "RCP"],
        "root": {"id": ROOT, "name": "Root"},
        "units": [
            {"id": WORKLOADS, "name": "Workloads", "parent": ROOT},
            {"id": PRODUCTION_UNIT, "name": "Production", "parent": WORKLOADS},
            {"id": STAGING_UNIT, "name": "Staging", "parent": WORKLOADS},
        ],
        "accounts": [{"id": each.id, "name": each.name, "parent": _PARENTS[each.id]} for each in ACCOUNTS],
        "policies": [_regions(end_us), _backups(), _perimeter()],
        "attachments": [
            *({"policy": policy, "target": target} for policy, target in full),
            {"policy": _id(PROTECT_REGIONS_SCP), "target": WORKLOADS},
            {"policy": _id(PROTECT_BACKUPS_SCP), "target": PRODUCTION_UNIT},
            {"policy": "p-RCPFullAWSAccess", "target": ROOT},
            {"policy": _id(DATA_PERIMETER_RCP), "target": STAGING_UNIT},
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _regions(end_us: int) -> dict[str, Any]:
    """Widened once: until two hundred days before the end, only the first Region was open."""
    since = datetime.fromtimestamp((end_us - 200 * _DAY) // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    versions: list[dict[str, Any]] = [
        {"document": _region_deny([REGION])},
        {"valid_from": since, "document": _region_deny([REGION, "us-east-1"])},
    ]
    return _policy(PROTECT_REGIONS_SCP, "ProtectRegions", "SCP", versions)


def _region_deny(regions: list[str]) -> dict[str, Any]:
    return _document(
        {
            "Sid": "DenyOtherRegions",
            "Effect": "Deny",
            "NotAction": list(_GLOBAL),
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}},
        }
    )


def _backups() -> dict[str, Any]:
    statement = {
        "Sid": "KeepAutomatedBackups",
        "Effect": "Deny",
        "Action": ["rds:DeleteDBClusterAutomatedBackup", "rds:DeleteDBInstanceAutomatedBackup", "backup:Delete*"],
        "Resource": "*",
    }
    return _policy(PROTECT_BACKUPS_SCP, "ProtectBackups", "SCP", [{"document": _document(statement)}])


def _perimeter() -> dict[str, Any]:
    statement = {
        "Sid": "ExportsStayInTheNetwork",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::*/exports/*",
        "Condition": {
            "NotIpAddressIfExists": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.0/24"]},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
        },
    }
    return _policy(DATA_PERIMETER_RCP, "DataPerimeter", "RCP", [{"document": _document(statement)}])


def _policy(arn: str, name: str, kind: str, versions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": _id(arn), "name": name, "type": kind, "arn": arn, "versions": versions}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]
