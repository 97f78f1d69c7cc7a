"""Views over HTTP: two people who change one are not lost to each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from remit.adapters.store.state.state import State
from remit.adapters.store.state.views import ViewTable
from remit.faces.web.caller import ROLES, Caller
from remit.flows.views import SavedViews

from .conftest import Client, questions_over, site_of

MAYA = Caller("maya", "person", ROLES["operator"], "operator")
SAM = Caller("sam", "person", ROLES["operator"], "operator")
VIEWER = Caller("vera", "person", ROLES["viewer"], "viewer")
SAID = {"name": "Agents", "query": "source:AgentOps", "since": "7d"}


@pytest.fixture
def site(state_url: str) -> Iterator[Any]:
    """A site with views, none saved yet."""
    state = State.open(state_url)
    ids = iter(f"{number:012x}" for number in range(1, 99))
    views = SavedViews(ViewTable(state), lambda: 1_793_000_000_000_000, lambda: next(ids))
    yield site_of({"questions": questions_over([]), "views": views})
    state.close()


def _code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(json.loads(answer.body)["code"])


def test_a_view_is_saved_read_changed_and_deleted(site: Any) -> None:
    maya = Client(site, MAYA)
    made = maya("/views", method="POST", json_body=SAID)
    assert made.status == 201
    location, tag = made.headers["location"], made.headers["etag"]
    read = maya(location)
    assert (read.status, read.headers["etag"], json.loads(read.body)["owner"]) == (200, tag, "maya")
    assert maya(location, headers={"if-none-match": tag}).status == 304
    changed = maya(location, method="PUT", json_body={**SAID, "name": "Mine"}, headers={"if-match": tag})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert maya(location, headers={"if-none-match": tag}).status == 200
    assert [each["name"] for each in maya.json("/views")["items"]] == ["Mine"]
    gone = maya(location, method="DELETE", headers={"if-match": '"2"'})
    assert (gone.status, gone.body) == (204, b"")
    assert _code(maya(location)) == "not_found"


def test_of_two_people_the_second_is_told_of_the_first(site: Any) -> None:
    maya, sam = Client(site, MAYA), Client(site, SAM)
    made = maya("/views", method="POST", json_body=SAID)
    location, tag = made.headers["location"], made.headers["etag"]
    first = sam(location, method="PUT", json_body={**SAID, "query": "who:agent"}, headers={"if-match": tag})
    assert first.status == 200
    late = maya(location, method="PUT", json_body={**SAID, "query": "who:person"}, headers={"if-match": tag})
    assert (late.status, _code(late)) == (412, "stale")
    assert maya(location, method="DELETE", headers={"if-match": tag}).status == 412
    assert maya.json(location)["query"] == "who:agent"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 428),
        ('"1"', 200),
        ("*", 200),
        ('"7", "1"', 200),
        ('W/"1"', 412),
        ('"7"', 412),
        ('"one"', 412),
        ('""', 412),
        ("1", 400),
        ('"1', 400),
        ("", 400),
        ('"' + "9" * 9000 + '"', 412),
    ],
)
def test_a_change_names_its_version(site: Any, given: str | None, status: int) -> None:
    maya = Client(site, MAYA)
    location = maya("/views", method="POST", json_body=SAID).headers["location"]
    headers = {} if given is None else {"if-match": given}
    answer = maya(location, method="PUT", json_body={**SAID, "name": "Other"}, headers=headers)
    assert answer.status == status
    assert maya.json(location)["name"] == ("Other" if status == 200 else "Agents")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**SAID, "query": "sourc:x"}, "query.invalid"),
        ({**SAID, "since": "someday"}, "query.invalid"),
        ({**SAID, "name": ""}, "request.invalid"),
        ({**SAID, "name": "two\nlines"}, "usage"),
        ({**SAID, "name": 7}, "request.invalid"),
        ({**SAID, "name": None}, "request.invalid"),
        ({**SAID, "query": "x" * 5000}, "request.invalid"),
        ({**SAID, "owner": "root"}, "request.invalid"),
        ({"name": "Agents"}, "request.invalid"),
        ([], "request.invalid"),
        ("text", "request.invalid"),
        (None, "request.invalid"),
    ],
)
def test_what_cannot_be_saved_is_refused(site: Any, body: Any, code: str) -> None:
    answer = Client(site, MAYA)("/views", method="POST", json_body=body)
    assert (answer.status, _code(answer)) == (400, code)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b'{"name": "\\ud800", "query": ""}', "application/json", 400),
        (b'{"name": "n", "query": "\xff"}', "application/json", 400),
        (b'{"name": "n", "query": ""}', "text/plain", 400),
        (b"name=n&query=", "application/x-www-form-urlencoded", 400),
        (b"9" * 10_000, "application/json", 400),
        (b" " * 1_100_000, "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_refused(site: Any, body: bytes, kind: str, status: int) -> None:
    answer = Client(site, MAYA)("/views", method="POST", body=body, headers={"content-type": kind})
    assert answer.status == status
    assert _code(answer) in ("request.invalid", "too_much")
    assert Client(site, MAYA).json("/views")["items"] == []


def test_a_name_that_is_taken_is_a_conflict(site: Any) -> None:
    maya = Client(site, MAYA)
    maya("/views", method="POST", json_body=SAID)
    again = maya("/views", method="POST", json_body={**SAID, "name": "AGENTS"})
    assert (again.status, _code(again)) == (409, "conflict")


def test_who_only_reads_changes_nothing(site: Any) -> None:
    made = Client(site, MAYA)("/views", method="POST", json_body=SAID)
    vera, location = Client(site, VIEWER), made.headers["location"]
    assert vera("/views", method="POST", json_body={**SAID, "name": "Mine"}).status == 403
    assert vera(location, method="PUT", json_body=SAID, headers={"if-match": "*"}).status == 403
    assert vera(location, method="DELETE", headers={"if-match": "*"}).status == 403
    assert vera.json(location)["version"] == 1
    assert Client(site, None)("/views").status == 401


def test_the_address_of_a_view_leads_to_its_question(site: Any) -> None:
    maya = Client(site, MAYA)
    made = json.loads(maya("/views", method="POST", json_body=SAID).body)
    led = maya.at(made["path"])
    assert led.status == 302
    assert led.headers["location"] == "/?q=source%3AAgentOps&since=7d"
    assert maya.at("/views/nosuch").status == 404
