"""Tokens: shown once, kept as digests, good for what they say and no longer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remit.adapters.store.state.scrubbing import words
from remit.adapters.store.state.state import State
from remit.adapters.store.state.tokens import StoredTokens
from remit.faces.web.access import ASKING
from remit.flows.access.tokens import Tokens
from remit.model.errors import Conflict, NotFound, UsageError

from .server import Served, refused, served

START = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    state = State.open(state_url)
    yield state
    state.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(state: State, clock: Clock) -> Tokens:
    return Tokens(StoredTokens(state), state, clock)


def test_a_secret_is_given_once_and_kept_as_a_digest(tokens: Tokens, tmp_path: Path, state: State) -> None:
    made = tokens.create("ci", ["push", "read"], "90d", "ana")
    assert made["secret"].startswith(f"remit_{made['id']}_")
    assert made["scopes"] == ["read", "push"]
    listed = tokens.list()["tokens"]
    assert [(each["name"], each["state"], each["created_by"]) for each in listed] == [("ci", "active", "ana")]
    random = made["secret"].rpartition("_")[2]
    kept = "\n".join(words(state)).encode() + b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert made["id"].encode() in kept
    assert random.encode() not in kept
    assert random not in json.dumps(listed) + json.dumps(state.journalled())


def test_a_secret_is_known_only_whole(tokens: Tokens) -> None:
    made = tokens.create("ci", ["read"])
    secret = made["secret"]
    other = tokens.create("other", ["admin"])["secret"]
    assert tokens.known(secret)["name"] == "ci"
    forged = ["", "remit_", secret[:-1], secret + "0", secret.upper(), f" {secret}", secret.replace("_", "-"), "é" * 67]
    forged += [f"remit_{made['id']}_{other.rpartition('_')[2]}", f"remit_{'0' * 12}_{secret.rpartition('_')[2]}"]
    forged += [made["id"], "remit_" + "'; DROP", secret[:-1] + ("0" if secret[-1] != "0" else "1"), secret + "\n"]
    assert [tokens.known(text) for text in forged] == [None] * len(forged)


def test_a_token_ends_on_time(tokens: Tokens, clock: Clock) -> None:
    secret = tokens.create("ci", ["read"], "12h")["secret"]
    clock.at = START + timedelta(hours=12, seconds=-1)
    assert tokens.known(secret) is not None
    clock.at = START + timedelta(hours=12)
    assert tokens.known(secret) is None
    assert tokens.list()["tokens"][0]["state"] == "expired"
    assert tokens.create("ci", ["read"])["name"] == "ci"  # the name is free again


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("12h", START + timedelta(hours=12)),
        ("2w", START + timedelta(weeks=2)),
        ("2026-11-03", datetime(2026, 11, 4, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_span_or_the_end_of_a_day(tokens: Tokens, text: str, end: datetime) -> None:
    assert tokens.create("ci", ["read"], text)["expires"] == end.isoformat()


def test_a_revoked_token_is_refused_at_once_and_stays_listed(tokens: Tokens, state: State) -> None:
    made = tokens.create("ci", ["read"], by="ana")
    tokens.revoke("ci", by="bo")
    assert tokens.known(made["secret"]) is None
    assert tokens.list()["tokens"][0]["state"] == "revoked"
    with pytest.raises(NotFound):
        tokens.revoke("ci")
    told = [(entry["who"], entry["what"], entry["facts"]["name"]) for entry in state.journalled()]
    assert sorted(told) == [("ana", "token.created", "ci"), ("bo", "token.revoked", "ci")]


def test_a_use_is_noted_at_most_once_a_minute(tokens: Tokens, clock: Clock) -> None:
    def noted() -> str | None:
        used: str | None = tokens.list()["tokens"][0]["last_used"]
        return used

    secret = tokens.create("ci", ["read"])["secret"]
    assert noted() is None
    uses: list[str | None] = []
    for seconds in (0, 59, 60, 61):
        clock.at = START + timedelta(seconds=seconds)
        tokens.known(secret)
        uses.append(noted())
    later = (START + timedelta(seconds=60)).isoformat()
    assert uses == [START.isoformat(), START.isoformat(), later, later]


@pytest.mark.parametrize(
    ("name", "scopes", "expires"),
    [
        ("", ["read"], ""), ("x" * 81, ["read"], ""), ("a\nb", ["read"], ""), ("<b>", ["read"], ""),
        ("a\u202eb", ["read"], ""),
        ("ci", [], ""), ("ci", ["root"], ""), ("ci", ["read"], "soon"), ("ci", ["read"], "0d"), ("ci", ["read"], "-1d"),
        ("ci", ["read"], "2026-11-02"), ("ci", ["read"], "9999-12-31x"), ("ci", ["read"], "9999-12-31"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_token_is_refused(tokens: Tokens, name: str, scopes: list[str], expires: str) -> None:
    with pytest.raises(UsageError):
        tokens.create(name, scopes, expires)
    assert tokens.list()["tokens"] == []


def test_two_tokens_in_use_never_share_a_name(tokens: Tokens) -> None:
    tokens.create("ci", ["read"])
    with pytest.raises(Conflict):
        tokens.create(" ci ", ["read"])


# --- over HTTP


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("tokens") / "data", '[auth]\nmode = "token"\n') as server:
        yield server


@pytest.fixture(scope="module")
def secret_of(server: Served) -> Callable[..., str]:
    def make(name: str, *scopes: str, expires: str = "") -> str:
        options = [option for scope in scopes for option in ("--scope", scope)]
        done = server.command("tokens", "create", name, *options, *(["--expires", expires] if expires else []))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return make


READ = (
    "/",
    "/agents",
    "/denials",
    "/who",
    "/events/x",
    "/metrics",
    "/nowhere",
    "/api/v1/events",
    "/api/v1/openapi.json",
)


@pytest.mark.parametrize("path", READ)
def test_nobody_reads_anything(server: Served, path: str) -> None:
    answer = server.browser().ask(path)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == 401


def test_a_person_is_led_to_the_sign_in_and_back(server: Served) -> None:
    answer = server.browser().ask("/?q=denied%3Atrue&since=7d", Accept="text/html", Sec_Fetch_Mode="navigate")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=%2F%3Fq%3Ddenied%253Atrue%26since%3D7d")
    assert server.browser().ask("/api/v1/events", Accept="text/html").status == 401
    assert server.browser().ask("/?q=", Accept="text/html", Sec_Fetch_Mode="cors").status == 401


def test_what_is_open_to_all_needs_nothing(server: Served) -> None:
    for path in ("/livez", "/readyz", "/favicon.ico"):
        assert server.browser().ask(path).status == 200


def test_a_token_reads_until_it_is_revoked(server: Served, secret_of: Callable[..., str]) -> None:
    secret = secret_of("reader", "read", expires="1d")
    browser = server.browser()
    for path in ("/", "/api/v1/events"):
        assert browser.ask(path, Authorization=f"Bearer {secret}").status == 200
    assert browser.ask("/", Authorization=f"bearer  {secret}").status == 200
    assert server.command("tokens", "revoke", "reader").returncode == 0
    assert browser.ask("/", Authorization=f"Bearer {secret}").status == 401


def test_a_token_does_only_what_it_is_for(server: Served, secret_of: Callable[..., str]) -> None:
    pusher, reader = secret_of("pusher", "push"), secret_of("looker", "read")
    answer = server.browser().ask("/api/v1/events", Authorization=f"Bearer {pusher}")
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "forbidden")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert server.browser().ask("/nowhere", method, Authorization=f"Bearer {reader}").status == 403
        assert server.browser().ask("/nowhere", method, Authorization=f"Bearer {pusher}").status in (404, 405)


@pytest.mark.parametrize(
    "sent", ["Bearer", "Bearer x", "Basic cmVtaXQ6cmVtaXQ=", "", "Bearer remit_000000000000_" + "0" * 48]
)
def test_a_credential_that_is_not_good_is_nobodys(server: Served, sent: str) -> None:
    assert server.browser().ask("/", Authorization=sent).status == 401


def test_a_token_in_a_query_or_a_cookie_is_no_token(server: Served, secret_of: Callable[..., str]) -> None:
    secret = secret_of("misplaced", "read")
    assert server.browser().ask(f"/?token={secret}&access_token={secret}").status == 401
    browser = server.browser()
    browser.cookies = {"__Host-remit": secret, "remit": secret, f"remit-{server.address.rpartition(':')[2]}": secret}
    assert browser.ask("/").status == 401


def test_no_secret_is_left_behind(server: Served, secret_of: Callable[..., str]) -> None:
    secret = secret_of("canary", "read")
    server.browser().ask("/", Authorization=f"Bearer {secret}")
    server.browser().ask("/", Authorization=f"Bearer {secret[:-1]}0")
    random = secret.rpartition("_")[2].encode()
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if random in path.read_bytes()]
    assert random.decode() not in "".join(server.said)


def test_on_loopback_a_token_that_is_not_good_is_not_the_person_at_the_machine(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server:
        assert server.browser().ask("/").status == 200
        assert server.browser().ask("/", Authorization="Bearer x").status == 401


@pytest.mark.parametrize(
    "config", ["", '[auth]\nmode = "none"\n', '[auth]\nmode = "token"\n', '[server]\nhots = "x"\n']
)
def test_a_server_off_loopback_does_not_start_by_mistake(tmp_path: Path, config: str) -> None:
    status, said = refused(tmp_path / "data", "--host", "0.0.0.0", config=config)
    assert status == 78
    assert "config.invalid" in said
    assert "[auth] mode" in said or "[server] tls" in said or "Did you mean host" in said


def test_every_operation_of_the_api_is_closed_to_nobody_and_every_change_to_a_reader(
    server: Served, secret_of: Callable[..., str]
) -> None:
    reader = {"Authorization": f"Bearer {secret_of('lister', 'read')}"}
    described = json.loads(server.browser().ask("/api/v1/openapi.json", **reader).body)["paths"]
    assert len(described) > 5
    for path, operations in described.items():
        target = (path if path.startswith("/api/") else f"/api/v1{path}").replace("{", "").replace("}", "")
        for method in {"get", "post", "put", "patch", "delete"} & set(operations):
            sent = {"Content_Type": "application/json"}
            assert server.browser().ask(target, method.upper(), "{}", **sent).status in (401, 404), (method, path)
            if method != "get":
                answer = server.browser().ask(target, method.upper(), "{}", **sent, **reader)
                refused = (400,) if target in ASKING else (403, 404)  # what only asks is read, and found wanting
                assert answer.status in refused, (method, path)
