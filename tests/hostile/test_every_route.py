"""Every route of a server, as the application itself lists them: who may ask it, and that no other site can.

A route that is added without a line in ``NEEDED`` fails here, so that none is opened by forgetting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.routing import Mount
from tests.console.asgi import Answer, get

from remit.adapters.store.store import Store
from remit.app.arrivals import arrivals
from remit.app.config.reading import load_configuration
from remit.app.config.schema import Auth
from remit.app.desks import LIVE, PUSH, TOKENS
from remit.app.exposure import Exposure
from remit.app.keeping import open_desks
from remit.app.site import build_site
from remit.faces.web.streams import Streams

HOST = "127.0.0.1:8420"
OPEN = "nobody"
CALLERS = {OPEN: (), "read": ("read",), "push": ("push",), "operate": ("operate",), "admin": ("read", "admin")}
"""Who asks -> the scopes of their token. A page of administrators is read, too."""
_API = "/api/v1"
NEEDED = {
    OPEN: (
        "GET /livez", "GET /readyz", "GET /favicon.ico", "GET /static/{digest}/{name}",
        "GET /sign-in", "POST /sign-in", "GET /sign-in/provider", "GET /sign-in/callback", "POST /sign-out",
    ),
    "read": (
        "GET /", "GET /events/{event_id}", "GET /values/{column}", "GET /complete/{field}", "GET /agents",
        "GET /agents/{name}", "GET /denials", "GET /who", "GET /feeds", "GET /identities", "GET /views",
        "GET /views/{view}", "GET /alerts", "GET /alerts/new", "GET /alerts/channels", "GET /alerts/{alert}",
        "GET /alerts/{alert}/edit", "GET /guardrails", "GET /guardrails/{guardrail}",
        "GET /guardrails/{guardrail}/export", "GET /guardrails/edit", "POST /guardrails/edit",
        "GET /guardrails/propose", "POST /guardrails/propose",
        "GET /guardrails/proposals", "GET /guardrails/proposals/{proposal}", "GET /live",
        *(f"POST {_API}/guardrails/{verb}" for verb in ("render", "lint", "fix", "export", "backtest")),
        "GET /metrics", "GET /api",
        *(f"GET {_API}{path}" for path in (
            "/openapi.json", "/events", "/events/stream", "/events/{event_id}", "/facets", "/agents", "/agents/{name}",
            "/denials", "/difference",
            "/who", "/export", "/views", "/views/{view}", "/feeds", "/feeds/{name}", "/alerts",
            "/alerts/{alert}", "/guardrails/proposals", "/guardrails/proposals/{proposal}",
            "/guardrails", "/guardrails/frameworks", "/guardrails/checks", "/guardrails/{guardrail}",
        )),
    ),
    "push": (f"POST {_API}/events/{{format}}",),
    "operate": (
        "POST /views", "POST /views/{view}", "POST /views/{view}/delete", "POST /feeds/retry", "POST /identities/map",
        "POST /identities/judge", "POST /alerts", "POST /alerts/seen", "POST /alerts/{alert}",
        "POST /alerts/{alert}/switch", "POST /alerts/{alert}/delete", "POST /alerts/{alert}/test",
        "POST /alerts/channels/change", "POST /guardrails/{guardrail}/backtest", "POST /guardrails/propose/backtest",
        "POST /guardrails/proposals/{proposal}/backtest",
        f"POST {_API}/views", f"PUT {_API}/views/{{view}}", f"DELETE {_API}/views/{{view}}",
        f"POST {_API}/feeds/{{name}}/retry", f"POST {_API}/alerts", f"POST {_API}/alerts/dry-run",
        f"PUT {_API}/alerts/{{alert}}", f"DELETE {_API}/alerts/{{alert}}", f"POST {_API}/alerts/{{alert}}/test",
        f"POST {_API}/alerts/{{alert}}/seen",
    ),
    "admin": (
        "GET /settings/tokens", "POST /settings/tokens", "POST /settings/tokens/revoke", "GET /settings/journal",
        "POST /alerts/channels", "POST /guardrails/proposals", f"POST {_API}/guardrails/proposals",
        *(f"POST /guardrails/proposals/{{proposal}}/{step}" for step in ("approve", "attach", "withdraw")),
        *(f"POST {_API}/guardrails/proposals/{{proposal}}/{step}" for step in ("approve", "attach", "withdraw")),
    ),
}  # fmt: skip
"""The scope that a route needs -> the routes."""
ROUTES = tuple((scope, *route.split(" ")) for scope, routes in NEEDED.items() for route in routes)
BY_WHAT_IS_SENT = (("POST", "/sign-in"), ("GET", "/sign-in/callback"))
"""Open to anybody; 401 is their answer to a token or state that is not good."""
CHANGING = tuple((method, path) for _, method, path in ROUTES if method != "GET")
NAMES = {"{digest}": "x", "{name}": "x", "{format}": "cloudtrail", "{alert}": "0abc", "{column}": "agent"}


@dataclass(frozen=True)
class Site:
    """A server's application in this process; ``secrets`` are the tokens of those who ask."""

    app: Any
    store: Store
    secrets: dict[str, str]

    def ask(self, method: str, path: str, who: str = OPEN, **headers: str) -> Answer:
        """Ask a route as one of ``CALLERS``."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
        if path.startswith(_API):
            sent |= {"Content-Type": "application/json", "If-Match": "*"}
        if who != OPEN:
            sent["Authorization"] = f"Bearer {self.secrets[who]}"
        url = re.sub(r"\{\w+\}", lambda found: NAMES.get(found[0], "unknown"), path)
        endless = path in ("/live", f"{_API}/events/stream")
        asked = [(name.replace("_", "-"), value) for name, value in sent.items()]
        body = b"" if method == "GET" else b"{}"
        return get(self.app, url, method="HEAD" if endless else method, hosts=(HOST,), headers=asked, body=body)

    def recorded(self) -> list[Any]:
        """The journal: every change that anybody made."""
        with self.store.state.transaction() as connection:
            found = connection.exec_driver_sql("SELECT who, what, facts FROM journal").fetchall()
        return [tuple(row) for row in found]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("routes")
    exposed = Exposure("127.0.0.1", "token", "", "", frozenset())
    with Store.open(folder, "test") as store:
        desks = open_desks(store)
        streams = Streams(desks[LIVE])
        secrets = {who: desks[TOKENS].create(who, scopes)["secret"] for who, scopes in CALLERS.items() if scopes}
        with arrivals(store, load_configuration(folder), [], lambda _: None) as desks[PUSH]:
            try:
                app = build_site(desks, exposed, Auth(), 8420, streams, demo=False, notices=list)
                yield Site(app, store, secrets)
            finally:
                streams.close()


def routes_of(routes: Iterable[Any], under: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of everything an application answers; HEAD is GET's."""
    for each in routes:
        if isinstance(each, Mount):
            yield from routes_of(getattr(each.app, "routes", ()), under + each.path)
        elif hasattr(each, "path"):
            path = re.sub(r":path\}", "}", under + each.path)
            yield from ((method, path) for method in sorted(each.methods - {"HEAD"}))
        else:  # a router that FastAPI took in
            yield from routes_of(each.original_router.routes, under)


def test_every_route_is_known_here_with_the_scope_it_needs(site: Site) -> None:
    found = set(routes_of(site.app.routes))
    known = {(method, path) for _, method, path in ROUTES}
    assert {"new": found - known, "gone": known - found} == {"new": set(), "gone": set()}


@pytest.mark.parametrize("who", CALLERS)
def test_each_route_answers_those_alone_who_have_its_scope(site: Site, who: str) -> None:
    before = site.recorded()
    wrong = []
    for needed, method, path in ROUTES:
        status = site.ask(method, path, who).status
        may = needed in (OPEN, *CALLERS[who])
        if may == (status == (403 if CALLERS[who] else 401)) and (method, path) not in BY_WHAT_IS_SENT:
            wrong.append((method, path, status))
    assert wrong == []
    if who in (OPEN, "read", "push"):
        assert site.recorded() == before


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8421"},
        {"Origin": "https://127.0.0.1:8420"},
        {"Origin": "http://localhost:8420"},
        {"Origin": f"http://{HOST}.evil.example"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": ""},
    ],
    ids=str,
)
def test_no_other_site_changes_anything_by_whoever_s_credential(site: Site, said: dict[str, str]) -> None:
    before = site.recorded()
    passed = [
        (method, path, scope)
        for method, path in CHANGING
        for scope in (OPEN, "operate", "push", "admin")
        if site.ask(method, path, scope, **said).status != 403
    ]
    assert passed == []
    assert site.recorded() == before


def test_a_page_of_this_server_may_ask_for_every_change(site: Site) -> None:
    needed = {(method, path): scope for scope, method, path in ROUTES}
    for method, path in CHANGING:
        answer = site.ask(method, path, needed[method, path], Origin=f"http://{HOST}", Sec_Fetch_Site="same-origin")
        assert answer.status != 403, (method, path)


def test_nothing_else_is_answered_at_a_route_by_another_method(site: Site) -> None:
    known = {(method, path) for _, method, path in ROUTES}
    answered = [
        (method, path, status)
        for path in sorted({path for _, path in known})
        for method in ("POST", "PUT", "PATCH", "DELETE")
        if (method, path) not in known
        and not any(other == method and _same_shape(form, path) for other, form in known)
        and (status := site.ask(method, path, "operate").status) not in (403, 404, 405)
    ]
    assert answered == []


def _same_shape(form: str, path: str) -> bool:
    """Whether a path with variables in it can be this one."""
    url = re.sub(r"\{\w+\}", lambda found: NAMES.get(found[0], "unknown"), path)
    return re.fullmatch(re.sub(r"\{\w+\}", ".+", form), url) is not None


def test_no_answer_holds_a_token(site: Site) -> None:
    for _, method, path in ROUTES:
        if method == "GET":
            told = site.ask(method, path, "admin")
            whole = json.dumps(told.headers) + told.body.decode("utf-8", "replace")
            assert not [each for each in site.secrets.values() if each.rpartition("_")[2] in whole], path
