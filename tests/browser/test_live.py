"""Events come to the top of the list while a person looks, and wait while the person reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.live.conftest import cloudtrail

from .conftest import deliver, serving

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("browser-live") / "data") as address:
        push(address, *(f"old-{at}" for at in range(40)))
        yield address


def push(address: str, *names: str) -> None:
    """Deliver events of these names, all of now."""
    deliver(address, *(cloudtrail(name, "2026-11-21T09:00:00Z") for name in names))


@pytest.fixture
def followed(page: Page, address: str) -> Page:
    """The Event Center, live."""
    page.goto(f"{address}/?since=all")
    for _ in range(40):
        if page.locator("tr[data-event]").count() >= 40:
            break
        page.wait_for_timeout(250)
        page.reload()
    page.get_by_role("button", name="Live").click()
    expect(page.locator("button[data-live-url]")).to_have_attribute("data-state", "on")
    page.mouse.move(5, 5)
    return page


def first(page: Page) -> str:
    return page.locator("table.events tr[data-event] .c-resource").first.inner_text()


def test_what_is_pushed_appears_on_top_without_a_reload(followed, address):
    push(address, "appears-1")
    expect(followed.locator("tbody.arrived tr")).to_have_count(1)
    push(address, "appears-2")
    expect(followed.locator("tbody.arrived tr")).to_have_count(2)
    assert "appears-2" in first(followed)
    followed.get_by_role("button", name="Live").click()
    expect(followed.locator("button[data-live-url]")).to_have_attribute("aria-pressed", "false")


def test_rows_wait_while_the_list_is_scrolled_and_come_when_asked_for(followed, address):
    followed.evaluate("scrollTo(0, document.body.scrollHeight)")
    push(address, "waits-1", "waits-2")
    waiting = followed.locator("button.waiting")
    expect(waiting).to_have_text("2 new events: show")
    expect(followed.locator("tbody.arrived tr")).to_have_count(0)
    waiting.click()
    expect(followed.locator("tbody.arrived tr")).to_have_count(2)
    expect(waiting).to_be_hidden()


def test_nothing_moves_under_the_pointer_or_the_focus(followed, address):
    followed.locator("table.events a.row").nth(3).focus()
    push(address, "still-1")
    expect(followed.locator("button.waiting")).to_have_text("1 new event: show")
    followed.locator("#q").focus()
    expect(followed.locator("tbody.arrived tr")).to_have_count(1)
    row = followed.locator("table.events tr[data-event]").nth(2)
    row.hover()
    before = row.bounding_box()
    push(address, "still-2")
    expect(followed.locator("button.waiting")).to_be_visible()
    assert row.bounding_box() == before
    followed.mouse.move(5, 5)
    expect(followed.locator("tbody.arrived tr")).to_have_count(2)


def test_the_question_on_the_page_confines_what_comes(page, address):
    page.goto(f"{address}/?since=all&q=resource:old-1*,confined-yes")
    page.get_by_role("button", name="Live").click()
    expect(page.locator("button[data-live-url]")).to_have_attribute("data-state", "on")
    page.mouse.move(5, 5)
    push(address, "confined-no", "confined-yes")
    expect(page.locator("tbody.arrived tr")).to_have_count(1)
    assert "confined-yes" in first(page)
