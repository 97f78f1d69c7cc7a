"""A query is completed while it is written, by keyboard and by pointer."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect


@pytest.fixture
def query(demo: str, page: Page) -> Locator:
    """The query's input, with the focus."""
    page.goto(f"{demo}/?since=30d")
    page.locator("#q").focus()
    return page.get_by_role("combobox", name="Query")


def test_field_and_value_are_chosen_by_keyboard_and_enter_asks(query: Locator, page: Page) -> None:
    query.press_sequentially("-gov")
    expect(page.get_by_role("option").first).to_contain_text("governed:")
    query.press("ArrowDown")
    expect(query).to_have_attribute("aria-activedescendant", "completion-0")
    query.press("Enter")
    expect(query).to_have_value("-governed:")
    expect(page.get_by_role("option")).to_have_count(5)
    query.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_contain_text("unknown")
    query.press("Enter")
    expect(query).to_have_value("-governed:unknown ")
    expect(query).to_have_attribute("aria-expanded", "false")
    query.press_sequentially("agent:claude")
    page.get_by_role("option").filter(has_text='"Claude Code"').click()
    expect(query).to_have_value('-governed:unknown agent:"Claude Code" ')
    query.press("Enter")
    expect(page).to_have_url(re.compile("governed.*agent"))
    expect(page.locator("table.events tbody tr").first).to_be_visible()


def test_escape_closes_the_list_and_keeps_the_words(query: Locator, page: Page) -> None:
    query.press_sequentially("env")
    expect(page.get_by_role("listbox")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    query.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(query).to_have_value("env")
    expect(query).to_be_focused()


def test_enter_with_nothing_chosen_asks_what_is_written(query: Locator, page: Page) -> None:
    query.press_sequentially("outcome:den")
    expect(page.get_by_role("option")).to_have_count(1)
    query.press_sequentially("ied")
    query.press("Enter")
    expect(page).to_have_url(re.compile("outcome%3Adenied"))
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_the_list_lies_over_another_page_that_takes_a_query(demo: str, page: Page) -> None:
    page.goto(f"{demo}/denials?since=30d")
    page.locator("#q").fill("agent")
    page.locator("#q").press_sequentially(":")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.get_by_role("listbox").evaluate("(list) => getComputedStyle(list).position") == "absolute"
