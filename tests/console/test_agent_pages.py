"""The table of agents and an agent's page, over real questions: addresses, order, and what they add up to."""

from __future__ import annotations

from functools import cache
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from remit.faces.console.pages import agent_url
from remit.faces.console.trend import HEIGHT, spark

from .asgi import get
from .estate import Row, denied, mixed, row
from .page_reader import Page
from .test_hostile import HOSTILE, saying
from .test_real_desk import app_of

NAMES = ("Claude Code", "a/b", "/", "..", ".", "a\nb", "a?b=c#d", "%2e%2e", "x' onload=1", "<script>", "‮cod", "é")


def agents_of(*names: str) -> list[Row]:
    return [row(place, agent=name, actor_name=name) for place, name in enumerate(names, 1)]


@pytest.mark.parametrize("name", NAMES)
def test_every_agent_whatever_its_name_has_a_page_its_row_leads_to(name: str) -> None:
    app = app_of(agents_of(name))
    listed = Page(get(app, "/agents").text)
    link = agent_url(name, window="7d")
    assert link in [unescape(each) for each in listed.links]
    assert urlsplit(link).path not in ("/agents/..", "/agents/.")
    answer = get(app, link)
    assert answer.status == 200
    page = Page(answer.text)
    assert page.faults == []
    assert page.tags["h1"] == 1
    assert page.tags["script"] == listed.tags["script"]


def test_the_table_is_sorted_and_searched_by_its_address() -> None:
    rows = [*agents_of("Beta", "Alpha"), denied(5, agent="Gamma bot"), row(6, agent="Beta")]
    app = app_of(rows)

    def order(url: str) -> list[str]:
        links = [urlsplit(each) for each in Page(get(app, url).text).links]
        return [each.path.removeprefix("/agents/") for each in links if each.path.startswith("/agents/")]

    assert order("/agents?sort=agent&order=asc") == ["Alpha", "Beta", "Gamma%20bot"]
    assert order("/agents?sort=changes&order=desc")[0] == "Beta"
    assert order("/agents?sort=denials&order=desc")[0] == "Gamma%20bot"
    assert order("/agents?q=GAMMA") == ["Gamma%20bot"]
    assert order("/agents?sort=nonsense")[0] == "Beta"
    assert order("/agents?q=zzz") == []
    assert "has “" in get(app, "/agents?q=zzz").text


@pytest.mark.parametrize("sort", ["agent", "changes", "denials", "reach", "growth", "novelties", "governed", "owner"])
def test_the_sorted_column_is_said_and_turns_round(sort: str) -> None:
    app = app_of(agents_of("A", "B"))
    page = get(app, f"/agents?sort={sort}&order=desc").text
    assert page.count('aria-sort="descending"') == 1
    asked = [parse_qs(urlsplit(unescape(each)).query) for each in Page(page).links if f"sort={sort}" in each]
    assert [each["order"] for each in asked if each["window"] == ["7d"]] == [["desc"], ["asc"]]


def test_the_page_of_an_agent_counts_the_same_everywhere() -> None:
    rows = [row(n, path=("mcp", "cli", "iac")[n % 3]) for n in range(1, 10)] + [denied(11)]
    page = get(app_of(rows), "/agents/Claude%20Code").text
    assert "together they are the 9" in page
    assert "0 of 9 changes came through" in page
    assert "Deleted: 9 deletions" in page
    assert "Denied 1 time" in page
    assert "/alerts/new?kind=blast&amp;agent=Claude+Code" in page


def test_an_agent_nobody_has_seen_is_a_page_that_names_the_known_ones() -> None:
    answer = get(app_of(mixed(40)), "/agents/nobody")
    assert answer.status == 404
    assert "Known agents: Claude Code" in answer.text


def test_a_window_that_cannot_be_read_is_refused_in_words() -> None:
    app = app_of(mixed(10))
    for url in ("/agents?window=x", "/agents/Claude%20Code?window=x"):
        answer = get(app, url)
        assert (answer.status, "No window of time is written" in answer.text) == (400, True)


def test_a_small_trend_stays_in_its_box_and_says_its_numbers() -> None:
    drawn = spark([0, 5, 10, 1], 3600)
    assert [bar.x for bar in drawn.bars] == [4, 8, 12]
    assert all(bar.y >= 0 and bar.y + bar.height == HEIGHT for bar in drawn.bars)
    assert drawn.said == "16 over 4 stretches of 1 h, at most 10 in one"
    assert spark([0, 0], 60).bars == ()


@cache
def plain_scripts(url: str) -> int:
    return Page(get(app_of([saying("plain", refused=True), row(3, agent="plain")]), url).text).tags["script"]


@pytest.mark.parametrize("text", HOSTILE[:4] + HOSTILE[8:11])
def test_whatever_records_say_stays_text_on_the_pages_of_actors(text: str) -> None:
    app = app_of([saying(text, refused=True), row(3, agent=text)])
    for url, alike in (
        (agent_url(text, window="7d"), agent_url("plain", window="7d")),
        ("/denials?since=all", "/denials?since=all"),
        (f"/who?{urlencode({'subject': text})}", "/who?subject=plain"),
    ):
        answer = get(app, url)
        assert answer.status == 200, url
        page = Page(answer.text)
        assert page.faults == []
        assert page.tags["script"] == plain_scripts(alike)
        assert page.tags.get("img", 0) == 1
        assert all(link.startswith(("/", "#", "https://")) for link in page.links)
