"""CloudTrail records for the tests of feeds, and the ids that a data folder holds afterwards."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from remit.adapters.store.store import Store

EPOCH = int(datetime(2026, 10, 1, 12, tzinfo=UTC).timestamp())


def record(number: int, *, at: int = EPOCH, read_only: bool = False, region: str = "us-east-1") -> dict[str, Any]:
    """One distinct CloudTrail record."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE000000001",
            "arn": "arn:aws:iam::123456789012:user/dana",
            "accountId": "123456789012",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": "dana",
        },
        "eventTime": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets" if read_only else "CreateBucket",
        "awsRegion": region,
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": {"bucketName": f"bucket-{number}"},
        "responseElements": None,
        "requestID": f"REQ{number:08}",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management",
    }


def log_file(numbers: range) -> bytes:
    """A file as CloudTrail delivers it."""
    return gzip.compress(json.dumps({"Records": [record(number) for number in numbers]}).encode(), mtime=0)


def stored(data: Path, column: str = "request_id") -> list[str]:
    """One column of every event in a data folder, sorted."""
    with Store.open(data, "test") as store:
        rows = store.index.execute(f"SELECT {column} AS found FROM events ORDER BY 1").to_pylist()
    return [str(row["found"]) for row in rows]
