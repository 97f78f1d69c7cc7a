"""What somebody sees who opens the demonstration for the first time."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect


def test_the_incident_is_one_click_from_the_first_page(demo: str, page: Page) -> None:
    page.goto(demo)
    page.get_by_text("Open the incident").click()
    expect(page.locator("table.events tbody tr").first).to_be_visible()


def test_axe_finds_nothing_serious_on_the_first_page(demo: str, page: Page) -> None:
    page.goto(demo)
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
