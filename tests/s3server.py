"""An S3 server on loopback, and a proxy before it that fails on command."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

from remit.adapters.store.place import LakePlace

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def serving() -> Iterator[str]:
    """The endpoint of a server that holds everything in memory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "the S3 server ended before it answered"
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the S3 server did not start within 30 seconds")


@dataclass
class Lakes:
    """A bucket for lakes on a server."""

    endpoint: str
    bucket: str = field(default_factory=lambda: f"lakes-{uuid.uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self.client: Any = boto3.client("s3", endpoint_url=self.endpoint)
        self.client.create_bucket(Bucket=self.bucket)

    def place(self, name: str = "lake", endpoint: str = "", lease_seconds: float = 30.0) -> LakePlace:
        """Where a lake of this name lies."""
        return LakePlace(f"s3://{self.bucket}/{name}", "us-east-1", endpoint or self.endpoint, lease_seconds)

    def stored(self, name: str = "lake") -> list[str]:
        """Every object of a lake, relative to it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{name}/")
        found = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return [key.removeprefix(f"{name}/") for key in found]

    def get(self, key: str, name: str = "lake") -> bytes:
        """One object."""
        return self.client.get_object(Bucket=self.bucket, Key=f"{name}/{key}")["Body"].read()


@dataclass
class Request:
    """What a client asked: the verb, the path with its question, the bytes of its body."""

    verb: str
    path: str
    body: bytes


Fault = Callable[["Answering", Request], bool]
"""Asked of every request: True when it has answered, or not answered, in its own way."""


class Proxy:
    """Passes requests on to a server, unless a fault takes them."""

    def __init__(self, endpoint: str) -> None:
        self.target = endpoint.removeprefix("http://")
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, str]] = []
        self.sent_bytes = 0
        proxy = self

        class Handler(Answering):
            of = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class Answering(BaseHTTPRequestHandler):
    """One connection of the proxy."""

    of: Proxy
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        """Read the request, and answer it as the server does or as a fault does."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        request = Request(self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.of.seen.append((request.verb, request.path))
        if any(fault(self, request) for fault in list(self.of.faults)):
            return
        self.answer(*self.forward(request))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

    def handle_expect_100(self) -> bool:
        """Left to ``handle_any``."""
        return True

    def forward(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the server answers."""
        connection = http.client.HTTPConnection(self.of.target, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        connection.request(request.verb, request.path, request.body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content

    def answer(self, status: int, headers: list[tuple[str, str]], content: bytes, keep: int | None = None) -> None:
        """Send an answer; of its body only so many bytes, then the connection ends."""
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content if keep is None else content[:keep])
            self.of.sent_bytes += len(content)
        if keep is not None:
            self.drop()

    def refuse(self, status: int, code: str) -> bool:
        """Answer with an error of S3."""
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code} it is</Message></Error>".encode()
        self.answer(status, [("Content-Type", "application/xml")], body)
        return True

    def drop(self) -> bool:
        """End the connection without a word."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        return True

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def proxied(endpoint: str) -> Iterator[Proxy]:
    """A proxy before a server."""
    proxy = Proxy(endpoint)
    try:
        yield proxy
    finally:
        proxy.close()
