"""People sign in through a real provider, do what their role lets them, and go again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from .provider import Lies, RunningProvider, in_seconds, new_key, provider, signed, unsigned
from .server import Answer, Browser, Served, served

SECRET = "canary-client-secret-9f2c"
PAGE = {"Accept": "text/html"}


def config_of(issuer: str, more: str = "") -> str:
    return f"""
[auth]
mode = "oidc"

[auth.oidc]
issuer = "{issuer}"
client_id = "remit"
client_secret_env = "REMIT_TEST_SECRET"
{more}

[auth.oidc.roles]
viewer = ["everybody"]
operator = ["sre"]
admin = ["sre-leads"]
"""


@pytest.fixture(scope="module")
def identity() -> Iterator[RunningProvider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def server(identity: RunningProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("oidc") / "data"
    with served(folder, config_of(identity.issuer), environ={"REMIT_TEST_SECRET": SECRET}) as server:
        yield server


@pytest.fixture(autouse=True)
def honest(identity: RunningProvider) -> Iterator[None]:
    """Whatever a test has the provider do, the next begins with an honest one."""
    yield
    fresh = Lies(challenges=identity.lies.challenges)
    identity.lies.__dict__.update(fresh.__dict__)


def left_for(browser: Browser, next_path: str = "/") -> str:
    """Where the provider is asked, once the browser has left for it."""
    answer = browser.ask(f"/sign-in/provider?next={quote(next_path, safe='')}")
    assert answer.status == 303, answer.body
    return answer.headers["location"]


def came_back(browser: Browser, identity: RunningProvider, subject: str, next_path: str = "/") -> Answer:
    """The server's answer once a person has signed in there."""
    back = urlsplit(identity.consent(left_for(browser, next_path), subject))
    return browser.ask(f"{back.path}?{back.query}")


@pytest.fixture
def signed_in(server: Served, identity: RunningProvider) -> Callable[[str], Browser]:
    def sign_in(subject: str) -> Browser:
        browser = server.browser()
        assert came_back(browser, identity, subject).status == 303
        return browser

    return sign_in


def test_a_person_signs_in_and_lands_where_they_wanted(server: Served, identity: RunningProvider) -> None:
    browser = server.browser()
    first = browser.ask("/?q=denied%3Atrue&since=all", **PAGE)
    assert first.status == 303
    page = browser.follow(first)
    assert "Sign in with <bdi>localhost</bdi>" in page.body
    assert "/sign-in/provider?next=%2F%3Fq%3Ddenied%253Atrue%26since%3Dall" in page.body
    answer = came_back(browser, identity, "ana", "/?q=denied%3Atrue&since=all")
    assert (answer.status, answer.headers["location"]) == (303, "/?q=denied%3Atrue&since=all")
    home = browser.follow(answer)
    assert home.status == 200
    assert "ana@example.com" in home.body
    assert "(admin)" in home.body
    assert 'action="/sign-out"' in home.body


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(server: Served, identity: RunningProvider) -> None:
    browser = server.browser()
    asked = [parse_qs(urlsplit(left_for(browser)).query) for _ in range(2)]
    for each in asked:
        assert each["response_type"] == ["code"]
        assert each["scope"] == ["openid profile email"]
        assert each["code_challenge_method"] == ["S256"]
        assert each["redirect_uri"] == [f"{server.address}/sign-in/callback"]
        assert SECRET not in str(each)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 43
        assert asked[0][name] != asked[1][name]


def test_the_cookie_is_for_this_server_alone_and_only_its_digest_is_kept(
    server: Served, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in("ana")
    ((name, value),) = browser.cookies.items()
    (said,) = [text for text in browser.set_cookies if text.startswith(f"{name}=") and value in text]
    flags = {part.strip().lower() for part in said.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=28800"} <= flags
    assert not [flag for flag in flags if flag.startswith("domain")]
    assert len(value) >= 43
    for secret in (value, SECRET):
        files = [path for path in server.folder.rglob("*") if path.is_file()]
        assert not [path.name for path in files if secret.encode() in path.read_bytes()]
        assert secret not in "".join(server.said)


@pytest.mark.parametrize(
    ("subject", "shown", "may"),
    [
        ("ana", "ana@example.com", {"read", "operate", "admin"}),
        ("bo", "local (bo)", {"read", "operate"}),
        ("cy", "cy@example.com", {"read"}),
    ],
)
def test_a_role_is_what_the_groups_give(
    signed_in: Callable[[str], Browser], subject: str, shown: str, may: set[str]
) -> None:
    browser = signed_in(subject)
    home = browser.ask("/")
    assert home.status == 200
    assert shown in home.body
    assert ("/settings/tokens" in home.body) == ("admin" in may)
    assert browser.ask("/settings/tokens").status == (200 if "admin" in may else 403)
    made = browser.post("/settings/tokens", {"name": f"of-{subject}", "read": "yes"})
    assert made.status == (200 if "admin" in may else 403)
    assert (browser.post("/nowhere", {}).status == 403) == (may == {"read"})


def test_a_viewer_changes_nothing_by_any_method(server: Served, signed_in: Callable[[str], Browser]) -> None:
    browser = signed_in("cy")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/api/v1/views", "/settings/tokens", "/settings/tokens/revoke", "/", "/alerts"):
            assert browser.ask(path, method, Origin=server.address).status == 403
    assert browser.ask("/api/v1/events").status == 200


@pytest.mark.parametrize("subject", ["di", "eve"])
def test_who_has_no_role_is_told_so(server: Served, identity: RunningProvider, subject: str) -> None:
    browser = server.browser()
    answer = came_back(browser, identity, subject)
    assert answer.status == 403
    assert f"{subject}@example.com" in answer.body
    assert "no role here" in answer.body
    assert "groups" in answer.body
    assert browser.ask("/", **PAGE).status == 303


def test_hostile_names_stay_text(signed_in: Callable[[str], Browser]) -> None:
    body = signed_in("<b>fay</b>\u202e").ask("/").body
    assert "<script>alert(" not in body
    assert "<b>fay" not in body
    assert "\u202e" not in body
    assert "fay" in body


def test_signing_out_ends_it_on_the_server_too(server: Served, signed_in: Callable[[str], Browser]) -> None:
    browser = signed_in("ana")
    cookies = dict(browser.cookies)
    assert browser.ask("/sign-out").status == 405
    answer = browser.post("/sign-out", {})
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?out=1")
    assert browser.cookies == {}
    assert "signed out" in browser.follow(answer).body
    browser.cookies = cookies
    assert browser.ask("/", **PAGE).status == 303
    assert browser.ask("/api/v1/events").status == 401


def test_another_site_can_neither_sign_out_nor_in(server: Served, signed_in: Callable[[str], Browser]) -> None:
    browser = signed_in("cy")
    for origin in ("https://evil.example", "null"):
        assert browser.post("/sign-out", {}, Origin=origin).status == 403
        assert server.browser().post("/sign-in", {"token": "x"}, Origin=origin).status == 403
    assert browser.ask("/").status == 200


def test_a_sign_in_ends_by_itself(server: Served, signed_in: Callable[[str], Browser]) -> None:
    browser = signed_in("ana")
    assert browser.ask("/").status == 200
    with sqlite3.connect(server.folder / "state.db") as state:
        state.execute("UPDATE sign_ins SET expires = '2020-01-01T00:00:00+00:00' WHERE name = 'ana@example.com'")
    assert browser.ask("/", **PAGE).status == 303


def test_a_sign_in_of_another_provider_does_not_hold(server: Served, signed_in: Callable[[str], Browser]) -> None:
    browser = signed_in("ana")
    with sqlite3.connect(server.folder / "state.db") as state:
        state.execute("UPDATE sign_ins SET subject = 'oidc https://before.example ana'")
    assert browser.ask("/", **PAGE).status == 303


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "",
     "javascript:alert(1)", "http:evil.example", "evil.example", "/%0d%0aSet-Cookie:x=1\r\n", "/sign-in?next=/",
     "/sign-out", "/ /evil.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(server: Served, identity: RunningProvider, wanted: str) -> None:
    browser = server.browser()
    answer = came_back(browser, identity, "cy", wanted)
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_a_name_of_this_server_that_the_provider_does_not_know_leads_to_the_one_it_does(server: Served) -> None:
    port = server.address.rpartition(":")[2]
    answer = server.browser().ask("/sign-in/provider?next=/agents", Host=f"localhost:{port}")
    assert (answer.status, answer.headers["location"]) == (303, f"{server.address}/sign-in?next=%2Fagents")


# --- what does not belong together


def test_a_state_of_another_browser_is_refused(server: Served, identity: RunningProvider) -> None:
    victim, attacker = server.browser(), server.browser()
    back = urlsplit(identity.consent(left_for(attacker), "ana"))
    assert victim.ask(f"{back.path}?{back.query}").status == 401  # began nothing
    left_for(victim)
    assert victim.ask(f"{back.path}?{back.query}").status == 401  # began something else
    assert server.browser().ask("/", **PAGE).status == 303


@pytest.mark.parametrize(
    "change",
    [
        ("state", "x"),
        ("state", ""),
        ("code", ""),
        ("code", "x"),
        ("iss", "https://evil.example"),
        ("error", "access_denied"),
    ],
)
def test_an_answer_that_was_changed_is_refused(
    server: Served, identity: RunningProvider, change: tuple[str, str]
) -> None:
    browser = server.browser()
    back = urlsplit(identity.consent(left_for(browser), "ana"))
    said = {name: values[0] for name, values in parse_qs(back.query).items()} | dict([change])
    answer = browser.ask(back.path + "?" + "&".join(f"{name}={quote(value)}" for name, value in said.items()))
    assert answer.status == 401
    assert "Start again" in answer.body
    assert browser.ask("/", **PAGE).status == 303


def test_a_kept_state_that_was_changed_is_refused(server: Served, identity: RunningProvider) -> None:
    browser = server.browser()
    back = urlsplit(identity.consent(left_for(browser), "ana"))
    ((name, sealed),) = browser.cookies.items()
    for forged in ("", "x", sealed[:-1] + ("0" if sealed[-1] != "0" else "1"), "e30=." + sealed.partition(".")[2]):
        browser.cookies = {name: forged}
        assert browser.ask(f"{back.path}?{back.query}").status == 401


def test_a_code_is_good_once(server: Served, identity: RunningProvider) -> None:
    browser = server.browser()
    back = urlsplit(identity.consent(left_for(browser), "ana"))
    kept = dict(browser.cookies)
    assert browser.ask(f"{back.path}?{back.query}").status == 303
    again = server.browser()
    again.cookies = kept
    assert again.ask(f"{back.path}?{back.query}").status == 401


def test_who_is_refused_by_the_provider_is_told_so(server: Served, identity: RunningProvider) -> None:
    browser = server.browser()
    state = parse_qs(urlsplit(left_for(browser)).query)["state"][0]
    answer = browser.ask(f"/sign-in/callback?state={state}&error=access_denied&error_description=<b>x</b>")
    assert answer.status == 401
    assert "access_denied" in answer.body
    assert "<b>x" not in answer.body


# --- tokens of the provider


TRUE = new_key("true")
FALSE = new_key("true")


@pytest.mark.parametrize(
    "lie",
    [
        lambda claims: signed(claims, FALSE, kid="true"),
        lambda claims: signed(claims, FALSE, kid="unheard-of"),
        lambda claims: signed(claims, FALSE),
        lambda claims: unsigned(claims),
        lambda claims: signed({**claims, "nonce": "x"}, TRUE, kid="true"),
        lambda claims: signed({k: v for k, v in claims.items() if k != "nonce"}, TRUE, kid="true"),
        lambda claims: signed({**claims, "iss": "https://evil.example"}, TRUE, kid="true"),
        lambda claims: signed({**claims, "aud": "another"}, TRUE, kid="true"),
        lambda claims: signed({**claims, "aud": ["remit", "another"], "azp": "another"}, TRUE, kid="true"),
        lambda claims: signed({**claims, "exp": in_seconds(-300)}, TRUE, kid="true"),
        lambda claims: signed({**claims, "iat": in_seconds(3600)}, TRUE, kid="true"),
        lambda claims: signed({k: v for k, v in claims.items() if k != "sub"}, TRUE, kid="true"),
        lambda claims: signed({**claims, "exp": "soon"}, TRUE, kid="true"),
        lambda claims: signed({**claims, "sub": 7}, TRUE, kid="true"),
        lambda claims: signed(claims, TRUE, kid="true")[:-6] + "AAAAAA",
        lambda claims: "x.y.z",
        lambda claims: "",
        lambda claims: None,
    ],
)
def test_an_id_token_that_does_not_hold_lets_nobody_in(server: Served, identity: RunningProvider, lie: object) -> None:
    identity.lies.keys = [TRUE]
    identity.lies.sign = lie  # type: ignore[assignment]
    browser = server.browser()
    answer = came_back(browser, identity, "ana")
    assert answer.status == 401
    assert "could not be verified" in answer.body
    assert browser.ask("/", **PAGE).status == 303


def test_a_token_signed_with_the_clients_secret_proves_nothing(server: Served, identity: RunningProvider) -> None:
    from joserfc.jwk import OctKey

    key = OctKey.import_key(SECRET.encode().ljust(32, b"0"), {"kid": "true"})
    identity.lies.said = {"id_token_signing_alg_values_supported": ["HS256", "none", "RS256"]}
    identity.lies.keys = [TRUE]
    identity.lies.sign = lambda claims: signed(claims, key, "HS256", kid="true")
    assert came_back(server.browser(), identity, "ana").status == 401


def test_new_keys_of_the_provider_are_read_when_they_are_met(server: Served, identity: RunningProvider) -> None:
    for kid in ("first", "second"):
        key = new_key(kid)
        identity.lies.keys = [new_key("other"), key]
        identity.lies.sign = lambda claims, key=key, kid=kid: signed(claims, key, kid=kid)
        assert came_back(server.browser(), identity, "ana").status == 303
    asked = [path for path, _ in identity.lies.asked if path == "/jwks"]
    assert len(asked) == 2


def test_claims_that_the_token_lacks_are_taken_from_userinfo(server: Served, identity: RunningProvider) -> None:
    key = new_key("short")
    identity.lies.keys = [key]
    identity.lies.sign = lambda claims: signed(
        {name: value for name, value in claims.items() if name != "groups"}, key, kid="short"
    )
    browser = server.browser()
    assert came_back(browser, identity, "ana").status == 303
    assert "(admin)" in browser.ask("/").body


@pytest.mark.parametrize("broken", ["/oauth2/token", "/userinfo"])
def test_a_provider_that_fails_is_named_and_lets_nobody_in(
    server: Served, identity: RunningProvider, broken: str
) -> None:
    key = new_key("k")
    identity.lies.keys = [key]
    identity.lies.sign = lambda claims: signed({k: v for k, v in claims.items() if k != "groups"}, key, kid="k")
    identity.lies.broken = {broken}
    browser = server.browser()
    answer = came_back(browser, identity, "ana")
    assert answer.status == 503
    assert "identity provider" in answer.body
    assert browser.ask("/", **PAGE).status == 303


def test_without_its_provider_the_server_starts_and_says_so(tmp_path: Path) -> None:
    with served(tmp_path / "data", config_of("http://localhost:9"), environ={"REMIT_TEST_SECRET": SECRET}) as server:
        assert server.browser().ask("/livez").status == 200
        answer = server.browser().ask("/sign-in/provider")
        assert answer.status == 503
        assert "identity provider does not answer" in answer.body
        token = server.command("tokens", "create", "way-in", "--scope", "read").stdout.strip()
        browser = server.browser()
        answer = browser.post("/sign-in", {"token": token, "next": "/agents"})
        assert (answer.status, answer.headers["location"]) == (303, "/agents")
        assert "token:way-in" in browser.follow(answer).body
        server.command("tokens", "revoke", "way-in")
        assert browser.ask("/", **PAGE).status == 303
        assert server.browser().post("/sign-in", {"token": token}).status == 401
