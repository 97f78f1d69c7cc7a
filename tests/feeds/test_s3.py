"""Reading a bucket, against an S3 server of its own on loopback."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from remit.adapters.feeds import s3
from remit.adapters.feeds.chunks import Skipped
from remit.adapters.feeds.open_feed import read, sources
from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.model.errors import FeedError

from .records import log_file, stored

FOLDER = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/10/01"
DIGEST = "AWSLogs/123456789012/CloudTrail-Digest/us-east-1/2026/10/01/digest.json.gz"


@pytest.fixture
def endpoint(s3_endpoint: str) -> str:
    return s3_endpoint


@pytest.fixture
def bucket(endpoint: str, s3_environment: None, request: pytest.FixtureRequest) -> Iterator[Any]:
    name = f"trail-{abs(hash(request.node.name))}"
    made = boto3.resource("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
    for part in range(3):
        made.put_object(Key=f"{FOLDER}/{part}.json.gz", Body=log_file(range(part * 10, part * 10 + 10)))
    made.put_object(Key=f"{FOLDER}/empty.json.gz", Body=b"")
    made.put_object(Key=f"{FOLDER}/notes.txt", Body=b"Rotated by hand.\nAsk the platform team.\n")
    made.put_object(Key=DIGEST, Body=log_file(range(90, 91)))
    made.put_object(Key="AWSLogs/", Body=b"")
    yield made
    made.objects.delete()
    made.delete()


def test_the_logs_of_a_bucket_are_read_and_what_is_no_log_is_said(bucket: Any, endpoint: str) -> None:
    tally = Skipped()
    found = list(sources(f"s3://{bucket.name}/AWSLogs", endpoint_url=endpoint, skipped=tally))
    chunks = [chunk for source in found for chunk in read(source)]
    assert sum(len(chunk.records) for chunk in chunks) == 30
    assert sorted((fault.place.rpartition("/")[2], fault.reason) for chunk in chunks for fault in chunk.faults) == [
        ("empty.json.gz", "empty"),
        ("notes.txt", "unreadable"),
    ]
    assert tally == {"cloudtrail-digest": 1}
    assert [source.size for source in found if source.place.endswith("empty.json.gz")] == [0]


def test_objects_read_before_are_counted_and_an_object_that_changed_is_read_again(bucket: Any, endpoint: str) -> None:
    target = f"s3://{bucket.name}/{FOLDER}/"
    before = {source.place: source.fingerprint for source in sources(target, endpoint_url=endpoint)}
    bucket.put_object(Key=f"{FOLDER}/1.json.gz", Body=log_file(range(10, 25)))
    tally = Skipped()
    again = sources(target, endpoint_url=endpoint, done=lambda place, mark: before.get(place) == mark, skipped=tally)
    assert [source.place.rpartition("/")[2] for source in again] == ["1.json.gz"]
    assert tally == {"already-done": 4}


def test_an_object_that_vanishes_after_it_was_listed_is_a_fault_and_the_rest_is_read(
    bucket: Any, endpoint: str
) -> None:
    found = list(sources(f"s3://{bucket.name}/{FOLDER}/", endpoint_url=endpoint))
    bucket.Object(f"{FOLDER}/1.json.gz").delete()
    chunks = [chunk for source in found[:3] for chunk in read(source)]
    assert [(fault.place.rpartition("/")[2], fault.reason) for chunk in chunks for fault in chunk.faults] == [
        ("1.json.gz", "vanished")
    ]
    assert sum(len(chunk.records) for chunk in chunks) == 20


@pytest.mark.parametrize(
    ("target", "code"), [("s3://no-such-bucket-anywhere/x", "NoSuchBucket"), ("s3://", "needs a bucket")]
)
def test_a_bucket_that_is_not_there_is_an_error_with_a_remedy(
    bucket: Any, endpoint: str, target: str, code: str
) -> None:
    with pytest.raises((FeedError, s3.UsageError), match=code) as caught:
        list(sources(target, endpoint_url=endpoint))
    assert caught.value.where.startswith("s3://")
    assert caught.value.remedy


class _Breaking(socketserver.StreamRequestHandler):
    """Serves one object over plain HTTP and drops the connection half-way, ``server.breaks`` times."""

    def handle(self) -> None:
        wanted = {}
        self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            wanted[name.lower()] = value.strip()
        body: bytes = self.server.body  # type: ignore[attr-defined]
        self.server.asked.append((wanted.get("range"), wanted.get("if-match")))  # type: ignore[attr-defined]
        start = int(wanted["range"].removeprefix("bytes=").partition("-")[0]) if "range" in wanted else 0
        if self.server.changed and start:  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        rest = body[start:]
        head = f"HTTP/1.1 {206 if start else 200} OK\r\nContent-Length: {len(rest)}\r\nConnection: close\r\n\r\n"
        if self.server.breaks:  # type: ignore[attr-defined]
            self.server.breaks -= 1  # type: ignore[attr-defined]
            rest = rest[: len(rest) // 2]
        self.wfile.write(head.encode() + rest)


@pytest.mark.parametrize(
    ("breaks", "changed", "reason"), [(2, False, None), (99, False, "unreadable"), (1, True, "vanished")]
)
def test_a_body_that_breaks_off_is_taken_up_where_it_broke_or_is_a_fault(
    bucket: Any, breaks: int, changed: bool, reason: str | None
) -> None:
    body = b"".join(b'{"n":%d}\n' % number for number in range(20_000))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Breaking) as server:
        server.body, server.breaks, server.changed, server.asked = body, breaks, changed, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = s3.Access(endpoint_url=f"http://127.0.0.1:{server.server_address[1]}").client()
        entry = {"Key": "log.jsonl", "ETag": '"abc"', "Size": len(body)}
        source = s3._wanted(client, "b", entry, None, Skipped())
        assert source is not None
        chunks = list(read(source))
        server.shutdown()
    records = [json.loads(line)["n"] for chunk in chunks for line in chunk.records]
    assert [fault.reason for chunk in chunks for fault in chunk.faults] == ([reason] if reason else [])
    assert records == list(range(len(records)))
    assert (len(records) == 20_000) is (reason is None)
    assert all(range_.startswith("bytes=") and match == '"abc"' for range_, match in server.asked[1:])


def test_a_bucket_goes_into_the_store_once_and_is_resumed(
    bucket: Any, endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "ingest", f"s3://{bucket.name}/AWSLogs", "--endpoint-url", endpoint, "--data", str(tmp_path / "d"), "--json"
    ]  # fmt: skip
    outcomes = []
    for _ in range(2):
        assert run(RemitApplication(lambda _: None), words) == 0
        outcomes.append(json.loads(capsys.readouterr().out))
        assert stored(tmp_path / "d") == [f"REQ{number:08}" for number in range(30)]
    first, second = outcomes
    assert (first["read"], first["new"], first["quarantined"]) == (30, 30, {"empty": 1, "unreadable": 1})
    assert first["skipped"] == {"cloudtrail-digest": 1}
    assert (second["read"], second["new"], second["quarantined"]) == (0, 0, {})
    assert second["skipped"] == {"cloudtrail-digest": 1, "already-done": 5}


def test_an_object_that_vanished_is_tried_again_by_the_next_ingest(
    bucket: Any, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"s3://{bucket.name}/{FOLDER}/"
    words = ["ingest", target, "--endpoint-url", endpoint, "--data", str(tmp_path / "d"), "--json"]
    listed = s3._wanted

    def delete_then_list(client: Any, name: str, entry: Any, *more: Any) -> Any:
        if entry["Key"].endswith("/1.json.gz"):
            bucket.Object(entry["Key"]).delete()
        return listed(client, name, entry, *more)

    monkeypatch.setattr(s3, "_wanted", delete_then_list)
    assert run(RemitApplication(lambda _: None), words) == 0
    assert json.loads(capsys.readouterr().out)["quarantined"]["vanished"] == 1
    monkeypatch.undo()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    bucket.put_object(Key=f"{FOLDER}/1.json.gz", Body=log_file(range(10, 20)))
    assert run(RemitApplication(lambda _: None), words) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 10
