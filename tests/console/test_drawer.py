"""An event opens beside the list: the content of its own page, at an address that can be shared."""

from __future__ import annotations

from html import unescape

import pytest

from .asgi import get
from .conftest import Console
from .estate import mixed, row
from .page_reader import Page

FIRST = f"{0:024x}"


def test_the_drawer_says_what_the_page_says(console: Console) -> None:
    app = console([row(0)])
    whole, part = (Page(get(app, f"/events/{FIRST}{more}").text) for more in ("", "?part=drawer"))
    said = part.text[part.text.index("Claude Code , on behalf of") :]
    assert said in whole.text
    assert part.faults == []
    assert part.tags["html"] == part.tags["h1"] == 0


def test_an_open_event_is_part_of_the_address_of_the_list(console: Console) -> None:
    page = Page(get(console(mixed(50)), f"/?q=service:rds&since=7d&open={FIRST}").text)
    assert page.faults == []
    assert [name for name, times in page.ids.items() if times > 1] == []
    assert page.tags["h1"] == 1
    assert page.ids["drawer"] == 1
    assert "What an engineer asks" in page.text
    assert f"/events/{f'{49:024x}'}" in page.links


def test_closing_leads_to_the_same_place_in_the_same_list(console: Console) -> None:
    app = console(mixed(120))
    older = next(link for link in Page(get(app, "/?q=service:rds").text).links if "cursor=" in link)
    html = get(app, f"{older}&open={FIRST}").text
    assert f'<a class="close" href="{older.replace("&", "&amp;")}"' in html or older in [
        unescape(link) for link in Page(html).links
    ]


@pytest.mark.parametrize("wanted", ["deadbeef", "", "<script>alert(1)</script>", "\u202e"])
def test_an_event_that_is_not_there_leaves_the_list_standing(console: Console, wanted: str) -> None:
    app = console(mixed(3))
    page = Page(get(app, f"/?open={wanted}").text)
    assert f"/events/{FIRST}" in page.links
    assert ("No event has the id" in page.text) == bool(wanted)


def test_a_drawer_of_an_unknown_event_says_so_with_its_status(console: Console) -> None:
    answer = get(console(mixed(1)), "/events/deadbeef?part=drawer")
    assert answer.status == 404
    assert "No event has the id deadbeef" in Page(answer.text).text
    assert "<html" not in answer.text


def test_the_row_of_the_open_event_is_marked(console: Console) -> None:
    html = get(console(mixed(3)), f"/?open={FIRST}").text
    marked = html.split('aria-current="true">\n<td class="c-pick">')
    assert len(marked) == 2
    assert f"/events/{FIRST}" in marked[1].split("</tr>")[0]


def test_the_keys_are_listed_for_those_without_scripts(console: Console) -> None:
    page = Page(get(console(mixed(1)), "/").text)
    assert "What is different here?" in page.text
    assert page.ids["keys"] == 1
