"""A server of its own, records to give it, and a client of its streams."""

from __future__ import annotations

import json
import re
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import start, wait_for

from remit.app.control import SOCKET_NAME, call


def cloudtrail(name: str, at: str = "2026-11-21T09:00:00Z", **more: Any) -> dict[str, Any]:
    """One CloudTrail record; its eventID and its bucket are ``name``."""
    return {
        "eventVersion": "1.11",
        "eventTime": at,
        "eventSource": "s3.amazonaws.com",
        "eventName": "CreateBucket",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/jane",
            "accountId": "111122223333",
            "userName": "jane",
        },
        "requestParameters": {"bucketName": name},
        "requestID": f"request-{name}",
        "eventID": name,
        "recipientAccountId": "111122223333",
        **more,
    }


@dataclass(frozen=True)
class Answer:
    """A response read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass
class Server:
    """``remit up`` in a process of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def up(self) -> Server:
        """Start it, on the port it had before if it had one."""
        more = ("--port", str(self.port), *self.arguments)
        self.process = start("up", "--data", str(self.folder), *more, environment=self.environment)
        assert self.process.stderr is not None
        said = b""
        while b"Remit is open" not in said:
            assert select.select([self.process.stderr], [], [], 60)[0], said
            line = self.process.stderr.readline()
            assert line, said
            said += line
        found = re.search(rb"https?://127\.0\.0\.1:(\d+)", said)
        assert found, said
        self.port = int(found[1])
        # What it says from now on is read, or a full pipe would hold it up.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return self

    def down(self, number: int = signal.SIGTERM) -> None:
        """End it, and wait until it has ended."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)
            self.process = None

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """One request; underscores in the names of headers are hyphens."""
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    def ingest(self, *records: dict[str, Any]) -> None:
        """Store records through the server."""
        given = self.folder.with_name("given.json")
        given.write_text(json.dumps({"Records": records}), encoding="utf-8")
        asked = call(self.folder / SOCKET_NAME, "ingest", target=str(given), options={"feed": "given"})
        assert list(asked)[-1]["result"]["read"] == len(records)

    def stored(self, query: str = "") -> list[str]:
        """The provider ids of what is stored, newest first."""
        from urllib.parse import quote

        found = self.ask(f"/api/v1/events?limit=1000&q={quote(query)}").json
        return [item["resources"][0]["id"] if item["resources"] else item["event_id"] for item in found["items"]]

    def stores(self, count: int, query: str = "") -> bool:
        """Whether so many events are stored before long."""
        return wait_for(lambda: len(self.stored(query)) == count)


class Stream:
    """A client of server-sent events that reads as little as it is asked to."""

    def __init__(self, server: Server, path: str, *, buffer: int = 0, **headers: str) -> None:
        self._socket = socket.socket()
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", server.port))
        sent = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{sent}\r\n".encode())
        self.status = 0
        self.place = ""
        self._held = b""

    def begin(self) -> Stream:
        """Read the head, and the place it begins at."""
        while b"\r\n\r\n" not in self._held:
            self._more()
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        if self.status == 200:
            self._block()
        return self

    def next(self) -> tuple[str, Any]:
        """The next event: its name and its data."""
        while True:
            fields = self._block()
            if "data" in fields:
                return fields["event"], json.loads(fields["data"])

    def several(self, count: int) -> list[tuple[str, Any]]:
        """The next events."""
        return [self.next() for _ in range(count)]

    def ended(self) -> bool:
        """Whether the server ends it, without a further event."""
        try:
            while True:
                self._more()
        except EOFError:
            return b"data:" not in self._held

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _block(self) -> dict[str, str]:
        while b"\n\n" not in self._held:
            self._more()
        block, _, self._held = self._held.partition(b"\n\n")
        lines = [line for line in block.decode().replace("\r", "").split("\n") if ": " in line]
        fields = dict(line.split(": ", 1) for line in lines)
        self.place = fields.get("id", self.place)
        return fields

    def _more(self) -> None:
        try:
            piece = self._socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raise EOFError
        self._held += piece


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of a module share."""
    served = Server(tmp_path_factory.mktemp("live") / "data")
    try:
        yield served.up()
    finally:
        served.down()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server that a test may kill; not started yet."""
    served = Server(tmp_path / "data")
    yield served
    served.down(signal.SIGKILL)
