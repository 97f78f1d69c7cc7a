"""CloudTrail records with just what joining needs."""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "111122223333"


def access_key(name: str) -> str:
    """A key id of the shape AWS gives them."""
    return f"ASIA{name.upper():0<16}"


def record(event_id: str, operation: str, key: str, **more: Any) -> bytes:
    """A call signed with ``key``."""
    body = {
        "eventVersion": "1.08",
        "eventTime": "2026-09-01T10:00:00Z",
        "eventSource": "sts.amazonaws.com" if operation == "AssumeRole" else "s3.amazonaws.com",
        "eventName": operation,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2.1",
        "requestParameters": None,
        "responseElements": None,
        "requestID": f"request-{event_id}",
        "eventID": event_id,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{event_id}",
            "accountId": ACCOUNT,
            "accessKeyId": access_key(key),
            "userName": event_id,
        },
    }
    return json.dumps(body | more).encode()


def issue(event_id: str, signed_with: str, issued: str) -> bytes:
    """An AssumeRole that hands out ``issued``."""
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    return record(
        event_id,
        "AssumeRole",
        signed_with,
        requestParameters={"roleArn": role, "roleSessionName": event_id},
        responseElements={
            "credentials": {"accessKeyId": access_key(issued), "sessionToken": "x"},
            "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/{event_id}"},
        },
    )
