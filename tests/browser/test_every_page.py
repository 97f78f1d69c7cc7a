"""What holds on every page: for assistive software, in light and dark, narrow and enlarged, from this host alone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

INCIDENT = "/?q=operation:DeleteDBCluster+agent:%22Claude+Code%22+outcome:success+account:111122223333&since=all"
PAGES = {
    "the Event Center": "/?since=24h",
    "the incident": "/?q=service:rds+agent:%22Claude+Code%22+account:111122223333&since=all",
    "a comparison": "/?q=denied:true&since=7d&compare=others",
    "all values of a field": "/values/agent?since=all",
    "the agents": "/agents?window=30d",
    "one agent": "/agents/Claude%20Code?window=30d",
    "an agent that does not exist": "/agents/nobody",
    "the denials": "/denials?since=30d",
    "the library of guardrails": "/guardrails?q=sage",
    "no guardrail": "/guardrails?q=zebra",
    "a guardrail, tried": "/guardrails/region-allowlist-deny?since=30d&form=terraform",
    "a guardrail filled in wrongly": "/guardrails/region-allowlist-deny?set.approved_regions=Mars",
    "the editor of policies": "/guardrails/edit?guardrail=region-allowlist-deny",
    "the proposals": "/guardrails/proposals",
    "a policy to be proposed": (
        "/guardrails/propose?guardrail=region-allowlist-deny&set.approved_regions=eu-central-1&target=ou-ac01-prod0001"
    ),
    "the form of who": "/who",
    "who, of a resource": "/who?subject=orders-production",
    "who, of nothing known": "/who?subject=nothing-like-this",
    "the identities": "/identities",
    "the feeds": "/feeds",
    "the views": "/views",
    "the alerts": "/alerts",
    "a new alert": "/alerts/new?q=operation:DeleteDBCluster",
    "the channels": "/alerts/channels",
    "the tokens": "/settings/tokens",
    "the journal": "/settings/journal",
    "a query without a hit": "/?q=agent:nobody&since=all",
    "a query that cannot be read": "/?q=source:",
    "no page": "/nowhere",
}
WIDTHS = {"320 pixels": (320, 640, 1), "200 per cent": (720, 450, 2)}


@pytest.fixture(scope="module")
def addresses(demo: str, browser: Browser) -> dict[str, str]:
    """Every page by name, those of the incident's event among them."""
    page = browser.new_page()
    page.goto(demo + INCIDENT)
    event = page.locator("tr[data-event]").first.get_attribute("data-event")
    page.close()
    assert event
    return {
        **{name: demo + path for name, path in PAGES.items()},
        "an event": f"{demo}/events/{event}",
        "an event beside the list": f"{demo}{INCIDENT}&open={event}",
    }


@pytest.fixture(scope="module", params=["light", pytest.param("dark", marks=pytest.mark.heavy)])
def window(request: pytest.FixtureRequest, browser: Browser, demo: str) -> Iterator[Page]:
    """A window in one colour scheme that asks no other host for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    asked: set[str] = set()
    context.on("request", lambda sent: asked.add(urlsplit(sent.url).netloc))
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()
    assert asked == {urlsplit(demo).netloc}


@pytest.fixture(scope="module", params=["320 pixels", pytest.param("200 per cent", marks=pytest.mark.heavy)])
def narrow(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A window of a telephone, and one enlarged to twice its size."""
    width, height, scale = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


def barriers(page: Page) -> list[str]:
    """What axe finds that keeps somebody out, each with where it is; of a dark page what its colours alone decide."""
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    rules = {"runOnly": ["color-contrast", "link-in-text-block"]} if dark else {}
    options = {"resultTypes": ["violations"], **rules}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.heavy)])
def test_nothing_keeps_anybody_out_of_any_page(window: Page, addresses: dict[str, str], step: int) -> None:
    found = {}
    for name, address in list(addresses.items())[::step]:
        window.goto(address)
        expect(window.get_by_role("heading").first).to_be_visible()
        found[name] = barriers(window)
    assert {name: each for name, each in found.items() if each} == {}


def test_nothing_keeps_anybody_out_of_the_list_of_keys(window: Page, demo: str) -> None:
    window.goto(f"{demo}/agents")
    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert barriers(window) == []


def test_no_page_is_wider_than_its_window(narrow: Page, addresses: dict[str, str]) -> None:
    found = {}
    for name, address in addresses.items():
        narrow.goto(address)
        narrow.evaluate("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
        found[name] = narrow.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert {name: each for name, each in found.items() if each > 0} == {}
