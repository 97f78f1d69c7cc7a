"""Saved views: kept by a form, offered beside the query, changed and deleted on a page of their own."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from remit.faces.console.asking import Ask
from remit.faces.console.views import views_menu
from remit.faces.web.access import Entrance, NoCredentials
from remit.faces.web.caller import ROLES, Caller
from remit.flows.views import SavedViews

from .asgi import Answer, get
from .conftest import console_of
from .estate import NOW, mixed
from .page_reader import Page

Row = dict[str, Any]


class Shelf:
    """Views in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def views(self) -> list[Row]:
        return sorted(self.rows.values(), key=lambda row: row["name"])

    def view(self, named: str) -> Row | None:
        return next((row for row in self.rows.values() if named in (row["id"], row["name"])), None)

    def add(self, row: Mapping[str, Any], most: int, by: str) -> bool:
        self.rows[row["id"]] = dict(row)
        return True

    def replace(self, row: Mapping[str, Any], before: Mapping[str, Any], by: str) -> bool:
        self.rows[row["id"]] = dict(row)
        return True

    def remove(self, row: Mapping[str, Any], by: str) -> bool:
        return self.rows.pop(row["id"], None) is not None


@pytest.fixture
def views() -> SavedViews:
    numbers = count(1)
    return SavedViews(Shelf(), lambda: NOW, lambda: f"v{next(numbers)}")


@pytest.fixture
def app(views: SavedViews) -> Any:
    return console_of(mixed(5), desks={"views": views})


def post(app: Any, path: str, **form: str) -> Answer:
    return get(app, path, method="POST", body=urlencode(form).encode())


def test_a_question_is_saved_and_leads_back_to_itself(app: Any) -> None:
    answer = post(app, "/views", name="Deletions", query="kind:delete", since="7d", until="")
    assert answer.status == 303
    assert answer.headers["location"] == "/?q=kind%3Adelete&since=7d"
    page = Page(get(app, "/").text)
    assert "Deletions" in page.text
    assert answer.headers["location"] in page.links
    assert get(app, "/views/v1").headers["location"] == answer.headers["location"]


def test_the_form_beside_the_query_carries_the_question_as_it_is(app: Any) -> None:
    html = get(app, "/?q=service:rds&since=2d").text
    form = html.split('<form action="/views" method="post">')[1].split("</form>")[0]
    assert 'name="query" value="service:rds"' in form
    assert 'name="since" value="2d"' in form


def test_a_name_that_is_no_name_is_told_with_what_was_written(app: Any) -> None:
    answer = post(app, "/views", name=" ", query="kind:delete")
    page = Page(answer.text)
    assert answer.status == 400
    assert "A view's name has 1 to 120 characters" in page.text
    assert "kind:delete" in [each.get("value") for each in page.inputs]


def test_a_view_is_changed_at_the_version_it_was_seen_at(app: Any, views: SavedViews) -> None:
    views.save("One", "kind:delete", by="ana")
    assert post(app, "/views/v1", version="1", name="Two").status == 303
    late = post(app, "/views/v1", version="1", name="Three")
    assert late.status in (409, 412)
    assert "was changed meanwhile" in Page(late.text).text
    assert views.show("v1")["name"] == "Two"
    assert views.show("v1")["query"] == "kind:delete"
    assert post(app, "/views/v1/delete", version="x").status == 400
    assert post(app, "/views/v1/delete", version="2").status == 303
    assert views.list()["items"] == []


def test_a_view_says_who_saved_it_and_when_it_was_changed(app: Any, views: SavedViews) -> None:
    views.save("One", "kind:delete", by="ana")
    assert "saved by ana 20" in Page(get(app, "/views").text).text
    assert "changed" not in Page(get(app, "/views").text).text
    views.change("v1", 1, by="ben", query="kind:create")
    told = Page(get(app, "/views").text).text
    assert "saved by ana 20" in told
    assert "(version 2; by whom is in the journal" in told


@pytest.mark.parametrize("path", ["/views", "/views/v1", "/views/v1/delete"])
def test_who_may_only_read_changes_nothing_and_is_offered_nothing(views: SavedViews, path: str) -> None:
    views.save("One", "kind:delete", by="ana")
    entrance = Entrance(NoCredentials(), Caller("kim", "person", ROLES["viewer"], "viewer"))
    viewer = console_of(mixed(5), desks={"views": views}, entrance=entrance)
    assert post(viewer, path, version="1", name="Mine", query="x").status == 403
    assert [view["name"] for view in views.list()["items"]] == ["One"]
    for shown in ("/", "/views"):
        html = get(viewer, shown).text
        assert "One" in html
        assert 'action="/views' not in html


def test_a_view_says_what_it_asks_whoever_wrote_it(app: Any, views: SavedViews) -> None:
    views.save("<b>One</b>", '"<script>alert(1)</script>"', by="<i>ana</i>")
    for path in ("/views", "/"):
        page = Page(get(app, path).text)
        assert page.faults == []
        assert page.tags["b"] == 0 or "One" in page.text
        assert "<b>One</b>" in page.text


def test_no_view_yet_says_how_to_save_one(app: Any) -> None:
    assert "No view is saved yet" in Page(get(app, "/views").text).text


def test_the_menu_says_that_a_view_keeps_no_comparison(views: SavedViews) -> None:
    pages: Any = SimpleNamespace(desks={"views": views})
    assert "not the comparison" in views_menu(pages, Ask(q="agent:*", compare="rest"))["left_out"]
    assert views_menu(pages, Ask(q="agent:*"))["left_out"] == ""
