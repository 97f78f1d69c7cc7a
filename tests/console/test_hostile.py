"""Whatever a record says stays text: it never becomes a tag, an attribute or an order of reading."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from remit.faces.console.texts import shown, spelled
from remit.model.columns import INDEXED
from remit.model.vocabulary import ACTION_KINDS, ACTOR_KINDS, GOVERNED, OUTCOMES, PATHS, POLICY_TYPES, SOURCES

from .asgi import get
from .conftest import console_of
from .estate import Desk, denied, row
from .page_reader import Page

FIRST = f"{0:024x}"
KEPT = {"event_id", "time", "confidence", "denied", "counted", "deny_implicit", "source_identity"}
KNOWN = {*ACTION_KINDS, *ACTOR_KINDS, *GOVERNED, *OUTCOMES, *PATHS, *POLICY_TYPES, *SOURCES}
"""Words that mean something to a page, so that it rightly says more about them."""
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='x",
    "{{ 7*7 }}",
    "{% raw %}",
    "&lt;b&gt;",
    "<!-- x",
    "]]>",
    "</td></tr></table>",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "a\r\nb\x1b[31m",
    "\u200b\ufeff\U000e0041",
    "𝕏" * 10,
    "-x OR y",
    "*",
    '\\"',
    "a,b",
    "NOT",
    "</title><h1>",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20),
)
INVISIBLE = (
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u061c"
    "\ufeff\x00\x07\x1b\x7f\x85\u2028\U000e0041"
)


def saying(text: str, *, refused: bool) -> dict:
    """A row that says ``text`` wherever a record can say anything."""
    made = (denied if refused else row)(0)
    for column in INDEXED:
        if column.name in KEPT:
            continue
        if column.kind == "string" and (refused or not column.name.startswith("deny_")):
            made[column.name] = text
        elif column.kind == "strings":
            made[column.name] = [text]
    made["evidence"] = [f"aws.ua.claude-code={text}", f"join.issued-key={text}", text.replace("=", "") or "x"]
    return made


def pages_of(text: str, *, refused: bool) -> list[Page]:
    desk = Desk([saying(text, refused=refused)], raw=f"<{text}")
    app = console_of([], desk=desk, signal_fact=lambda _: (text, text), notices=lambda: [text], demo=True)
    paths = ("/", f"/events/{FIRST}", "/agents", "/denials", "/who?subject=x")
    answers = [get(app, path) for path in paths]
    assert [answer.status for answer in answers] == [200] * len(paths)
    return [Page(answer.text) for answer in answers]


@cache
def _plain(refused: bool) -> list[list[tuple[str, ...]]]:
    return [page.skeleton for page in pages_of("plain", refused=refused)]


@pytest.mark.parametrize("refused", [False, True])
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(text=TEXTS)
def test_no_text_in_any_field_makes_a_tag_or_an_attribute(refused: bool, text: str) -> None:
    assume(text not in KNOWN)
    pages = pages_of(text[:24], refused=refused)  # longer ones are cut, which adds a title
    assert [page.faults for page in pages] == [[]] * len(pages)
    if "\n" not in text:  # of a raw record each line is a part of its own
        assert [page.skeleton for page in pages] == _plain(refused)


@settings(max_examples=20, deadline=None)
@given(query=st.one_of(TEXTS, st.text(max_size=60)), since=TEXTS, cursor=TEXTS)
def test_no_question_breaks_the_page(query: str, since: str, cursor: str) -> None:
    app = console_of([row(0)])
    for url in (
        f"/?q={_quoted(query)}",
        f"/?q={_quoted(query)}&since={_quoted(since)}",
        f"/?cursor={_quoted(cursor)}",
        f"/who?subject={_quoted(query)}",
        f"/denials?q={_quoted(query)}",
        f"/events/{_quoted(query)}",
    ):
        answer = get(app, url)
        assert answer.status in (200, 400, 404)
        assert Page(answer.text).faults == []


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")


@pytest.mark.parametrize("char", list(INVISIBLE))
def test_what_cannot_be_seen_is_spelled_out(char: str) -> None:
    said = str(spelled(f"a{char}b"))
    assert char not in said
    assert 'class="esc"' in said
    assert Page(said).text.replace(" ", "").startswith("a\\")


def test_no_invisible_character_reaches_a_page() -> None:
    for page_text in (
        get(console_of([], desk=Desk([saying(INVISIBLE, refused=True)], raw=INVISIBLE)), path).text
        for path in ("/", f"/events/{FIRST}", "/denials")
    ):
        assert not set(INVISIBLE) & set(page_text)


def test_a_very_long_value_is_cut_and_kept_whole_in_its_title() -> None:
    said = str(shown("x" * 500 + '"<b>'))
    page = Page(said)
    assert page.tags == {"bdi": 1, "span": 1}
    assert len(page.text) < 140
    assert "x" * 500 + "&#34;&lt;b&gt;" in said


def test_a_source_that_is_no_web_address_is_not_a_link() -> None:
    app = console_of([row(0)], signal_fact=lambda _: ("A fact.", "javascript:alert(1)"))
    page = Page(get(app, f"/events/{FIRST}").text)
    assert not [link for link in page.links if link.lower().startswith("javascript")]
    assert all(link.startswith(("/", "#", "https://", "http://")) for link in page.links)
