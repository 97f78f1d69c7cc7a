"""What somebody does who works with the Event Center, step by step, on the demonstration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

INCIDENT = "deleted orders-production in production (111122223333)"


@pytest.fixture
def unscripted(browser: Browser) -> Iterator[Page]:
    """A window of a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


def rows(page: Page) -> Locator:
    """The rows of the list of events."""
    return page.get_by_role("table", name="Events, newest first").locator("tbody tr")


def listed(page: Page) -> list[str]:
    """What the list shows, without the words that change with the clock."""
    return [re.sub(r"\S+ \S+ ago|\bnow\b", "", text) for text in rows(page).all_inner_texts()]


def drawer(page: Page) -> Locator:
    """The event that is open beside the list."""
    return page.get_by_role("complementary", name="The open event")


def facet(page: Page, title: str) -> Locator:
    """One group of filters."""
    filters = page.get_by_role("complementary", name="Filters")
    return filters.locator("details").filter(has=page.locator("summary", has_text=re.compile(f"^{title}$")))


def value(page: Page, title: str, label: str) -> Locator:
    """One value among the filters."""
    return facet(page, title).get_by_role("listitem").filter(has=page.get_by_text(label, exact=True))


def asked(page: Page, name: str) -> str:
    """A parameter of the address."""
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def total(page: Page) -> int:
    """How many records the page says it found."""
    found = re.search(r"of ([\d,]+) shown", page.get_by_label("More events").inner_text())
    assert found
    return int(found[1].replace(",", ""))


def shown_focus(page: Page) -> str:
    """What has the focus, in words; fails when that is nothing, out of sight, or without a mark."""
    seen = page.evaluate(
        """() => {
            const on = document.activeElement;
            if (!on || on === document.body) return null;
            const marks = [on, ...["::before", "::after"]].map((each) =>
                each === on ? getComputedStyle(on) : getComputedStyle(on, each));
            const marked = marks.some((style) =>
                (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none");
            const box = on.getBoundingClientRect();
            const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
            const words = on.getAttribute("aria-label") || on.innerText || on.value || on.name || on.tagName;
            return { marked, inside, words };
        }"""
    )
    assert seen, "nothing has the focus"
    assert seen["marked"], f"the focus cannot be seen: {seen}"
    assert seen["inside"], f"the focus is out of sight: {seen}"
    return str(seen["words"])


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Press Tab until something that says these words has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if words in shown_focus(page):
            return
    raise AssertionError(f"{words!r} cannot be reached with {most} presses of Tab")


def test_a_filtered_list_with_an_open_event_is_shared_by_its_address(demo: str, page: Page, browser: Browser) -> None:
    page.goto(f"{demo}/?since=7d")
    everything = total(page)
    value(page, "Source", "AgentOps").get_by_role("link").first.click()
    expect(rows(page).filter(has_not_text="AgentOps")).to_have_count(0)
    agents = total(page)
    assert 0 < agents < everything
    value(page, "Source", "IaC").get_by_role("link").first.click()
    expect(rows(page).filter(has_text="IaC").first).to_be_visible()
    assert agents < total(page) < everything
    value(page, "Source", "AgentOps").hover()
    value(page, "Source", "AgentOps").get_by_role("link", name="Only AgentOps").click()
    expect(page.get_by_label("More events")).to_contain_text(f"of {agents:,} shown")
    value(page, "Action type", "read").get_by_role("link", name="Leave out read").click()
    expect(rows(page).filter(has_text="· read")).to_have_count(0)
    changes = total(page)
    assert 0 < changes < agents
    value(page, "Agent", "Claude Code").get_by_role("link").first.click()
    expect(rows(page).filter(has_not_text="Claude Code")).to_have_count(0)
    assert 0 < total(page) < changes
    rows(page).nth(2).get_by_role("link").click()
    expect(drawer(page).get_by_role("heading").first).to_contain_text("Claude Code")

    other = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        again = other.new_page()
        again.goto(page.url)
        expect(drawer(again).get_by_role("heading").first).to_be_visible()
        assert listed(again) == listed(page)
        assert total(again) == total(page)
        assert body_of(drawer(again)) == body_of(drawer(page))
    finally:
        other.close()


def body_of(place: Locator) -> str:
    """What an event says of itself, without the words that change with the clock."""
    return re.sub(
        r"\d+ \S+ ago", "", place.get_by_role("heading").first.inner_text() + place.locator("dl").first.inner_text()
    )


def test_the_incident_is_found_read_and_left_by_keyboard_alone(demo: str, page: Page) -> None:
    page.goto(demo)
    tab_to(page, "Skip to the content", 1)
    tab_to(page, "Open the incident")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(11)
    incident = page.url
    page.keyboard.press("j")
    assert "DeleteDBCluster" in shown_focus(page)
    page.keyboard.press("j")
    assert "DeleteDBInstance" in shown_focus(page)
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(drawer(page).get_by_role("heading").first).to_contain_text(INCIDENT)
    expect(drawer(page)).to_be_focused()
    shown_focus(page)
    tab_to(page, "Open as a page", 1)
    tab_to(page, "Joined to another record", 8)
    page.keyboard.press("Enter")
    evidence = drawer(page).get_by_role("table", name=re.compile("Signals that fired"))
    expect(evidence).to_be_in_viewport()
    expect(evidence).to_contain_text("join.issued-key")
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)
    assert "DeleteDBCluster" in shown_focus(page)
    expect(page).to_have_url(re.compile(re.escape(incident) + "#?"))
    page.keyboard.press("x")
    expect(page.get_by_label("Pick DeleteDBCluster").first).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Agents")
    page.wait_for_load_state()  # its script is what the next key is for
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_have_text("Event Center")
    page.wait_for_load_state()  # its script is what the next key is for
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Query")).to_be_focused()
    page.keyboard.type("denied:true agent:support-agent")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("support-agent"))
    expect(rows(page).filter(has_not_text="support-agent")).to_have_count(0)


def test_a_range_is_dragged_on_the_chart_and_left_again(demo: str, page: Page) -> None:
    page.goto(f"{demo}/?since=7d")
    whole = total(page)
    chart = page.get_by_role("group", name=re.compile("^Acts over time. Arrow keys"))
    box = chart.locator("svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=6)
    said = chart.locator("output")
    expect(said).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d to .* UTC: [\d,]+"))
    promised = int(said.inner_text().rsplit(": ", 1)[1].replace(",", ""))
    page.mouse.up()
    expect(page).to_have_url(re.compile("since=20"))
    chosen = page.get_by_role("region", name="Acts over time")
    expect(chosen).to_contain_text(f"{promised:,} from ")
    assert 0 < total(page) < whole
    page.get_by_role("link", name="Zoom out").click()
    expect(chosen).not_to_contain_text(f" {promised:,} from ")
    page.go_back()
    expect(chosen).to_contain_text(f" {promised:,} from ")
    page.go_back()
    expect(page.get_by_label("More events")).to_contain_text(f"of {whole:,} shown")


def test_a_range_is_chosen_on_the_chart_by_arrow_keys(demo: str, page: Page) -> None:
    page.goto(f"{demo}/?since=7d")
    whole = total(page)
    chart = page.get_by_role("group", name=re.compile("^Acts over time. Arrow keys"))
    chart.focus()
    page.keyboard.press("ArrowLeft")
    for _ in range(11):
        page.keyboard.press("Shift+ArrowLeft")
    said = chart.locator("output")
    expect(said).to_be_visible()
    expect(page.locator("#said")).to_have_text(said.inner_text())
    promised = said.inner_text().rsplit(": ", 1)[1]
    assert promised != "0"
    page.keyboard.press("Escape")
    expect(said).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    for _ in range(11):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Acts over time")).to_contain_text(f"{promised} from ")
    assert 0 < total(page) < whole
    page.get_by_role("link", name="Zoom out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Acts over time")).not_to_contain_text(f" {promised} from ")


def test_an_open_event_steps_closes_reloads_and_says_what_its_page_says(demo: str, page: Page) -> None:
    page.goto(demo)
    page.get_by_text("Open the incident").click()
    expect(rows(page)).to_have_count(11)
    rows(page).first.get_by_role("link").click()
    title = drawer(page).get_by_role("heading").first
    expect(title).to_contain_text(INCIDENT)
    page.keyboard.press("j")
    expect(title).to_contain_text("orders-production-2")
    page.keyboard.press("k")
    expect(title).to_contain_text(INCIDENT)
    said = body_of(drawer(page))
    page.reload()
    expect(title).to_contain_text(INCIDENT)
    assert body_of(drawer(page)) == said
    page.go_back()
    expect(drawer(page)).to_have_count(0)
    page.go_forward()
    expect(title).to_contain_text(INCIDENT)
    drawer(page).get_by_role("link", name="Close").click()
    expect(drawer(page)).to_have_count(0)
    rows(page).first.get_by_role("link").click()
    expect(title).to_contain_text(INCIDENT)
    drawer(page).get_by_role("link", name="Open as a page").click()
    expect(page).to_have_url(re.compile("/events/[0-9a-f]{24}$"))
    assert body_of(page.locator("main")) == said


def test_what_is_different_is_answered_for_picked_events(demo: str, page: Page) -> None:
    page.goto(f"{demo}/?since=30d&q=service:rds")
    for at in range(3):
        rows(page).filter(has_text="Claude Code").nth(at).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare the picked").click()
    different = page.get_by_role("region", name="What is different here?")
    expect(different).to_contain_text("(3) against")
    more = different.get_by_role("table", name=re.compile("More here"))
    expect(more.get_by_role("row").filter(has_text="Claude Code").first).to_contain_text("100 %")
    different.get_by_role("link", name="Done").click()
    expect(different).not_to_contain_text("against the")


@pytest.mark.heavy
def test_the_console_is_read_without_scripts(demo: str, unscripted: Page) -> None:
    page = unscripted
    page.goto(demo)
    page.get_by_text("Open the incident").click()
    expect(rows(page)).to_have_count(11)
    rows(page).first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(INCIDENT)
    expect(page.get_by_role("table", name=re.compile("Signals that fired"))).to_contain_text("join.issued-key")
    page.get_by_text(re.compile("^Raw record")).click()
    expect(page.get_by_label("Raw record", exact=True)).to_contain_text("DeleteDBCluster")

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Events").click()
    page.get_by_role("navigation", name="Range of time").get_by_role("link", name="All").click()
    everything = total(page)
    value(page, "Source", "AgentOps").get_by_role("link").first.click()
    expect(rows(page).filter(has_not_text="AgentOps")).to_have_count(0)
    assert 0 < total(page) < everything
    first = listed(page)
    page.get_by_role("link", name="Older").click()
    assert rows(page).count()
    assert not set(listed(page)) & set(first)
    page.get_by_role("searchbox", name="Query").fill("denied:true agent:support-agent")
    page.get_by_role("button", name="Search").click()
    expect(rows(page).filter(has_not_text="support-agent")).to_have_count(0)
    rows(page).nth(1).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare the picked").click()
    expect(page.get_by_role("region", name="What is different here?")).to_contain_text("(1) against")

    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="support-agent").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("support-agent")
    expect(page.get_by_role("table", name=re.compile("Every change is on one path"))).to_contain_text("In all")
    pages.get_by_role("link", name="Denials").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Denials")
    expect(page.get_by_text("Next steps").first).to_be_visible()
    pages.get_by_role("link", name="Who").click()
    page.get_by_role("searchbox").fill("orders-production")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("main")).to_contain_text("DeleteDBCluster")
    pages.get_by_role("link", name="Identities").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Identities")
    expect(page.locator("main")).to_contain_text("nightly-export")
    pages.get_by_role("link", name="Feeds").click()
    expect(page.locator("main")).to_contain_text("demo-cloudtrail")
    pages.get_by_role("link", name="Alerts").click()
    page.get_by_role("link", name="New alert").click()
    page.get_by_role("textbox", name="Watch for").fill("operation:DeleteDBCluster")
    page.get_by_role("button", name="Try it on the last 30 days").click()
    expect(page.get_by_role("region", name="What it would have sent")).to_contain_text("DeleteDBCluster")


def test_a_view_is_saved_opened_and_deleted_without_scripts(demo: str, unscripted: Page) -> None:
    page = unscripted
    page.goto(f"{demo}/?q=denied:true&since=7d")
    found = total(page)
    page.locator("main").get_by_text("Views", exact=True).click()
    page.get_by_label("Save this question as").fill("Refused this week")
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    page.goto(demo)
    page.locator("main").get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="Refused this week").first.click()
    assert asked(page, "q") == "denied:true"
    assert total(page) == found
    page.locator("main").get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="Change or delete views").click()
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("button", name="Delete Refused this week").click()
    expect(page.locator("main")).to_contain_text("No view is saved yet")
    page.get_by_role("link", name="Journal").click()
    expect(page.get_by_role("table", name=re.compile("newest first"))).to_contain_text("Refused this week")
