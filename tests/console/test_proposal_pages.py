"""Proposals in the console: their state, what lacks, and a second person's yes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from tests.api.test_proposals import MAYA, OPERATOR, POLICY, SAM, Stand
from tests.api.test_proposals import stand as stand

from remit.faces.web.caller import LOCAL, Caller

from .asgi import Answer, get

PATH = "/guardrails/proposals"


def ask(stand: Stand, who: Caller, path: str, method: str = "GET") -> Answer:
    async def asked(scope: Any, receive: Any, send: Any) -> None:
        scope["test.caller"] = who
        await stand.site(scope, receive, send)

    headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "http://127.0.0.1:8420")]
    return get(asked, path, method=method, headers=headers)


def buttons(answer: Answer) -> set[str]:
    found = re.findall(rf'action="{PATH}/[^"]*/(\w+)"', answer.text)
    return set(found)


def test_the_list_tells_each_proposal_s_state(stand: Stand) -> None:
    page = ask(stand, OPERATOR, PATH).text
    assert "deny-regions" in page
    assert "waits for a second person" in page
    assert f'href="{PATH}/{stand.proposal}"' in page


def test_who_proposed_is_told_why_their_yes_would_not_count(stand: Stand) -> None:
    page = ask(stand, MAYA, f"{PATH}/{stand.proposal}")
    assert "who proposed it" in page.text
    assert buttons(page) == {"withdraw"}


def test_who_proposed_is_told_the_way_in_where_there_is_one(stand: Stand) -> None:
    page = ask(stand, MAYA, f"{PATH}/{stand.proposal}").text
    assert f'href="/sign-in?next={quote(f"{PATH}/{stand.proposal}", safe="")}"' in page
    assert "REMIT_TOKEN" not in page


def test_where_nobody_signs_in_the_second_person_is_told_the_terminal_and_led_to_no_missing_page(stand: Stand) -> None:
    stand.desk.as_person(stand.desk.caller(LOCAL.name, LOCAL.kind)).withdraw(stand.proposal)
    proposed = stand.desk.as_person(stand.desk.caller(LOCAL.name, LOCAL.kind)).propose(POLICY)
    page = ask(stand, LOCAL, f"{PATH}/{proposed['id']}").text
    assert "who proposed it" in page
    assert "/sign-in" not in page
    assert f"REMIT_TOKEN=… remit guardrails approve <bdi>{proposed['id']}</bdi>" in page


def test_who_may_not_agree_is_offered_nothing(stand: Stand) -> None:
    page = ask(stand, OPERATOR, f"{PATH}/{stand.proposal}")
    assert page.status == 200
    assert buttons(page) == set()


def test_a_second_person_agrees_and_it_is_attached(stand: Stand) -> None:
    own = f"{PATH}/{stand.proposal}"
    assert buttons(ask(stand, SAM, own)) == {"approve", "withdraw"}
    assert ask(stand, SAM, f"{own}/approve", "POST").status == 303
    agreed = ask(stand, MAYA, own)
    assert "sam@example.com" in agreed.text
    assert buttons(agreed) == {"attach", "withdraw"}
    assert ask(stand, MAYA, f"{own}/attach", "POST").status == 303
    done = ask(stand, OPERATOR, own)
    assert "in force" in done.text
    assert "p-12345678" in done.text
    assert buttons(done) == set()


def test_a_yes_that_does_not_count_is_refused_whatever_is_posted(stand: Stand) -> None:
    own = f"{PATH}/{stand.proposal}"
    assert ask(stand, MAYA, f"{own}/approve", "POST").status == 409
    assert ask(stand, OPERATOR, f"{own}/approve", "POST").status == 403
    assert ask(stand, MAYA, f"{own}/attach", "POST").status == 409
    assert stand.desk.show(stand.proposal)["state"] == "proposed"


def test_a_proposal_that_does_not_exist_is_not_found(stand: Stand) -> None:
    assert ask(stand, SAM, f"{PATH}/nothing").status == 404
