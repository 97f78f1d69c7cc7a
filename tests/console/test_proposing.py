"""From a guardrail to a proposal without a terminal: where to, findings read, a backtest kept, a second person."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.conftest import Told
from tests.api.test_proposals import MAYA, OPERATOR, SAM, Memory

from remit.adapters.clouds.aws.policies import _remedy as credentials_remedy
from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.faces.web.access import NoCredentials
from remit.faces.web.caller import ROLES, Caller
from remit.model.errors import Unavailable

from .asgi import Answer, get
from .conftest import console_of
from .test_guardrail_editor import SHADOWED

VERA = Caller("vera@example.com", "person", ROLES["viewer"], "viewer")
ACCOUNT = "123456789012"
LEAVE = {"guardrail": "org-deny-leave", f"to.{ACCOUNT}": "on"}
OWN = {"text": SHADOWED, "type": "scp", "target": ACCOUNT}
"""With a finding: one of its statements has no effect."""


@dataclass
class Desk:
    """A console asked by somebody, and the organization that it attaches to."""

    site: Any
    desks: dict[str, Any]
    memory: Memory

    def get(self, path: str, who: Caller = MAYA) -> Answer:
        return self._ask(who, path, "GET", {})

    def post(self, path: str, who: Caller = MAYA, **form: str) -> Answer:
        return self._ask(who, path, "POST", form)

    def _ask(self, who: Caller, path: str, method: str, form: dict[str, str]) -> Answer:
        async def asked(scope: Any, receive: Any, send: Any) -> None:
            scope["test.caller"] = who
            await self.site(scope, receive, send)

        headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "http://127.0.0.1:8420")]
        return get(asked, path, method=method, headers=headers, body=urlencode(form).encode())


@pytest.fixture
def desk(tmp_path: Any) -> Iterator[Desk]:
    with Store.open(tmp_path, "test") as store:
        desks, memory = open_desks(store), Memory()
        desks["attaching"]._connect = lambda profile, address: memory
        yield Desk(console_of([], desk=desks["questions"], desks=desks, entrance=Told(NoCredentials())), desks, memory)


def lacking(page: Answer) -> list[str]:
    """The conditions that the page says are lacking once proposing was tried."""
    told = re.findall(r'<section class="notice" role="alert">(.*?)</section>', page.text, re.DOTALL)
    return re.findall(r"<li><b><bdi>(.*?)</bdi></b>", told[0]) if told else []


def digest(page: Answer) -> str:
    (found,) = re.findall(r'name="acknowledge" value="(\w+)"', page.text)
    return str(found)


def test_a_guardrail_goes_from_its_page_to_the_organization_by_two_persons(desk: Desk) -> None:
    assert 'href="/guardrails/propose?guardrail=org-deny-leave"' in desk.get("/guardrails/org-deny-leave").text
    first = desk.get("/guardrails/propose?guardrail=org-deny-leave")
    assert f"to.{ACCOUNT}" not in first.text
    assert "Show what this takes" in first.text
    assert "There is nothing to acknowledge" in desk.post("/guardrails/propose", **LEAVE).text
    refused = desk.post("/guardrails/proposals", **LEAVE)
    assert (refused.status, lacking(refused)) == (409, ["backtest"])
    tried = desk.post("/guardrails/propose/backtest", OPERATOR, **LEAVE)
    assert "No call was considered" in tried.text
    done = desk.post("/guardrails/proposals", **LEAVE, called="leave")
    assert done.status == 303
    own = done.headers["location"]
    assert desk.post(f"{own}/approve", MAYA).status == 409
    assert desk.post(f"{own}/approve", SAM).status == 303
    assert desk.post(f"{own}/attach", MAYA).status == 303
    assert "in force" in desk.get(own).text
    assert desk.memory.stood is not None
    assert desk.memory.stood.targets == (ACCOUNT,)


def test_all_that_lacks_is_said_at_once_with_what_provides_it_here(desk: Desk) -> None:
    def unanswered(name: str, aws_type: str) -> None:
        raise Unavailable("Unable to locate credentials", remedy="Use credentials of the management account.")

    desk.memory.named = unanswered  # type: ignore[method-assign]
    page = desk.post("/guardrails/proposals", **OWN)
    assert lacking(page) == ["insights", "backtest", "organization"]
    assert "tick the box" in page.text
    assert "Use credentials of the management account" in page.text
    assert "another person agrees" in page.text
    assert desk.desks["attaching"].proposals() == {"proposals": []}


def test_a_text_of_one_s_own_is_proposed_from_the_editor(desk: Desk) -> None:
    edited = desk.post("/guardrails/edit", text=SHADOWED, type="scp", do="check")
    assert 'formaction="/guardrails/propose"' in edited.text
    form = {**OWN, "called": "no storage", "target": f"{ACCOUNT}, 210987654321"}
    looked = desk.post("/guardrails/propose", **form)
    desk.post("/guardrails/propose/backtest", **form)
    assert lacking(desk.post("/guardrails/proposals", **form)) == ["insights"]
    done = desk.post("/guardrails/proposals", **form, acknowledge=digest(looked))
    assert done.status == 303
    (made,) = desk.desks["attaching"].proposals()["proposals"]
    assert made["document"] == json.loads(SHADOWED)
    assert (made["name"], made["proposed"]["by"]) == ("no storage", MAYA.name)
    assert [each["id"] for each in made["targets"]] == [ACCOUNT, "210987654321"]
    assert "a text of one's own" in desk.get(done.headers["location"]).text
    again = desk.post("/guardrails/propose", **form)
    assert f'href="{done.headers["location"]}"' in again.text


def test_who_may_not_is_offered_nothing_and_refused(desk: Desk) -> None:
    for who, backtest, proposal in ((VERA, 403, 403), (OPERATOR, 200, 403)):
        page = desk.post("/guardrails/propose", who, **LEAVE)
        assert page.status == 200
        assert 'formaction="/guardrails/proposals"' not in page.text
        assert ('formaction="/guardrails/propose/backtest' in page.text) == (backtest == 200)
        assert desk.post("/guardrails/propose/backtest", who, **LEAVE).status == backtest
        assert desk.post("/guardrails/proposals", who, **LEAVE).status == proposal
    assert desk.desks["attaching"].proposals() == {"proposals": []}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"guardrail": "org-deny-leave", "target": "everywhere"}, "is no target of a policy"),
        ({"text": "{", "target": ACCOUNT}, "Not valid JSON"),
        ({"text": "{", "target": ACCOUNT}, 'name="text" value="{"'),
        ({"target": ACCOUNT}, "Write a policy"),
        ({"guardrail": "region-allowlist-deny", "target": ACCOUNT}, "approved_regions"),
    ],
    ids=str,
)
def test_what_cannot_be_proposed_is_said(desk: Desk, form: dict[str, str], said: str) -> None:
    for path in ("/guardrails/propose", "/guardrails/propose/backtest", "/guardrails/proposals"):
        page = desk.post(path, **form)
        assert page.status == 400
        assert said in html.unescape(page.text)


def test_a_backtest_that_grew_old_is_run_again_on_the_proposal_s_page(desk: Desk) -> None:
    desk.post("/guardrails/propose/backtest", **LEAVE)
    own = desk.post("/guardrails/proposals", **LEAVE).headers["location"]
    table = desk.desks["attaching"]._attaching._backtests
    with table._state.transaction() as connection:
        connection.exec_driver_sql("UPDATE backtests SET at = '2026-01-01T00:00:00+00:00'")
    assert f'action="{own}/backtest"' in desk.get(own, SAM).text
    assert desk.post(f"{own}/backtest", OPERATOR).status == 303
    assert f'action="{own}/approve"' in desk.get(own, SAM).text


def test_what_lacks_is_told_in_words_of_the_page_and_says_what_proposing_needs_before_it_is_tried(desk: Desk) -> None:
    looked = desk.post("/guardrails/propose", **OWN).text
    assert "Still lacking: insights (<bdi>read the findings under 2" in looked
    assert "management account or of a delegated administrator" in looked
    assert looked.index("<h2>2. Findings") < looked.index("<h2>3. Backtest") < looked.index("Still lacking")

    def unanswered(name: str, aws_type: str) -> None:
        raise Unavailable("Unable to locate credentials", remedy=credentials_remedy(Exception()))

    desk.memory.named = unanswered  # type: ignore[method-assign]
    refused = desk.post("/guardrails/proposals", **OWN).text
    assert "in the environment of the server or command.<" in refused
    assert "--profile" not in refused


def test_proposing_nothing_yet_leads_to_the_library(desk: Desk) -> None:
    for path in ("/guardrails/propose", "/guardrails/propose?guardrail="):
        answer = desk.get(path)
        assert (answer.status, dict(answer.headers)["location"]) == (303, "/guardrails")
