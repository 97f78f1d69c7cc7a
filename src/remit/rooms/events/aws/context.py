"""Condition keys that a request states: what a policy's ``Condition`` would have compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Context = tuple[tuple[str, tuple[str, ...]], ...]

_TABLE: Final = """
ec2 instanceType ec2:InstanceType
ec2 volumeType ec2:VolumeType
ec2 size ec2:VolumeSize
ec2 iops ec2:VolumeIops
ec2 encrypted ec2:Encrypted
ec2 ebsOptimized ec2:EbsOptimized
ec2 tenancy ec2:Tenancy
ec2 availabilityZone ec2:AvailabilityZone
ec2 httpTokens ec2:MetadataHttpTokens
ec2 associatePublicIpAddress ec2:AssociatePublicIpAddress
s3 x-amz-acl s3:x-amz-acl
s3 x-amz-server-side-encryption s3:x-amz-server-side-encryption
s3 x-amz-server-side-encryption-aws-kms-key-id s3:x-amz-server-side-encryption-aws-kms-key-id
s3 x-amz-storage-class s3:x-amz-storage-class
s3 x-amz-grant-read s3:x-amz-grant-read
s3 x-amz-grant-full-control s3:x-amz-grant-full-control
s3 x-amz-object-ownership s3:x-amz-object-ownership
s3 x-amz-copy-source s3:x-amz-copy-source
s3 prefix s3:prefix
s3 delimiter s3:delimiter
s3 max-keys s3:max-keys
s3 versionId s3:VersionId
rds dBInstanceClass rds:DatabaseClass
elasticache cacheNodeType elasticache:CacheNodeType
rds engine rds:DatabaseEngine
rds storageEncrypted rds:StorageEncrypted
rds multiAZ rds:MultiAz
rds publiclyAccessible rds:PubliclyAccessible
rds manageMasterUserPassword rds:ManageMasterUserPassword
iam policyArn iam:PolicyARN
iam permissionsBoundary iam:PermissionsBoundary
iam aWSServiceName iam:AWSServiceName
sts roleSessionName sts:RoleSessionName
sts sourceIdentity sts:SourceIdentity
sts externalId sts:ExternalId
sts durationSeconds sts:DurationSeconds
lambda authType lambda:FunctionUrlAuthType
lambda functionUrlAuthType lambda:FunctionUrlAuthType
lambda principal lambda:Principal
kms keySpec kms:KeySpec
kms keyUsage kms:KeyUsage
kms encryptionAlgorithm kms:EncryptionAlgorithm
kms bypassPolicyLockoutSafetyCheck kms:BypassPolicyLockoutSafetyCheck
kms pendingWindowInDays kms:ScheduleKeyDeletionPendingWindowInDays
secretsmanager recoveryWindowInDays secretsmanager:RecoveryWindowInDays
secretsmanager forceDeleteWithoutRecovery secretsmanager:ForceDeleteWithoutRecovery
secretsmanager name secretsmanager:Name
cloudformation templateURL cloudformation:TemplateUrl
cloudformation roleARN cloudformation:RoleArn
cloudformation changeSetName cloudformation:ChangeSetName
ecs cluster ecs:cluster
ecs enableExecuteCommand ecs:enable-execute-command
elasticloadbalancing scheme elasticloadbalancing:Scheme
sns protocol sns:Protocol
sns endpoint sns:Endpoint
organizations serviceControlPolicyType organizations:PolicyType
"""


def _read_table() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in filter(None, _TABLE.splitlines()):
        service, parameter, key = line.split(" ")
        found.setdefault(service, {})[parameter] = key
    return found


KEYS: Final = _read_table()
"""Service -> request parameter -> condition key it settles."""
_TAG_LISTS: Final = (
    "tags",
    "Tags",
    "tagList",
    "tagSet",
    "tagSpecificationSet",
    "tagSpecifications",
    "TagSpecification",
)
_TAG_KEYS: Final = ("key", "Key", "tagKey", "TagKey")
_TAG_VALUES: Final = ("value", "Value", "tagValue", "TagValue")
_TELLING: Final = {service: frozenset((*table, *_TAG_LISTS)) for service, table in KEYS.items()}
_TAGS_ONLY: Final = frozenset(_TAG_LISTS)
_MOST: Final = 50
_LONGEST: Final = 1024


def settled_keys(service: str) -> frozenset[str]:
    """Condition keys the table settles, present or absent, for every call of a service."""
    return frozenset(KEYS.get(service, {}).values())


def telling_parameters(service: str) -> frozenset[str]:
    """Request parameters without any of which a call of the service has no context of its own."""
    return _TELLING.get(service, _TAGS_ONLY)


def request_context(service: str, request: dict[str, Any]) -> Context:
    """(key, values) pairs in order of the keys; at most 50 keys."""
    found: dict[str, tuple[str, ...]] = {}
    table = KEYS.get(service, {})
    for name, value in request.items():
        key = table.get(name)
        if key is not None:
            values = (value[:_LONGEST],) if type(value) is str else tuple(_values(value))
            if values:
                found[key] = values
    if not _TAGS_ONLY.isdisjoint(request):
        tags = dict(_tags(request))
        found.update((f"aws:RequestTag/{name}", (value,)) for name, value in tags.items())
        if tags:
            found["aws:TagKeys"] = tuple(sorted(tags))
    return tuple(sorted(found.items())[:_MOST]) if len(found) > 1 else tuple(found.items())


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, str | int | float):
        yield str(value)[:_LONGEST]
    elif isinstance(value, list):
        for item in value[:_MOST]:
            if not isinstance(item, list | dict):
                yield from _values(item)


def _tags(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _TAG_LISTS:
        if name in request:
            yield from _tag_pairs(request[name], 0)


def _tag_pairs(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Pairs out of any of the shapes AWS uses: lists of key and value, ``items`` around them, a mapping."""
    if depth > 4:
        return
    if isinstance(value, list):
        for item in value[:_MOST]:
            yield from _tag_pairs(item, depth + 1)
    elif isinstance(value, dict):
        key = next((value[name] for name in _TAG_KEYS if name in value), None)
        text = next((value[name] for name in _TAG_VALUES if name in value), "")
        if isinstance(key, str) and isinstance(text, str):
            yield key[:128], text[:256]
            return
        nested = [
            name for name in ("items", "tags", "Tags", "Tag", "tagSet") if isinstance(value.get(name), list | dict)
        ]
        for name in nested:
            yield from _tag_pairs(value[name], depth + 1)
        if not nested:
            yield from ((k[:128], v[:256]) for k, v in list(value.items())[:_MOST] if isinstance(v, str))
