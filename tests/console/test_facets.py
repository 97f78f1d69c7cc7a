"""Every value of every facet is a question: with it, with it alone, without it; and the range is one too."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from remit.faces.console.asking import Ask
from remit.faces.console.facets import COLUMNS
from remit.rooms.query import canonical

from .asgi import get
from .conftest import Console
from .estate import Desk, denied, mixed, of_source, row
from .page_reader import Page


def questions(html: str) -> set[str]:
    """The queries that the page's links ask."""
    links = [unescape(link) for link in Page(html).links]
    return {parse_qs(urlsplit(link).query).get("q", [""])[0] for link in links if link.startswith("/?")}


@pytest.mark.parametrize(
    ("query", "column", "value", "asked"),
    [
        ("", "source", "IaC", "source:IaC"),
        ("source:AgentOps", "source", "IaC", "source:AgentOps,IaC"),
        ("source:AgentOps,VCS x", "source", "IaC", "x source:AgentOps,VCS,IaC"),
        ("-source:AgentOps", "source", "IaC", "source:IaC"),
        ("env:prod", "environment", None, "environment:prod OR -environment:*"),
        ("", "environment", None, "-environment:*"),
        ("type:rds:cluster", "resource_types", "s3:bucket", "type:rds:cluster,s3:bucket"),
    ],
)
def test_a_value_joins_those_already_asked_for(query: str, column: str, value: object, asked: str) -> None:
    found = Ask(query).including(column, value)
    assert canonical(found.q) == canonical(asked)
    assert found.standing(column, value) == "included"
    for each in ("AgentOps", "VCS"):
        if f"source:{each}" in query and not query.startswith("-"):
            assert found.standing("source", each) == "included"


def test_each_value_can_be_added_taken_alone_and_left_out(console: Console) -> None:
    asked = questions(get(console(mixed(48)), "/?q=source:IaC").text)
    assert {"source:IaC,AgentOps", "source:AgentOps", "-source:AgentOps"} <= asked
    assert "source:AgentOps,ClickOps,IaC,CLI/SDK,Mutation" in asked
    assert "source:VCS,Workflow" in asked


def test_every_field_an_engineer_filters_by_is_a_facet(console: Console) -> None:
    rows = [
        denied(0, environment=None, region="eu-west-1"),
        of_source(1, "IaC", region="us-east-1", resource_types=["s3:bucket", "s3:object"], owner=None),
    ]
    page = Page(get(console(rows), "/").text)
    for title in (
        "Source",
        "Denied",
        "Data source",
        "Account",
        "Location",
        "Environment",
        "Owner",
        "Asset type",
        "Action type",
        "Agent",
        "Actor",
        "Service",
        "Governed",
        "Denied by",
    ):
        assert title in page.words
    assert "no environment" in page.text
    assert "no owner" in page.text
    assert "not denied" in page.text
    assert {"-environment:*", "type:s3:bucket", "denied:true"} <= questions(get(console(rows), "/").text)


def test_a_facet_with_many_values_shows_the_commonest_and_leads_to_the_others(console: Console) -> None:
    app = console([row(number, account=f"{number:012d}") for number in range(300)])
    page = Page(get(app, "/?q=kind:delete&since=7d").text)
    assert "The commonest 8; more" in page.text
    link = next(link for link in page.links if link.startswith("/values/account"))
    assert parse_qs(urlsplit(link).query) == {"q": ["kind:delete"], "since": ["7d"]}
    every = Page(get(app, link).text)
    assert every.faults == []
    assert "The 200 commonest; there are more" in every.text
    found = Page(get(app, f"{link}&find=299").text)
    assert "000000000299" in found.text
    assert "1 value with this part" in found.text


@pytest.mark.parametrize("column", COLUMNS)
def test_every_facet_has_its_page(console: Console, column: str) -> None:
    page = Page(get(console(mixed(20)), f"/values/{column}?q=source:IaC").text)
    assert page.faults == []
    assert page.tags["h1"] == 1


def test_a_page_of_values_that_cannot_be_says_so(console: Console) -> None:
    desk = Desk(mixed(3))
    assert "No value contains zzz" in Page(get(console([], desk=desk), "/values/account?find=zzz").text).text


def test_a_bar_leads_to_its_range_and_the_way_back_is_kept(console: Console) -> None:
    app = console(mixed(50))
    page = Page(get(app, "/?q=service:rds").text)
    bar = next(unescape(link) for link in page.links if "wide=" in link)
    inner = Page(get(app, bar).text)
    assert "Zoom out" in inner.text
    low, high = parse_qs(urlsplit(bar).query)["wide"][0].split("..")
    back = [parse_qs(urlsplit(unescape(link)).query) for link in inner.links]
    assert {"q": ["service:rds"], "since": [low], "until": [high]} in back


@pytest.mark.parametrize("wide", ["x", "..", "a..b..c", "<script>..'", "9999-12-31T23:59:59Z..9999-12-31T23:59:59Z"])
def test_a_wider_range_of_any_spelling_harms_nothing(console: Console, wide: str) -> None:
    answer = get(console(mixed(5)), f"/?wide={wide}&since=0001-01-01&until=9999-12-31")
    assert answer.status in (200, 400)
    assert Page(answer.text).faults == []
