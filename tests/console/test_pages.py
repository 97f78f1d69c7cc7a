"""What each page says, with nothing, one thing and many things in the store."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .asgi import get
from .conftest import SCENES, Console, console_of
from .estate import Desk, denied, mixed, of_source, row
from .page_reader import Page

FIRST = f"{0:024x}"
PATHS = (
    "/",
    "/?q=source:AgentOps&since=7d",
    "/?q=-source:IaC+since:2d",
    "/?since=2026-10-01&until=2026-10-31",
    f"/events/{FIRST}",
    "/agents",
    "/denials",
    "/who",
    "/who?subject=orders-production",
    "/?q=nofield:1",
    "/events/unknown",
    "/nowhere",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("count", [0, 1, 50])
def test_every_page_is_sound_html(console: Console, path: str, count: int) -> None:
    page = Page(
        get(console(mixed(count), demo=True, scenes=SCENES, notices=lambda: ["A backlog of 3 files."]), path).text
    )
    assert page.faults == []
    assert [name for name, times in page.ids.items() if times > 1] == []
    assert page.tags["h1"] == 1
    assert page.tags["main"] == 1
    assert page.tags["title"] >= 1
    assert [each for each in page.inputs if each.get("id") not in page.labelled and not each["inside"]] == []
    assert "A backlog of 3 files." in page.text


@pytest.mark.parametrize("count", [1, 50])
def test_each_event_is_a_row_that_leads_to_its_page(console: Console, count: int) -> None:
    page = Page(get(console(mixed(count)), "/").text)
    rows = [link for link in page.links if link.startswith("/events/")]
    assert rows == [f"/events/{number:024x}" for number in range(count)]


def test_an_empty_store_says_how_to_fill_it(console: Console) -> None:
    page = Page(get(console([]), "/").text)
    for command in ("remit ingest", "remit connect aws", "remit up --demo"):
        assert command in page.text
    assert page.tags["table"] == 0


def test_an_empty_range_opens_on_the_newest_events_and_says_so(console: Console) -> None:
    page = Page(get(console(mixed(3), empty=True), "/?since=1h").text)
    assert "Nothing in the chosen range" in page.text
    assert f"/events/{FIRST}" in page.links


def test_a_query_that_finds_nothing_offers_to_widen_it(console: Console) -> None:
    class Nothing(Desk):
        def overview(self, query: str) -> dict:
            self.empty = bool(query)
            return {**super().overview(query), "newest": None, "note": "None of the 3 records in the store matches."}

    page = Page(get(console([], desk=Nothing(mixed(3), empty=True)), "/?q=service:nosuch").text)
    assert "None of the 3 records" in page.text
    assert "/" in page.links
    assert any("since=all" in link for link in page.links)
    assert "remit connect aws" not in page.text


def test_a_query_that_finds_nothing_offers_the_values_that_may_have_been_meant(console: Console) -> None:
    class Nothing(Desk):
        def overview(self, query: str) -> dict:
            self.empty = bool(query)
            return {**super().overview(query), "newest": None, "note": None}

    page = Page(get(console([], desk=Nothing(mixed(3), empty=True)), "/?q=agent:cla&since=all").text)
    assert "Did you mean agent: <b>Claude (3 ever)" in page.text
    assert any(parse_qs(urlsplit(link).query).get("q") == ['agent:"<b>Claude"'] for link in page.links)
    assert "look at all time" not in page.text.lower()
    assert page.faults == []


def test_a_link_to_copy_shows_the_same_events_tomorrow(console: Console) -> None:
    page = get(console(mixed(120)), "/?q=-source:IaC&since=7d").text
    link = re.findall(r'href="([^"]+)" data-copy="view"', page)[0]
    asked = parse_qs(urlsplit(unescape(link)).query)
    assert asked["q"] == ["-source:IaC"]
    assert all(each[0].endswith("Z") for each in (asked["since"], asked["until"]))


def test_a_range_is_said_briefly_and_whole_where_it_is_pointed_at(console: Console) -> None:
    page = get(console(mixed(3)), "/?since=2026-11-21T11:45:39.819Z&until=2026-11-21T12:45:39.819Z").text
    assert "21 Nov 11:45 to 12:45" in Page(page).text
    assert 'title="2026-11-21T11:45:39.819Z → 2026-11-21T12:45:39.819Z"' in page
    assert "since yesterday" in Page(get(console(mixed(3)), "/?since=yesterday").text).text
    assert get(console(mixed(3)), "/?since=2026-99-99Tx&until=T").status == 400


def test_older_events_are_a_link_away_until_there_are_none(console: Console) -> None:
    app = console(mixed(120))
    path: str | None = "/?q=service:rds&since=7d"
    seen: list[str] = []
    for _ in range(4):
        page = Page(get(app, path).text)
        seen += [link for link in page.links if link.startswith("/events/")]
        path = next((link for link in page.links if "cursor=" in link), None)
        if path is None:
            break
        assert parse_qs(urlsplit(path).query)["since"] == ["7d"]
    assert seen == [f"/events/{number:024x}" for number in range(120)]


def test_a_cursor_that_was_not_given_is_a_query_error(console: Console) -> None:
    answer = get(console(mixed(3)), "/?cursor=abc")
    assert answer.status == 400
    assert "cursor was not given" in Page(answer.text).text


def test_a_query_error_keeps_the_query_and_points_at_the_column(console: Console) -> None:
    answer = get(console(mixed(1)), "/?q=source:AgentOps+acount:1&since=7d")
    page = Page(answer.text)
    assert answer.status == 400
    assert "There is no field «acount»" in page.text
    assert "Did you mean account:?" in page.text
    assert "column 17" in page.text
    caret = answer.text.split('<pre class="caret"><code>')[1].split("</code>")[0]
    written, under = Page(caret).words[0:3], caret.split("\n")[1]
    assert "".join(written).startswith("source:AgentOps acount:1")
    assert under.index("<b") == len("source:AgentOps ")
    assert [each["value"] for each in page.inputs if each.get("id") == "q"] == ["source:AgentOps acount:1"]


@pytest.mark.parametrize(("query", "column"), [("a:1 OR b:2", 1), ("(x", 1), ("source:Nope", 8), ("x OR nofield:1", 6)])
def test_the_column_is_that_of_the_query_as_it_was_written(console: Console, query: str, column: int) -> None:
    page = Page(get(console(mixed(1)), f"/?q={query.replace(' ', '+')}").text)
    assert f"column {column}" in page.text


def test_a_bad_range_is_a_query_error_too(console: Console) -> None:
    answer = get(console(mixed(1)), "/?since=yesteryear)+OR+x")
    assert answer.status == 400
    assert "is no time" in answer.text


def test_the_tiles_count_every_source_in_its_group(console: Console) -> None:
    page = Page(get(console(mixed(48)), "/").text)
    for words in ("Cloud AgentOps", "Code VCS", "Workflow", "Mutation", "Denied"):
        assert words in page.text


def test_a_range_without_agents_says_what_that_means(console: Console) -> None:
    page = Page(get(console([of_source(1, "IaC")]), "/").text)
    assert "not the same as no agent at work" in page.text
    assert "carry no marker" in page.text
    assert "not the same" not in get(console([row(1)]), "/").text


def test_the_demonstration_is_marked_on_every_page_and_leads_to_its_incident(console: Console) -> None:
    app = console(mixed(5), demo=True, scenes=SCENES)
    assert all("Demonstration data" in get(app, path).text for path in PATHS)
    page = Page(get(app, "/").text)
    assert "Nine seconds" in page.text
    incident = next(link for link in page.links if "Claude+Code" in link and "since=all" in link)
    assert get(app, incident).status == 200
    assert "Demonstration" not in get(console(mixed(5)), "/").text


def test_the_histogram_has_a_title_and_every_number_in_a_table(console: Console) -> None:
    html = get(console(mixed(50)), "/").text
    page = Page(html)
    assert 'aria-labelledby="svg-title svg-desc"' in html
    assert page.ids["svg-title"] == page.ids["svg-desc"] == 1
    table = Page(html.split('<table class="plain-table">')[1].split("</table>")[0])
    totals = [cells for cells in table.words if cells.strip().isdigit()]
    assert totals


def test_an_event_answers_every_question_by_name(console: Console) -> None:
    facts = {"aws.ua.claude-code": ("Claude Code names itself.", "https://example.com/claude")}
    page = Page(get(console([row(0)], signal_fact=facts.get), f"/events/{FIRST}").text)
    assert (
        "Claude Code , on behalf of maya@example.com , deleted orders-production in production (111122223333)"
        in page.text
    )
    for question in (
        "Which agent?",
        "On whose behalf?",
        "For what objective?",
        "By which path?",
        "Part of an approved workflow?",
        "Any policy violated?",
        "What did it touch?",
        "Which permissions?",
        "Was it allowed?",
    ):
        assert question in page.text
    assert "Claude Code names itself." in page.text
    assert "https://example.com/claude" in page.links
    assert "/events/00ff" in page.links
    assert "Read from the role session's source identity." in page.text


def test_what_is_not_known_is_said_with_what_would_settle_it(console: Console) -> None:
    nobody = row(
        0,
        actor_kind="unknown",
        agent=None,
        actor_name=None,
        on_behalf_of=None,
        evidence=[],
        confidence=0.0,
        runner_up="map the principal in identities.toml",
        governed="unknown",
        permissions=[],
        resource_ids=[],
        resource_arns=[],
        resource_types=[],
        outcome=None,
        path="unknown",
    )
    page = Page(get(console([nobody]), f"/events/{FIRST}").text)
    assert "Somebody not identified" in page.text
    assert "map the principal in identities.toml" in page.text
    assert page.text.count("Not known.") >= 6
    assert "No signal fired" in page.text
    assert "Allowed" not in page.text


def test_a_denied_deletion_is_not_told_as_a_deletion(console: Console) -> None:
    page = Page(get(console([denied(0)]), f"/events/{FIRST}").text)
    assert "tried to delete orders-production" in page.text
    assert "and was denied" in page.text
    assert "Service control policy , by an explicit deny" in page.text
    assert "Next steps" in page.text
    assert ", deleted orders-production" not in page.text


def test_a_failed_deletion_is_not_told_as_a_deletion(console: Console) -> None:
    page = Page(get(console([row(0, outcome="failure", error_code="InvalidState")]), f"/events/{FIRST}").text)
    assert "tried and failed to delete orders-production" in page.text
    assert "Not refused, but it failed" in page.text


@pytest.mark.parametrize("raw", ["not json {", "[" * 5000, '{"a": {"b": [1, null, "x"]}}', '"lone"', "{}"])
def test_any_raw_record_can_be_read(console: Console, raw: str) -> None:
    answer = get(console([], desk=Desk([row(0)], raw=raw)), f"/events/{FIRST}")
    assert answer.status == 200
    assert Page(answer.text).faults == []


def test_a_raw_record_that_is_absent_or_cut_says_so(console: Console) -> None:
    absent = get(console([], desk=Desk([row(0)], raw=None)), f"/events/{FIRST}")
    long = get(console([], desk=Desk([row(0)], raw='"' + "x" * 300_000 + '"')), f"/events/{FIRST}")
    assert "The lake does not hold it." in absent.text
    assert "the whole record has 300,002 characters" in long.text


def test_an_unknown_event_is_a_page_that_says_what_to_do(console: Console) -> None:
    answer = get(console(mixed(1)), "/events/deadbeef")
    page = Page(answer.text)
    assert answer.status == 404
    assert "No event has the id deadbeef" in page.text
    assert "Give an event_id." in page.text


def test_the_agents_page_is_never_bare(console: Console) -> None:
    assert "carry no marker" in get(console([of_source(1, "IaC")]), "/agents").text
    page = Page(get(console([row(1)]), "/agents?window=30d").text)
    assert "Claude Code" in page.text
    assert "/agents/Claude%20Code?window=30d" in page.links


def test_who_without_an_answer_says_where_it_looked(console: Console) -> None:
    answer = get(console([]), "/who?subject=nothing")
    assert answer.status == 404
    assert "No record names it." in answer.text


def test_links_are_escaped_once(console: Console) -> None:
    html = get(console(mixed(50)), "/?q=service:rds").text
    assert "&amp;amp;" not in html
    assert all("&" not in unescape(link).replace("&", "", link.count("&")) for link in Page(html).links)


class _NoOrganization(Desk):
    """A desk that knows no organization."""

    def show(self, event_id: str) -> dict[str, Any]:
        return {**super().show(event_id), "cause": {"note": "No organization is known."}}


def test_a_denial_without_an_organization_keeps_the_words_of_its_record() -> None:
    rows = [denied(0)]
    page = get(console_of(rows, desk=_NoOrganization(rows)), f"/events/{FIRST}")
    assert page.status == 200
    assert "No organization is known." in page.text
    assert "An explicit deny wins." in page.text


def test_new_causes_that_are_told_by_their_statements_alone_are_not_looked_for_in_vain() -> None:
    class Explained(Desk):
        def denials(self, query: str, limit: int = 50) -> Any:
            found = super().denials(query, limit)
            return {**found, "groups": [{**each, "explained": each["count"]} for each in found["groups"]]}

    page = get(console_of([], desk=Explained([denied(0)])), "/denials").text
    assert 'class="new"' not in page
    assert "1 of the new is told by the statements alone" in page
