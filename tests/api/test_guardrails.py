"""The library and its checks over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.faces.web.caller import ROLES, Caller

from .conftest import Client, site_of

VIEWER = Caller("vera@example.com", "person", ROLES["viewer"], "viewer")
REGIONS = {"guardrail": "region-allowlist-deny", "values": {"approved_regions": ["eu-north-1"]}}
EMPTY = '{"Version": "2012-10-17", "Statement": []}'
TEXT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Store.open(tmp_path_factory.mktemp("guardrails-api"), "test") as store:
        yield site_of(open_desks(store))


@pytest.fixture(scope="module")
def viewer(site: Any) -> Client:
    return Client(site, VIEWER)


def post(client: Client, verb: str, **body: Any) -> Any:
    return client.json(f"/guardrails/{verb}", method="POST", json_body=body)


def test_the_library_is_searched(viewer: Client) -> None:
    found = viewer.json("/guardrails?q=sage&framework=HIPAA,SOC2&type=SCP")
    assert found["of"] == 307
    assert 0 < found["total"] == len(found["items"])
    assert viewer("/guardrails?framework=PCI-DDS").status == 400
    assert viewer.json("/guardrails/frameworks")["items"][0]["guardrails"] > 0
    assert viewer.json("/guardrails/region-allowlist-deny")["cases"]
    assert viewer("/guardrails/nothing").status == 404
    assert viewer.json("/guardrails/checks")["families"]


def test_a_viewer_may_ask_all_that_changes_nothing(viewer: Client) -> None:
    made = post(viewer, "render", **REGIONS)
    assert "eu-north-1" in json.dumps(made["document"])
    assert post(viewer, "lint", policy=REGIONS)["id"] == "region-allowlist-deny"
    assert post(viewer, "lint", policy={"text": TEXT}, type="scp")["readable"]
    assert json.loads(post(viewer, "fix", text=TEXT)["text"])
    assert "eu-north-1" in post(viewer, "export", policy=REGIONS, format="terraform")["text"]
    assert post(viewer, "export", policy={"text": TEXT}, format="json")["type"] == "SCP"
    tried = post(viewer, "backtest", policy=REGIONS, against={"text": TEXT})
    assert tried["figures"]["considered"] == 0
    assert tried["recorded"] is None


def test_a_backtest_that_is_to_be_remembered_needs_more_than_reading(site: Any, viewer: Client) -> None:
    body = {"policy": REGIONS, "record": True}
    assert viewer("/guardrails/backtest", method="POST", json_body=body).status == 403
    operator = Client(site, Caller("olga@example.com", "person", ROLES["operator"], "operator"))
    assert post(operator, "backtest", **body)["recorded"]


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("render", {"guardrail": "region-allowlist-deny"}, 400),
        ("render", {"guardrail": "nothing"}, 404),
        ("lint", {"policy": {}}, 400),
        ("lint", {"policy": {"text": TEXT, "guardrail": "x"}}, 400),
        ("lint", {"policy": {"text": TEXT, "values": {"a": "b"}}}, 400),
        ("export", {"policy": {"text": "{"}}, 400),
        ("export", {"policy": {"text": EMPTY}}, 400),
        ("backtest", {"policy": {"text": EMPTY}}, 400),
        ("export", {"policy": REGIONS, "format": "word"}, 400),
        ("backtest", {"policy": {"text": "{"}, "type": "scp"}, 400),
        ("backtest", {"policy": REGIONS, "targets": ["ou-none"]}, 400),
        ("backtest", {"policy": REGIONS, "since": "yesteryear"}, 400),
        ("backtest", {"policy": REGIONS, "query": "source:"}, 400),
    ],
)
def test_what_cannot_be_asked_is_a_problem(viewer: Client, verb: str, body: Any, status: int) -> None:
    answer = viewer(f"/guardrails/{verb}", method="POST", json_body=body)
    assert answer.status == status, answer.text
    assert json.loads(answer.body)["detail"]


def test_half_a_surrogate_pair_in_a_policy_is_told_as_it_was_sent(viewer: Client) -> None:
    found = post(viewer, "lint", policy={"text": TEXT.replace('"Effect"', '"Sid": "\\ud800", "Effect"')})
    assert found["size"]["statements"][0]["sid"] == "\ud800"


def test_a_missing_parameter_is_named(viewer: Client) -> None:
    answer = viewer("/guardrails/render", method="POST", json_body={"guardrail": "region-allowlist-deny"})
    assert json.loads(answer.body)["where"] == "approved_regions"
