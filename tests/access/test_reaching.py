"""By which names, origins and ways a server is reached, and by which not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.console.asgi import get

from remit.faces.web import access
from remit.faces.web.access import Access, Entrance
from remit.faces.web.caller import ROLES, Caller, caller_of
from remit.faces.web.proxy import BehindProxy

from .certificates import self_signed
from .server import Browser, Served, served


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("open") / "data") as server:
        yield server


def raw(address: str, request: bytes) -> bytes:
    """What a server answers to these very bytes."""
    parts = urlsplit(address)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=60)) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


# --- names


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example@127.0.0.1", "127.0.0.1:1", "0.0.0.0", "localhost."]
)
def test_a_name_that_was_made_to_lead_here_reads_nothing(open_server: Served, host: str) -> None:
    port = open_server.address.rpartition(":")[2]
    for name in (host, f"{host}:{port}" if ":" not in host else host):
        for path in ("/", "/api/v1/events", "/livez"):
            answer = open_server.browser().ask(path, Host=name)
            assert answer.status in (400, 421)
            assert "content-security-policy" in answer.headers


def test_what_a_request_says_besides_its_host_makes_no_name(open_server: Served) -> None:
    sent = {"X_Forwarded_Host": "evil.example", "Forwarded": "host=evil.example", "X_Forwarded_Proto": "https"}
    answer = open_server.browser().ask("/", **sent)
    assert answer.status == 200
    assert "evil.example" not in answer.body + str(answer.headers)
    assert open_server.browser().ask("/", Host="evil.example", X_Forwarded_Host="127.0.0.1").status == 421


@pytest.mark.parametrize("lines", ["Host: {own}\r\nHost: evil.example", "Host: evil.example\r\nHost: {own}", "X: y"])
def test_several_hosts_or_none_are_refused(open_server: Served, lines: str) -> None:
    own = open_server.address.partition("://")[2]
    request = f"GET / HTTP/1.1\r\n{lines.format(own=own)}\r\nConnection: close\r\n\r\n"
    assert raw(open_server.address, request.encode()).split(b" ", 2)[1] == b"400"


def test_a_request_line_with_another_server_in_it_is_not_taken_for_it(open_server: Served) -> None:
    own = open_server.address.partition("://")[2]
    for target in ("http://evil.example/", "//evil.example/", "http://evil.example/agents"):
        request = f"GET {target} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"
        answer = raw(open_server.address, request.encode())
        head, _, _ = answer.partition(b"\r\n\r\n")
        assert answer.split(b" ", 2)[1] in (b"200", b"400", b"404")
        assert b"evil.example" not in head
        assert b'href="http://evil' not in answer


# --- origins


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "{other scheme}"},
        {"Origin": "{other port}"},
        {"Origin": "{own}.evil.example"},
        {"Origin": "{own}, https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "nonsense"},
    ],
)
def test_another_sites_page_changes_nothing(open_server: Served, sent: dict[str, str]) -> None:
    own = open_server.address
    said = {
        "{own}": own,
        "{other scheme}": own.replace("http:", "https:"),
        "{other port}": own.rpartition(":")[0] + ":1",
    }
    for method, path in (("POST", "/settings/tokens"), ("POST", "/api/v1/views"), ("DELETE", "/api/v1/views/x")):
        headers = dict(sent)
        for name, value in sent.items():
            for mark, text in said.items():
                headers[name] = headers[name].replace(mark, text) if mark in value else headers[name]
        assert open_server.browser().ask(path, method, "name=x&read=yes", **headers).status == 403
    assert "No token was ever made" in open_server.browser().ask("/settings/tokens").body


@pytest.mark.parametrize("sent", [{}, {"Sec_Fetch_Site": "none"}, {"Sec_Fetch_Site": "same-origin"}])
def test_a_program_needs_no_origin(open_server: Served, sent: dict[str, str]) -> None:
    assert open_server.browser().ask("/settings/tokens", "POST", "", **sent).status == 400  # read, and found empty


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "{own}"])
def test_no_page_elsewhere_is_ever_allowed_to_read(open_server: Served, origin: str) -> None:
    origin = origin.replace("{own}", open_server.address)
    asked = {
        "Origin": origin,
        "Access_Control_Request_Method": "POST",
        "Access_Control_Request_Headers": "authorization",
    }
    for method in ("GET", "OPTIONS", "HEAD"):
        for path in ("/", "/api/v1/events", "/api/v1/openapi.json"):
            answer = open_server.browser().ask(path, method, **asked)
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert method != "OPTIONS" or answer.status == 405
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


# --- TLS


def test_a_server_with_a_certificate_speaks_tls_alone(tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    config = f'[server]\ntls = "here"\ntls_cert = "{cert}"\ntls_key = "{key}"\n[auth]\nmode = "token"\n'
    with served(tmp_path / "data", config, cert) as server:
        assert server.address.startswith("https://127.0.0.1:")
        secret = server.command("tokens", "create", "ops", "--scope", "read", "--scope", "operate").stdout.strip()
        browser = server.browser()
        assert browser.ask("/livez").status == 200
        assert browser.ask("/", Authorization=f"Bearer {secret}").status == 200
        assert browser.post("/sign-in", {"token": secret, "next": "/who"}).headers["location"] == "/who"
        assert list(browser.cookies) == ["__Host-remit"]
        assert all("Secure" in said and "HttpOnly" in said for said in browser.set_cookies)
        page = browser.ask("/who")
        assert page.status == 200
        assert "strict-transport-security" not in page.headers  # 127.0.0.1 is every server of this machine
        plain = Browser(server.address.replace("https:", "http:"))
        with pytest.raises((ConnectionError, OSError, ValueError)):
            plain.ask("/livez")


# --- a proxy in front


async def _scheme(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


@pytest.mark.parametrize(
    ("proxy", "path", "said", "status"),
    [
        ("127.0.0.1/32", "/", ["https"], 200),
        ("127.0.0.0/8", "/", ["https"], 200),
        ("127.0.0.1/32", "/", ["http"], 400),
        ("127.0.0.1/32", "/", ["http", "https"], 400),
        ("127.0.0.1/32", "/", ["https,http"], 400),
        ("127.0.0.1/32", "/", [], 400),
        ("10.0.0.7/32", "/", ["https"], 403),
        ("::1/128", "/", ["https"], 403),
        ("10.0.0.7/32", "/livez", [], 200),
        ("10.0.0.7/32", "/readyz", [], 200),
        ("10.0.0.7/32", "/livez/..", [], 403),
    ],
)
def test_only_the_proxys_word_is_taken(proxy: str, path: str, said: list[str], status: int) -> None:
    app = BehindProxy(_scheme, [ip_network(proxy)])
    answer = get(app, path, headers=[("X-Forwarded-Proto", value) for value in said])
    assert answer.status == status
    if status == 200:
        assert answer.text == ("https" if said else "http")


def test_behind_a_proxy_pages_and_cookies_are_those_of_the_public_name(tmp_path: Path) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = '[server]\ntls = "proxy"\nproxy_addresses = ["127.0.0.1"]\npublic_url = "https://remit.example.com"\n'
    with served(tmp_path / "data", config + '[auth]\nmode = "token"\n', port=port) as server:
        assert server.address == "https://remit.example.com"
        secret = server.command("tokens", "create", "ops", "--scope", "read").stdout.strip()
        behind = Browser(f"http://127.0.0.1:{port}")
        proxied = {"Host": "remit.example.com", "X_Forwarded_Proto": "https"}
        assert behind.ask("/livez").status == 200
        assert behind.ask("/", Authorization=f"Bearer {secret}", X_Forwarded_Proto="https").status == 200
        assert behind.ask("/", Authorization=f"Bearer {secret}").status == 400
        page = behind.ask("/", Authorization=f"Bearer {secret}", **proxied)
        assert (page.status, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
        form = {"token": secret, "next": "/"}
        assert behind.post("/sign-in", form, **proxied).status == 403  # its own origin is not the public one
        assert behind.post("/sign-in", form, **{**proxied, "Origin": "https://remit.example.com"}).status == 303
        assert "__Host-remit" in behind.cookies
        assert behind.ask("/", **proxied).status == 200
        assert behind.ask("/", **{**proxied, "Host": "evil.example"}).status == 421


# --- who asks


class _Once:
    """Credentials that know their bearer until they are taken back."""

    def __init__(self) -> None:
        self.good = True

    def of_token(self, secret: str) -> Caller | None:
        return Caller("token:t", "token", ROLES["viewer"]) if self.good else None

    def of_sign_in(self, cookie: str) -> Caller | None:
        return None


def test_a_long_answer_ends_once_its_caller_may_no_longer_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_LOOK_AGAIN_SECONDS", 0.0)
    credentials = _Once()
    sent: list[dict[str, Any]] = []

    async def stream(scope: dict[str, Any], receive: Any, send: Any) -> None:
        assert caller_of(scope).name == "token:t"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(1000):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
            credentials.good = number < 2

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/live", "query_string": b""}
    app = Access(stream, Entrance(credentials))
    asyncio.run(app({**scope, "headers": [(b"authorization", b"Bearer x")]}, None, send))  # type: ignore[arg-type]
    assert [message.get("body") for message in sent] == [None, b"0", b"1", b"2", b""]
    assert sent[-1]["more_body"] is False


def test_two_authorizations_are_nobodys() -> None:
    entrance = Entrance(_Once())
    assert entrance.caller({"headers": [(b"authorization", b"Bearer x")]}).name == "token:t"
    assert entrance.caller({"headers": [(b"authorization", b"Bearer x"), (b"authorization", b"Bearer y")]}).name == ""
