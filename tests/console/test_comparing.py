"""What is different here: an address, on the questions as they are."""

from __future__ import annotations

import re
from urllib.parse import quote

from remit.app.desk import LocalDesk

from .asgi import get
from .conftest import Console
from .estate import Row, of_source, row
from .page_reader import Page
from .test_real_desk import desk_over


def incident() -> list[Row]:
    """An agent's ten deletions in one account among two hundred everyday acts in another."""
    quiet = [of_source(number, "IaC", account="222", action_kind="update") for number in range(20, 220)]
    return [*quiet, *(row(number, account="111") for number in range(10))]


def desk() -> LocalDesk:
    return desk_over(incident())


def test_what_a_question_finds_is_held_against_everything_else(console: Console) -> None:
    app = console([], desk=desk())
    offered = Page(get(app, "/?q=agent:*").text)
    assert any("compare=rest" in link for link in offered.links)
    page = Page(get(app, "/?q=agent:*&compare=rest").text)
    assert page.faults == []
    assert "What the question finds (10) against everything else in the same time (200)" in page.text
    assert "More here, the most telling first" in page.text
    assert "Agent: the question itself is about it" in page.text
    assert "/?q=agent%3A%2A+account%3A111" in " ".join(page.links)


def test_picked_events_are_held_against_the_others(console: Console) -> None:
    picks = "&".join(f"pick={number:024x}" for number in range(4))
    html = get(console([], desk=desk()), f"/?since=24h&compare=others&{picks}").text
    page = Page(html)
    assert "The events picked (4) against the others that the question finds (206)" in page.text
    assert "Claude Code" in page.text.split("More here")[1].split("Events")[0]
    assert len(re.findall(r'name="pick"[^>]* checked>', html)) == 4


def test_the_open_event_keeps_the_comparison(console: Console) -> None:
    html = get(console([], desk=desk()), f"/?q=agent:*&compare=rest&open={0:024x}").text
    assert 'class="close"' in html
    assert "/?q=agent%3A%2A&amp;compare=rest" in html


def test_what_cannot_be_compared_says_why(console: Console) -> None:
    app = console([], desk=desk())
    for question, said in (
        ("since=all&compare=before", "Nothing comes before all time"),
        ("compare=others", "No event is picked"),
        (f"compare={quote('<b>')}", "Nothing is compared with"),
        ("compare=wide&wide=x", "No window of time is written"),
        ("q=agent:*&compare=before", "There is nothing to compare"),
    ):
        answer = get(app, f"/?{question}")
        page = Page(answer.text)
        assert answer.status == 200
        assert said in page.text, question
        assert page.faults == []
