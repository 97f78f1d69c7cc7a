"""Single keys lead to every page, and can be switched off for who presses them by accident."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

LEADS = {
    "a": "/agents",
    "d": "/denials",
    "p": "/guardrails",
    "w": "/who",
    "l": "/alerts",
    "i": "/identities",
    "f": "/feeds",
    "v": "/views",
    "e": "/",
}


@pytest.fixture
def agents(demo: str, page: Page) -> Page:
    """The page of agents."""
    page.goto(f"{demo}/agents")
    return page


def test_g_and_a_letter_lead_to_every_page_and_the_list_of_keys_says_so(demo: str, agents: Page) -> None:
    for key, path in LEADS.items():
        agents.keyboard.press("g")
        agents.keyboard.press(key)
        expect(agents).to_have_url(demo + path)
        agents.wait_for_load_state()  # its script is what the next key is for
    agents.keyboard.press("?")
    said = agents.get_by_role("dialog", name="Keyboard").locator("dt").all_inner_texts()
    assert {f"g {key}" for key in LEADS} <= {" ".join(each.split()) for each in said}


def test_keys_that_are_switched_off_do_nothing_until_they_are_on_again(demo: str, agents: Page) -> None:
    dialog, choice = agents.get_by_role("dialog", name="Keyboard"), agents.get_by_role("checkbox")
    agents.keyboard.press("?")
    choice.uncheck()
    agents.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    agents.goto(f"{demo}/denials")
    for key in ("g", "e", "?", "/"):
        agents.keyboard.press(key)
    agents.wait_for_timeout(200)
    expect(agents).to_have_url(f"{demo}/denials")
    expect(dialog).to_be_hidden()
    expect(agents.locator("body")).to_be_focused()
    agents.locator("[data-keys]").click()
    expect(choice).not_to_be_checked()
    choice.check()
    agents.keyboard.press("Escape")
    agents.keyboard.press("g")
    agents.keyboard.press("e")
    expect(agents).to_have_url(f"{demo}/")
