"""CloudTrail files for the tests of ingest, and what a data folder holds after it."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from remit.adapters.store.store import Store

PROGRAM = (
    "import sys; from remit.app.application import RemitApplication; from remit.faces.cli.main import run;"
    "sys.exit(run(RemitApplication(lambda text: print(text, file=sys.stderr)), sys.argv[1:]))"
)
COLUMNS = "event_id, actor_kind, agent, path, source, same_as, counted"
AGENTS = (
    "aws-cli/2.31.0",
    "HashiCorp Terraform/1.9",
    "Boto3/1.40 md/Botocore",
    "console.amazonaws.com",
    "kubectl/1.30",
)


def record(number: int, chance: random.Random) -> dict[str, Any]:
    """One call: some of it by a role whose key another record of the set has issued."""
    issued = f"ASIA{number % 40:016}"
    issuing = number < 40
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser" if issuing else "AssumedRole",
            "principalId": f"AROAEXAMPLE:{number % 40}",
            "arn": "arn:aws:iam::123456789012:user/dana" if issuing else "arn:aws:sts::123456789012:assumed-role/ops/s",
            "accountId": "123456789012",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE" if issuing else issued,
        },
        "eventTime": f"2026-10-{number % 28 + 1:02}T{number % 24:02}:00:{number % 60:02}Z",
        "eventSource": "sts.amazonaws.com" if issuing else "ec2.amazonaws.com",
        "eventName": "AssumeRole" if issuing else chance.choice(["RunInstances", "DescribeInstances", "DeleteVolume"]),
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": chance.choice(AGENTS),
        "requestParameters": {"n": number},
        "responseElements": {"credentials": {"accessKeyId": issued}} if issuing else None,
        "requestID": f"REQ{number:08}",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventType": "AwsApiCall",
        "recipientAccountId": "123456789012",
    }


def written(folder: Path, count: int = 5_000, files: int = 25) -> Path:
    """A folder of CloudTrail files; the records that issue keys are spread over the last of them."""
    chance = random.Random(7)
    records = [record(number, chance) for number in range(count)]
    records.reverse()
    folder.mkdir()
    for part in range(files):
        text = json.dumps({"Records": records[part::files]}).encode()
        (folder / f"{part:03}.json.gz").write_bytes(gzip.compress(text, 1, mtime=0))
    (folder / "zzz.jsonl").write_bytes(b'{"no":"event"}\n{"broken":\n')
    return folder


def start(data: Path, target: Path, *more: str, **options: Any) -> subprocess.Popen[str]:
    """``remit ingest`` in a process of its own."""
    words = [sys.executable, "-c", PROGRAM, "ingest", str(target), "--data", str(data), *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, **{**pipes, **options}, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


def ingested(data: Path, target: Path, *more: str) -> None:
    """``remit ingest`` to its successful end."""
    child = start(data, target, *more)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, (out, err)


def digest(data: Path) -> tuple[int, int, str]:
    """Events, quarantined, and a digest over what every event was judged to be."""
    with Store.open(data, "test") as store:
        rows = store.index.execute(f"SELECT {COLUMNS} FROM events ORDER BY event_id").to_pylist()
        broken = store.index.execute("SELECT count(DISTINCT quarantine_id) AS n FROM quarantine").to_pylist()[0]["n"]
    assert len({row["event_id"] for row in rows}) == len(rows)
    return len(rows), broken, hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()
