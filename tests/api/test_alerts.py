"""Alerts over HTTP: set, try, change by version, delete; and who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.faces.api.application import api_routes
from remit.faces.console.site import build_console
from remit.faces.web.access import Entrance, NoCredentials
from remit.faces.web.caller import LOCAL, ROLES, Caller

VIEWER = Caller("vera", "person", ROLES["viewer"], "viewer")


@pytest.fixture(
    scope="module", params=[None, pytest.param("postgresql", marks=pytest.mark.heavy)], ids=["sqlite", "postgresql"]
)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = request.getfixturevalue("postgresql").empty() if request.param else None
    with Store.open(Path(tmp_path_factory.mktemp("api")) / "data", "test", state_url=url) as found:
        yield found


def client(store: Store, caller: Caller = LOCAL) -> TestClient:
    desks = open_desks(store)
    site: Any = build_console(
        desks["questions"], allowed_hosts={"127.0.0.1:8420"}, demo=False, notices=list, desks=desks,
        more=api_routes(desks), entrance=Entrance(NoCredentials(), caller),
    )  # fmt: skip
    return TestClient(site, base_url="http://127.0.0.1:8420")


def test_an_alert_is_set_changed_by_its_version_and_deleted(store: Store) -> None:
    http = client(store)
    made = http.post("/api/v1/alerts", json={"query": "who:agent", "kind": "rate", "settings": {"least": "3"}})
    assert made.status_code == 201
    place, tag = made.headers["location"], made.headers["etag"]
    assert made.json()["settings"] == {"window": "1h", "factor": "3", "least": "3", "quiet": "1h"}
    assert [each["id"] for each in http.get("/api/v1/alerts").json()["alerts"]] == [made.json()["id"]]
    change = {"query": "who:agent", "name": "Agents"}
    assert http.put(place, json=change).status_code == 428
    changed = http.put(place, json=change, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["kind"], changed.json()["name"]) == (200, "match", "Agents")
    assert http.put(place, json=change, headers={"If-Match": tag}).status_code == 412
    assert http.post(f"{place}/test").json() == {"items": []}
    assert http.post(f"{place}/seen").status_code == 204
    assert http.delete(place, headers={"If-Match": tag}).status_code == 412
    assert http.delete(place, headers={"If-Match": changed.headers["etag"]}).status_code == 204
    assert http.get(place).status_code == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"query": "nosuch:1"}, 400),
        ({"query": "x since:1d"}, 400),
        ({"query": "x", "kind": "rate", "settings": {"window": "soon"}}, 400),
        ({"query": "x", "channels": ["nowhere"]}, 400),
    ],
)
def test_what_cannot_be_watched_is_a_problem(store: Store, said: dict[str, Any], status: int) -> None:
    refused = client(store).post("/api/v1/alerts", json=said)
    assert refused.status_code == status
    assert refused.headers["content-type"].startswith("application/problem+json")


def test_a_dry_run_sends_nothing_and_who_may_only_read_sets_nothing(store: Store) -> None:
    tried = client(store).post("/api/v1/alerts/dry-run", json={"query": "who:agent", "kind": "first"})
    assert (tried.status_code, tried.json()["firings"], tried.json()["matches"]) == (200, 0, 0)
    http = client(store, VIEWER)
    assert http.post("/api/v1/alerts", json={"query": "who:agent"}).status_code == 403
    assert json.loads(http.get("/api/v1/alerts").text)["alerts"] == []
