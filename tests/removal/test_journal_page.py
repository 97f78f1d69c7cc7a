"""The journal page: who changed what, for administrators alone, and hostile words stay text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.console.asgi import get
from tests.console.conftest import console_of
from tests.console.page_reader import Page

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.faces.web.access import CLOSED

HOSTILE = '"><img src=x onerror=alert(1)>\u202e'


def journal(folder: Path, url: str = "/settings/journal", **options: object) -> tuple[int, str]:
    with Store.open(folder, "test") as store:
        found = get(console_of([], desks=open_desks(store), clock=lambda: time.time_ns() // 1000, **options), url)
    return found.status, found.text


def write(folder: Path, count: int) -> None:
    with Store.open(folder, "test") as store:
        for number in range(count):
            store.state.journal(
                HOSTILE, "token.created", {"name": HOSTILE, "nested": {"n": number}, "list": ["a", "b"]}
            )


def test_an_empty_journal_says_what_will_stand_there(tmp_path):
    status, text = journal(tmp_path)
    assert status == 200
    assert "Nothing was changed in Remit yet" in text


def test_every_change_stands_with_who_what_and_its_facts_as_text(tmp_path):
    write(tmp_path, 1)
    _, text = journal(tmp_path)
    assert "made a token" in text
    assert "token.created" in text
    assert "onerror=alert(1)&gt;" in text
    assert "<img src=x" not in text
    assert "\u202e" not in text
    said = Page(text).text
    assert "nested n" in said
    assert "a, b" in said


def test_older_records_are_a_page_further(tmp_path):
    write(tmp_path, 130)
    _, first = journal(tmp_path)
    assert first.count("<tr><td>") == 100
    older = first.split('<p><a href="')[1].split('"')[0].replace("&amp;", "&")
    _, second = journal(tmp_path, older)
    assert second.count("<tr><td>") == 30
    assert "Older" not in second


@pytest.mark.parametrize("before", ["x", "'; DROP TABLE journal; --", "0", "\x00"])
def test_any_place_to_start_from_is_answered(tmp_path, before):
    assert journal(tmp_path, f"/settings/journal?before={before}")[0] == 200


def test_nobody_reads_it_unasked(tmp_path):
    write(tmp_path, 1)
    status, text = journal(tmp_path, entrance=CLOSED)
    assert status in (401, 403, 303)
    assert "token.created" not in text
