"""Credentials put into records of every format are nowhere in the data folder, nor in anything that is shown of it."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.app.conftest import command

TAIL = "QkZ7Wm3Vx9Rt"
"""In the secret part of every canary and nowhere else."""
JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkYW5hIiwiaXNzIjoieCJ9.{TAIL}abcdefghijklmnopqrstuvwxyz012345"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA{TAIL}\n{'b' * 64}\n-----END RSA PRIVATE KEY-----"
GITHUB = f"ghp_{TAIL}{'a' * 24}"
CONNECTION = f"postgres://app:{TAIL}@db.example.com:5432/app"
AZURE = f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={TAIL}{'A' * 74}==;EndpointSuffix=core.windows.net"
SHAPES = {"jwt": JWT, "pem": PEM, "github token": GITHUB, "connection string": CONNECTION, "azure storage key": AZURE}
NAMED = {
    "secretAccessKey": f"{TAIL}{'k' * 28}",
    "sessionToken": f"IQoJb3JpZ2luX2Vj{TAIL}{'s' * 200}",
    "password": f"hunter2-{TAIL}",
    "masterUserPassword": f"{TAIL}!",
    "client_secret": f"{TAIL}~secret",
    "privateKey": PEM,
}

CLOUDTRAIL: dict[str, Any] = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/dana", "accountId": "123456789012"},
    "eventTime": "2026-10-01T10:00:00Z",
    "eventSource": "rds.amazonaws.com",
    "eventName": "CreateDBInstance",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "192.0.2.1",
    "userAgent": "aws-cli/2.0",
    "errorCode": "AccessDenied",
    "errorMessage": "no",
    "requestParameters": {},
    "responseElements": {},
    "eventType": "AwsApiCall",
    "recipientAccountId": "123456789012",
}
AZURE_ACTIVITY: dict[str, Any] = {
    "time": "2026-10-01T10:00:00Z",
    "resourceId": "/SUBSCRIPTIONS/0A/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/X",
    "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE",
    "category": "Administrative",
    "resultType": "Failure",
    "resultSignature": "Failed.Forbidden",
    "callerIpAddress": "192.0.2.1",
    "correlationId": "00000000-0000-4000-8000-000000000001",
    "identity": {"claims": {"name": "dana"}},
    "properties": {"statusMessage": "no"},
}
GCP: dict[str, Any] = {
    "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
    "insertId": "abc",
    "timestamp": "2026-10-01T10:00:00Z",
    "resource": {"type": "gce_instance", "labels": {"project_id": "p"}},
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "compute.googleapis.com",
        "methodName": "v1.compute.instances.insert",
        "resourceName": "projects/p/zones/z/instances/i",
        "authenticationInfo": {"principalEmail": "dana@example.com"},
        "requestMetadata": {"callerIp": "192.0.2.1", "callerSuppliedUserAgent": "gcloud"},
        "status": {"code": 7, "message": "no"},
        "request": {},
        "response": {},
    },
}
GITHUB_AUDIT: dict[str, Any] = {
    "@timestamp": 1790848800000,
    "_document_id": "d1",
    "action": "repo.create",
    "actor": "dana",
    "org": "acme",
    "repo": "acme/x",
    "user_agent": "git/2.44",
    "data": {},
}
BUILD: dict[str, Any] = {
    "ci_build": {
        "system": "buildkite",
        "url": "https://ci.example.com/b-1",
        "job": "deploy",
        "status": "failed",
        "started_at": "2026-10-01T10:00:00Z",
        "error": "no",
        "parameters": {},
    }
}
# Where free text of any shape may stand, and where a member of any name may.
FORMATS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "cloudtrail": (
        CLOUDTRAIL,
        ["errorMessage", "userAgent", "requestParameters.note", "responseElements.text", "requestParameters.arn"],
        ["requestParameters", "responseElements"],
    ),
    "azure-activity": (
        AZURE_ACTIVITY,
        ["properties.statusMessage", "properties.responseBody", "identity.claims.name"],
        ["properties"],
    ),
    "gcp-audit": (
        GCP,
        [
            "protoPayload.status.message",
            "protoPayload.requestMetadata.callerSuppliedUserAgent",
            "protoPayload.request.note",
            "protoPayload.resourceName",
        ],
        ["protoPayload.request", "protoPayload.response"],
    ),
    "github-audit": (GITHUB_AUDIT, ["user_agent", "data.note", "repo"], ["data"]),
    "ci-build": (BUILD, ["ci_build.error", "ci_build.branch"], ["ci_build.parameters"]),
}


def placed(template: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy of ``template`` with ``value`` at a dotted path."""
    made = copy.deepcopy(template)
    *parents, last = path.split(".")
    inner = made
    for name in parents:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return made


def records() -> Iterator[dict[str, Any]]:
    for template, texts, containers in FORMATS.values():
        for path in texts:
            for shape in SHAPES.values():
                yield placed(template, path, shape)
                yield placed(template, path, f"it said: {shape} and stopped")
                yield placed(template, path, json.dumps({"inner": shape}))
        for path in containers:
            for name, secret in NAMED.items():
                yield placed(template, f"{path}.{name}", secret)
                yield placed(template, f"{path}.list", [{name: secret}])
                yield placed(template, f"{path}.body", json.dumps({name: secret}))
    yield {"no event": PEM, "password": NAMED["password"]}


def hostile_files(folder: Path) -> None:
    """Files that cannot be read, whose samples hold canaries."""
    pairs = json.dumps({**NAMED, **SHAPES})
    (folder / "cut.jsonl").write_text(f'{{"ok":1}}\n{pairs[:-9]}\n')
    (folder / "cut.json").write_text(f'{{"Records":[{pairs[:-30]}')
    (folder / "notes.md").write_text("# Runbook\n\n" + "\n".join(f"* {name}: {SHAPES[name]}" for name in SHAPES) + "\n")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canaries")
    logs = folder / "logs"
    logs.mkdir()
    lines = []
    for number, made in enumerate(records()):
        for name in ("eventID", "requestID"):
            if "eventSource" in made:
                made[name] = f"{number:08}-0000-4000-8000-000000000000"
        if "insertId" in made:
            made["insertId"] = f"i{number}"
        if "_document_id" in made:
            made["_document_id"] = f"d{number}"
        if "correlationId" in made:
            made["correlationId"] = f"{number:08}-0000-4000-8000-000000000001"
        if "ci_build" in made:
            made["ci_build"]["id"] = f"b-{number}"
            made["ci_build"]["url"] = f"https://ci.example.com/b-{number}"
        lines.append(json.dumps(made))
    (logs / "all.jsonl").write_text("\n".join(lines) + "\n")
    assert (logs / "all.jsonl").read_text().count(TAIL) >= len(lines)
    hostile_files(logs)
    told = remit("ingest", str(logs), "--data", str(folder / "data"))
    assert TAIL not in told, around(told)
    return folder / "data"


def remit(*words: str) -> str:
    """Everything a command prints."""
    done = command(*words)
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).decode()


def around(text: str) -> list[str]:
    """What stands around each canary that leaked."""
    pieces = text.split(TAIL)
    return [f"{a[-160:]}<CANARY>{b[:30]}" for a, b in itertools.pairwise(pieces[:20])]


def test_every_format_was_taken_in(data: Path) -> None:
    with duckdb.connect(str(data / "index.duckdb"), read_only=True) as index:
        found = {name for (name,) in index.execute("SELECT DISTINCT data_source FROM events").fetchall()}
        (kept,) = index.execute("SELECT count(*) FROM events").fetchone() or (0,)
        (left_out,) = index.execute("SELECT count(*) FROM quarantine").fetchone() or (0,)
    assert found >= {"cloudtrail", "azure-activity", "gcp-audit", "github-audit", "ci-build"}
    raw = [pq.ParquetFile(path).read()["raw"].to_pylist() for path in (data / "lake" / "events").rglob("*.parquet")]
    assert sum("[redacted:" in text for texts in raw for text in texts) > 0.9 * kept
    assert (kept > 250, 0 < left_out < 20) == (True, True), (kept, left_out)


def test_no_canary_is_in_any_byte_of_the_data_folder(data: Path) -> None:
    leaks = [
        str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and TAIL.encode() in path.read_bytes()
    ]
    assert leaks == []


def test_no_canary_is_in_a_column_of_the_lake(data: Path) -> None:
    files = list((data / "lake").rglob("*.parquet"))
    assert files
    leaks = []
    for path in files:
        table = pq.ParquetFile(path).read()
        leaks += [
            (name, around(text))
            for name in table.column_names
            if TAIL in (text := json.dumps(table[name].to_pylist(), default=str))
        ]
    assert leaks == []


def test_no_canary_is_in_a_table_of_the_index(data: Path) -> None:
    with duckdb.connect(str(data / "index.duckdb"), read_only=True) as index:
        tables = [name for (name,) in index.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        leaks = [
            (name, around(text))
            for name in tables
            if TAIL in (text := str(index.execute(f'SELECT * FROM "{name}"').fetchall()))
        ]
    assert "events" in tables
    assert leaks == []


@pytest.mark.parametrize(
    "words",
    [
        ("events", "search", "--limit", "5000", "--jsonl"),
        ("events", "export", "--format", "csv"),
        ("events", "export", "--format", "ocsf"),
        ("denials",),
    ],
    ids=" ".join,
)
def test_no_canary_is_in_what_is_shown(data: Path, words: tuple[str, ...]) -> None:
    shown = remit(*words, "--data", str(data))
    assert len(shown) > 1_000
    assert around(shown) == []


def test_no_canary_is_in_single_events(data: Path) -> None:
    with duckdb.connect(str(data / "index.duckdb"), read_only=True) as index:
        ids = [i for (i,) in index.execute("SELECT min(event_id) FROM events GROUP BY data_source").fetchall()]
    for event_id in ids:
        assert around(remit("events", "show", event_id, "--data", str(data))) == []
