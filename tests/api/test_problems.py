"""Whatever is refused is a problem document that says what happened and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.faces.web.caller import Caller
from remit.model.errors import StoreError

from .conftest import Client, questions_over, site_of

LONG = "x" * 1_000_000


def _problem(answer: Any) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = json.loads(answer.body)
    assert said["status"] == answer.status
    assert said["type"] == f"urn:remit:problem:{said['code']}"
    assert said["title"]
    assert said["detail"]
    return said


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/events?q=sourc:AgentOps", "GET", 400, "query.invalid"),
        ("/events?q=(((", "GET", 400, "query.invalid"),
        (f"/events?q={LONG}", "GET", 400, "request.invalid"),
        ("/events?q=%00%00", "GET", 400, "query.invalid"),
        ("/events?q=service:%FF%FE", "GET", 200, ""),
        ("/events?limit=0", "GET", 400, "request.invalid"),
        ("/events?limit=1001", "GET", 400, "request.invalid"),
        ("/events?limit=99999999999999999999999999", "GET", 400, "request.invalid"),
        ("/events?limit=ten", "GET", 400, "request.invalid"),
        ("/events?limit=1&limit=2", "GET", 400, "usage"),
        ("/events?querry=x", "GET", 400, "usage"),
        ("/events?cursor=broken", "GET", 400, "query.invalid"),
        ("/events?cursor=%00", "GET", 400, "query.invalid"),
        (f"/events?cursor={LONG}", "GET", 400, "request.invalid"),
        ("/facets?fields=nosuch", "GET", 400, "usage"),
        ("/difference?against=others", "GET", 400, "usage"),
        ("/difference?wide=24h", "GET", 400, "usage"),
        ("/difference?against=all", "GET", 400, "request.invalid"),
        ("/difference?against=before", "GET", 400, "usage"),
        ("/difference?against=others&picked=" + "a," * 101, "GET", 400, "usage"),
        ("/facets?fields=user_agent", "GET", 400, "usage"),
        ("/facets?fields=%00", "GET", 400, "usage"),
        ("/facets?limit=201", "GET", 400, "request.invalid"),
        ("/events/nosuch", "GET", 404, "not_found"),
        ("/events/%00", "GET", 404, "not_found"),
        ("/events/0000", "GET", 400, "usage"),
        ("/nosuch", "GET", 404, "path.unknown"),
        ("/", "GET", 404, "path.unknown"),
        ("/api", "GET", 404, "path.unknown"),
        ("/api/v2/events", "GET", 404, "path.unknown"),
        ("/api/v1/agents/one%0Atwo", "GET", 404, "path.unknown"),
        ("/api/v2/one%0Atwo", "GET", 404, "path.unknown"),
        ("/events", "DELETE", 405, "method.not_allowed"),
        ("/facets", "POST", 405, "method.not_allowed"),
    ],
)
def test_a_bad_request_is_refused_with_its_reason(api: Client, path: str, method: str, status: int, code: str) -> None:
    answer = api(path, method=method)
    assert answer.status == status
    if status != 200:
        assert _problem(answer)["code"] == code
        assert len(answer.body) < 6000


def test_a_query_that_cannot_be_read_is_pointed_into(api: Client) -> None:
    said = _problem(api("/events?q=source:AgentOps%20sourc:x"))
    assert (said["text"], said["column"]) == ("source:AgentOps sourc:x", 16)
    assert "source" in said["remedy"]


def test_an_unknown_parameter_is_not_left_out_silently(api: Client) -> None:
    said = _problem(api("/events?limt=3"))
    assert "Did you mean limit?" in said["remedy"]


def test_a_wrong_method_names_the_right_ones(api: Client) -> None:
    assert api("/events", method="DELETE").headers["allow"] == "GET, HEAD"


def test_a_fault_says_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def search(self, query: str, limit: int, cursor: str | None) -> Any:
            raise RuntimeError("secret detail")

        def who(self, subject: str) -> Any:
            raise StoreError("secret disk", where="/srv/secret")

        overview = search

    broken = Client(site_of({"questions": Broken()}))
    answer = broken("/events")
    assert _problem(answer)["code"] == "failed"
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers
    assert "secret detail" in caplog.text


def test_nobody_is_asked_for_a_token_and_a_token_without_the_scope_is_refused() -> None:
    site = site_of({"questions": questions_over([])})
    nobody = Client(site, None)("/events")
    assert _problem(nobody)["code"] == "not_signed_in"
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    pusher = Caller("feeder", "token", frozenset({"push"}))
    assert _problem(Client(site, pusher)("/events"))["code"] == "forbidden"
    admin = Caller("keeper", "token", frozenset({"admin"}))
    assert _problem(Client(site, admin)("/events"))["code"] == "forbidden"
    reader = Caller("reader", "token", frozenset({"read"}))
    assert Client(site, reader)("/events").status == 200


def test_a_head_has_the_heads_and_no_body(api: Client) -> None:
    head, got = api("/events", method="HEAD"), api("/events")
    assert head.status == got.status == 200
    assert head.headers == got.headers
    assert head.body == b""
    assert api("/events?q=((", method="HEAD").status == 400


def test_nothing_is_kept_by_anything_between(api: Client) -> None:
    for path in ("/events", "/events?q=((", "/openapi.json", "/nosuch"):
        assert api(path).headers["cache-control"] == "no-store"
