"""A server under hostile requests: it stays up, says no more than it means to, and shows hostile text inertly."""

from __future__ import annotations

import copy
import http.client
import json
import re
import select
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.app.conftest import start, stop, wait_for

from .records import WHOLE

TEXTS = ("<script>alert(1)</script>", '" onmouseover="alert(1)', "javascript:alert(1)", "\u202egnp.exe\u2066\x1b[31m")
LIVE = re.compile(r"<script>alert|\" onmouseover=\"|(?:href|src)=\"javascript:|[\u202a-\u202e\u2066-\u2069\x00\x1b]")


def filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {k: v if k in ("eventTime", "eventID", "eventSource") else filled(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(item, text) for item in value]
    return text if isinstance(value, str) else value


def hostile_records() -> Iterator[dict[str, Any]]:
    for at, text in enumerate(TEXTS):
        yield {**filled({**WHOLE, "userIdentity": {}}, text), "eventID": f"all-{at}"}
        some = copy.deepcopy(WHOLE)
        some["userIdentity"]["arn"] = f"arn:aws:sts::111122223333:assumed-role/{text}/{text}"
        yield {**some, "eventID": f"who-{at}", "userAgent": text, "requestParameters": {"bucketName": text}}


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read().decode()
        finally:
            connection.close()

    def control(self, said: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.folder / "control.sock"))
            connection.sendall(said)
            return connection.makefile("rb").readline()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    above = tmp_path_factory.mktemp("hostile")
    (above / "log.json").write_text(json.dumps({"Records": list(hostile_records())}))
    process = start("up", "--data", "data", "--port", "0", cwd=above)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert wait_for((above / "data" / "control.sock").exists)
        said = _opened(process).decode()
        found = re.search(r"127\.0\.0\.1:(\d+)", said)
        assert found, said
        server = Server(above / "data", int(found[1]))
        request = {"call": "ingest", "args": {"target": str(above / "log.json"), "options": {"feed": "<b>f"}}}
        assert b"error" not in server.control(json.dumps(request).encode() + b"\n")
        assert wait_for(lambda: "/events/" in server.ask("/?since=all")[2])
        yield server
        assert process.poll() is None
    finally:
        stop(process)


def _opened(process: Any) -> bytes:
    """The line that says where it is open, wherever it is said."""
    ready, _, _ = select.select([process.stdout, process.stderr], [], [], 60)
    return b"".join(stream.readline() for stream in ready)


QUERIES = (
    "(" * 33 + "a" + ")" * 33, "-" * 40 + "a", " ".join("a" * 200), "*a" * 16, "'; DROP TABLE events; --", "a\x00b",
    "a" * 5000, "nosuch:1", "since:9999999999999d", "since:9999-12-31T23:59:59-23:59", "until:9999-12-31",
    "since:9999-12-31 until:9999-12-31", "since:0001-01-01", "confidence:>1e400", "confidence:nan", "id:" + "f" * 3000,
    "actor:" + "_%" * 500, "time:..", "since:1970-01-01 until:9999-12-31", "since:2026-02-30", "service:", '"\\"',
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_answered_or_refused_in_words(server: Server, query: str) -> None:
    for page in ("/?since=all&q=", "/?q=", "/agents?q=", "/denials?q=", "/who?q="):
        status, headers, body = server.ask(page + quote(query))
        assert status in (200, 400, 404)
        assert "content-security-policy" in headers
        assert "Traceback" not in body


@pytest.mark.parametrize("name", ["since", "until", "cursor"])
@pytest.mark.parametrize(
    "value",
    ["9999-12-31", "9999-12-31T23:59:59-23:59", "0001-01-01", "-1", "1" * 5000, "AAAA", "\x00", "'", "9" * 9 + "w"],
)
def test_a_range_or_place_is_answered_or_refused_in_words(server: Server, name: str, value: str) -> None:
    for page in ("/?since=all&", "/agents?", "/denials?"):
        status, _, body = server.ask(f"{page}{name}={quote(value)}")
        assert status in (200, 400, 404)
        assert "Traceback" not in body


@pytest.mark.parametrize(
    "path",
    ["/static/../../etc/passwd", "/static/%2e%2e/%2e%2e/pages.py", "/static/x/..%2f..%2fguard.py", "/static/a/%00",
     "/events/..%2f..%2fetc/passwd", "/events/%00", "/events/%ff", "/events/" + "f" * 60_000, "//evil.example", "/%"],
)  # fmt: skip
def test_no_path_leads_out(server: Server, path: str) -> None:
    status, headers, body = server.ask(path)
    assert status in (400, 404)
    assert "content-security-policy" in headers
    assert "root:" not in body
    assert "import" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "FOO"])
def test_only_reading_is_answered(server: Server, method: str) -> None:
    status, headers, _ = server.ask("/", method)
    assert status == 405
    assert "content-security-policy" in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1@evil.example", "127.0.0.1."])
def test_a_strange_host_reads_nothing(server: Server, host: str) -> None:
    status, headers, body = server.ask("/?since=all", Host=host)
    assert status in (400, 421)
    assert "content-security-policy" in headers
    assert "/events/" not in body


def test_hostile_text_is_inert_on_every_page(server: Server) -> None:
    events = set(re.findall(r"/events/[0-9a-f]{24}", server.ask("/?since=all")[2]))
    assert len(events) == 2 * len(TEXTS)
    asked = [f"{page}{quote(text)}" for text in TEXTS for page in ("/?since=all&q=", "/who?q=")]
    for path in ["/?since=all", "/agents?window=all", "/denials?since=all", "/who", *asked, *events]:
        status, headers, body = server.ask(path)
        assert status in (200, 400, 404)
        assert "content-security-policy" in headers
        shown = re.sub(r'<input [^>]*value="[^"]*"', "", body)  # the question itself stays as it was typed
        assert not LIVE.search(shown), path


@pytest.mark.parametrize(
    "said",
    [b"\n", b"\x00\xff\n", b"[]\n", b"1\n", b"{}\n", b"[" * 300_000 + b"\n", b'{"call":"search","args":[1]}\n',
     b'{"call":"__class__","args":{}}\n', b'{"call":"_index","args":{}}\n', b'{"call":"close","args":{}}\n',
     b'{"call":"search","args":{"positional":[5]}}\n', b'{"call":"search","args":{"positional":["\\ud800"]}}\n',
     b'{"call":"facet","args":{"positional":["","raw; DROP TABLE events",5]}}\n', b'{"call":"ingest","args":{}}\n'],
)  # fmt: skip
def test_the_control_socket_refuses_what_is_no_question(server: Server, said: bytes) -> None:
    assert b'"error"' in server.control(said)


def test_many_idle_connections_keep_nobody_out(server: Server) -> None:
    idle = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    try:
        for each in idle:
            each.settimeout(5)
            each.connect(str(server.folder / "control.sock"))
        assert b'"item"' in server.control(b'{"call":"ask","args":{"desk":"questions","question":"doctor"}}\n')
    finally:
        for each in idle:
            each.close()


def test_of_two_hundred_requests_at_once_each_is_answered_or_told_to_come_again(server: Server) -> None:
    pages = ("/livez", "/agents", "/denials", "/who?q=x")
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda at: server.ask(pages[at % 4])[0], range(200)))
    assert set(answers[::4]) == {200}
    assert set(answers) <= {200, 503}
    assert [server.ask(page)[0] for page in pages] == [200] * 4
