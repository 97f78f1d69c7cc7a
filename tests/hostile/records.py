"""A well-formed CloudTrail record, and what replaces its members."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

WHOLE: dict[str, Any] = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:session",
        "arn": "arn:aws:sts::111122223333:assumed-role/deployer/session",
        "accountId": "111122223333",
        "accessKeyId": "ASIAABCDEFGHIJKLMNOP",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/deployer"},
            "attributes": {"mfaAuthenticated": "false"},
            "webIdFederationData": {"federatedProvider": "x", "attributes": {"a:sub": "y"}},
        },
        "onBehalfOf": {"userId": "u", "identityStoreArn": "arn:x"},
    },
    "eventTime": "2026-01-01T00:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "DeleteBucket",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "192.0.2.1",
    "userAgent": "aws-cli/2.0 m/A,B app/x",
    "errorCode": "AccessDenied",
    "errorMessage": "User: arn:aws:sts::111122223333:assumed-role/deployer/session is not authorized to perform: "
    "s3:DeleteBucket on resource: arn:aws:s3:::b with an explicit deny in a service control policy",
    "requestParameters": {"bucketName": "b", "tagSet": [{"key": "a", "value": "b"}]},
    "responseElements": None,
    "requestID": "r",
    "eventID": "e",
    "readOnly": False,
    "resources": [{"ARN": "arn:aws:s3:::b", "accountId": "111122223333", "type": "AWS::S3::Bucket"}],
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
    "sharedEventID": "q",
    "tlsDetails": {"tlsVersion": "TLSv1.3"},
}
NASTY: tuple[Any, ...] = (
    None, True, -1, 1e308, 10**30, "", "x" * 3000, "\x00", "\u202e\u200b", "\ud800", "nocolon", "arn:", "::::", "{",
    '{"a":1}', "a\nb", [], [None], [[]], {}, {"": ""}, {"a": {"b": [{}]}}, "9999-12-31T23:59:59Z", "0000-00-00",
    "2016-12-31T23:59:60Z", "2026-01-01T00:00:00+99:99", "1234567890.9e400", "①②③④⑤⑥⑦⑧⑨⑩", "https://", "//[::1",
)  # fmt: skip


def record(**changes: Any) -> bytes:
    """The record with some members changed."""
    return json.dumps({**WHOLE, **changes}).encode()


def mutated() -> Iterator[bytes]:
    """The record with each of its values, at any depth, replaced by each of ``NASTY``."""
    for path in _paths(WHOLE):
        for value in NASTY:
            yield json.dumps(_put(WHOLE, path, value)).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _paths(item, (*path, key))


def _put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = _put(changed[path[0]], path[1:], new)
    return changed
