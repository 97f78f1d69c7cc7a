"""A store of one's own: what it says while it is empty, what hostile records do to its pages, and how it alerts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.alerts.receiver import Receiver, receiving
from tests.app.conftest import wait_for
from tests.live.conftest import cloudtrail

from .conftest import deliver, serving

ACCOUNT = "111122223333"
MARKUP = "<img src=x onerror=hit=1><script>hit=1</script>"
QUOTES = "\"' onmouseover=hit=1 autofocus onfocus=hit=1 x=`"
BIDI = "safe\u202egnp.exe\u2066\u200b\ufeff"
SCRIPT_URL = "javascript:hit=1//%0ahit=1"
HUGE = "long-" + "w" * 900
KIRO = "aws-cli/2.31.0 exec-env/kiro"
HOSTILE = (MARKUP, QUOTES, BIDI, SCRIPT_URL, HUGE)
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
EMPTY_PAGES = {
    "/": "The store is empty",
    "/?q=denied:true&since=7d": "The store is empty",
    "/agents": "That is not the same as no agent at work",
    "/agents/nobody": "nobody",
    "/denials": "0 refused",
    "/who?subject=orders-production": "orders-production",
    "/events/0123456789abcdef01234567": "0123456789abcdef01234567",
    "/values/agent?since=all": "",
    "/identities": "The registry is empty",
    "/feeds": "No feed yet",
    "/views": "No view is saved yet",
    "/alerts": "No alert is set",
    "/alerts/new?q=denied:true": "Nothing like it happened",
    "/alerts/channels": "No channel is set",
    "/settings/tokens": "No token was ever made here",
    "/settings/journal": "Nothing was changed in Remit yet",
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with nothing in its store."""
    with serving(tmp_path_factory.mktemp("empty") / "data") as address:
        yield address


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose registry and records say hostile things wherever they can."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    data.mkdir()
    match = f"arn:aws:iam::{ACCOUNT}:role/agent"
    registry = f'[[agent]]\nname = {json.dumps(MARKUP)}\nmatch = ["{match}"]\nowner = {json.dumps(QUOTES)}\n'
    (data / "identities.toml").write_text(registry, encoding="utf-8")
    with serving(data) as address:
        deliver(address, *(hostile_record(at, text) for at, text in enumerate(HOSTILE)))
        yield address


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one deletion in its store."""
    with serving(tmp_path_factory.mktemp("watched") / "data") as address:
        deliver(address, deletion("before"))
        yield address


@pytest.fixture(scope="module")
def slack() -> Iterator[Receiver]:
    """A stand-in for Slack."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def guarded(browser: Browser) -> Iterator[Page]:
    """A window in which a dialog, a script of a record or a request to elsewhere fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    troubles: list[str] = []
    opened.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: "Content Security Policy" in said.text and troubles.append(said.text))
    opened.on("request", lambda sent: sent.url.startswith("http://127.0.0.1:") or troubles.append(sent.url))
    yield opened
    context.close()
    assert not troubles


def hostile_record(at: int, text: str) -> dict[str, Any]:
    """A refused deletion that says ``text`` in every place a caller can choose."""
    role = f"arn:aws:iam::{ACCOUNT}:role/agent"
    return cloudtrail(
        f"hostile-{at}",
        NOW,
        eventName="DeleteBucket",
        userAgent=f"{text} app/{text}",
        sourceIPAddress=text,
        requestParameters={"bucketName": text, "key": text},
        resources=[{"ARN": f"arn:aws:s3:::{text}", "type": text}],
        errorCode="AccessDenied",
        errorMessage=f"User: {text} is not authorized to perform: s3:DeleteBucket on resource: {text} "
        "with an explicit deny in a service control policy",
        userIdentity={
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE:{text}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/agent/{text}",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE12",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": role, "userName": text},
                "sourceIdentity": text,
            },
        },
    )


def deletion(name: str) -> dict[str, Any]:
    """Somebody deletes a bucket."""
    return cloudtrail(name, NOW, eventName="DeleteBucket")


def stored(page: Page, address: str, count: int, query: str = "") -> None:
    """Wait until so many events are in the store."""
    asked = f"{address}/api/v1/events?q={quote(query)}"
    assert wait_for(lambda: len(page.request.get(asked).json()["items"]) >= count, 60)


def sound(page: Page) -> str:
    """The text of a page on which nothing ran, nothing became markup, and nothing is wider than the window."""
    found = page.evaluate(
        """() => ({
            ran: window.hit !== undefined,
            marks: document.querySelectorAll("main img, main script, [onerror], [onmouseover], [onfocus]").length,
            links: [...document.querySelectorAll("a")].map((a) => a.getAttribute("href"))
                .filter((href) => !/^(\\/(?!\\/)|#|https?:)/.test(href)),
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        })"""
    )
    assert found == {"ran": False, "marks": 0, "links": [], "wide": 0}, page.url
    return page.locator("main").inner_text() + "".join(page.locator("#drawer").all_inner_texts())


@pytest.mark.parametrize("path", list(EMPTY_PAGES))
def test_an_empty_store_is_told_on_every_page_with_what_to_do(empty: str, guarded: Page, path: str) -> None:
    answer = guarded.goto(empty + path)
    assert answer is not None
    assert answer.status in (200, 404)
    text = sound(guarded)
    assert EMPTY_PAGES[path] in text
    expect(guarded.get_by_role("heading", level=1)).to_be_visible()
    assert guarded.locator("main").get_by_role("link").or_(guarded.locator("main code")).count()


def test_a_question_without_an_answer_offers_the_way_on(watched: str, page: Page) -> None:
    stored(page, watched, 1)
    page.goto(f"{watched}/?q=agent:nobody&since=24h")
    expect(page.get_by_role("heading", name="No event matches")).to_be_visible()
    page.get_by_role("link", name="look at all time").click()
    expect(page.get_by_role("heading", name="No event matches")).to_be_visible()
    page.get_by_role("link", name="Clear the query").click()
    expect(page.get_by_role("link", name="DeleteBucket").first).to_be_visible()


def test_hostile_records_stay_text_on_every_page(hostile: str, guarded: Page) -> None:
    page = guarded
    stored(page, hostile, len(HOSTILE))
    page.goto(f"{hostile}/?since=all")
    events = [each.get_attribute("data-event") for each in page.locator("tr[data-event]").all()]
    assert len(events) == len(HOSTILE)
    seen = sound(page)
    assert MARKUP[:30] in seen
    assert "javascript:hit=1" in seen
    assert "\u202e" not in seen
    agent = page.request.get(f"{hostile}/api/v1/events").json()["items"][0]["actor"]["agent"]
    assert agent == MARKUP
    for event in events:
        page.goto(f"{hostile}/events/{event}")
        sound(page)
        page.get_by_text(re.compile("^Raw record")).click()
        page.goto(f"{hostile}/?since=all&open={event}")
        sound(page)
        expect(page.get_by_role("complementary", name="The open event").get_by_role("heading").first).to_be_visible()
    for path in (
        "/agents",
        f"/agents/{quote(MARKUP, safe='')}",
        "/denials?since=all",
        *(f"/who?subject={quote(text)}" for text in HOSTILE),
        *(f"/values/{column}?since=all" for column in ("agent", "actor", "account")),
        "/identities",
        f"/identities?pattern={quote(QUOTES)}&name={quote(MARKUP)}&kind=agent#map",
        "/feeds",
        f"/?q={quote(json.dumps(MARKUP))}&since=all",
        f"/alerts/new?q={quote(json.dumps(MARKUP))}",
    ):
        page.goto(hostile + path)
        sound(page)
    page.goto(f"{hostile}/agents/{quote(MARKUP, safe='')}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")


def test_hostile_names_given_in_forms_stay_text(hostile: str, guarded: Page) -> None:
    page = guarded
    name = MARKUP[:60]
    page.goto(f"{hostile}/?q=denied:true&since=all")
    page.locator("main").get_by_text("Views", exact=True).click()
    page.get_by_label("Save this question as").fill(name)
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{hostile}/?q=denied:true&since=all")
    page.get_by_role("link", name="Alert me").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Save alert").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(MARKUP[:30])
    sound(page)
    page.goto(f"{hostile}/settings/tokens")
    page.get_by_label("Name").fill(name)
    page.get_by_role("checkbox", name=re.compile("^read")).check()
    page.get_by_role("button", name="Make it").click()
    assert "cannot be a token's name" in sound(page)
    page.goto(f"{hostile}/?q=denied:true&since=all")
    page.locator("main").get_by_text("Views", exact=True).click()
    page.get_by_label("Save this question as").fill(BIDI)
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    assert "one line of visible characters" in sound(page)
    for path in ("/", "/views", "/alerts", "/settings/journal"):
        page.goto(hostile + path)
        assert path == "/" or MARKUP[:30] in sound(page)


def test_an_alert_without_a_channel_is_counted_where_everybody_looks(watched: str, page: Page) -> None:
    stored(page, watched, 1)
    page.goto(f"{watched}/?q=operation:DeleteBucket&since=all")
    page.get_by_role("link", name="Alert me").click()
    expect(page.get_by_role("textbox", name="Watch for")).to_have_value("operation:DeleteBucket")
    expect(page.get_by_role("region", name="What it would have sent")).to_contain_text("1 message")
    page.get_by_role("button", name="Save alert").click()
    expect(page.get_by_role("heading", name="What it found")).to_be_visible()
    deliver(watched, deletion("unwatched"))
    badge = page.get_by_role("navigation", name="Pages").get_by_role("link", name=re.compile(r"Alerts 1 not seen"))
    for _ in range(60):
        page.goto(watched)
        if badge.count():
            break
        page.wait_for_timeout(250)
    badge.click()
    found = page.get_by_role("region", name="What was found")
    expect(found).to_contain_text("jane called s3:DeleteBucket")
    expect(found).to_contain_text("shown here only")
    found.get_by_role("link", name="Open the newest").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("unwatched")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=re.compile("Alerts")).click()
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.get_by_role("link", name="Alerts", exact=True)).to_be_visible()
    expect(badge).to_have_count(0)


def test_the_like_of_the_incident_reaches_slack_with_a_link_that_opens_it(
    demo: str, slack: Receiver, page: Page
) -> None:
    page.goto(f"{demo}/alerts/channels")
    page.get_by_label("Name").fill("incidents")
    page.get_by_label("Address").fill(f"{slack.url}/services/T0/B0/secret")
    page.get_by_role("button", name="Save channel").click()
    expect(page.get_by_role("table", name="Channels")).to_contain_text("incidents")
    assert "/B0/secret" not in page.content()

    page.goto(demo)
    page.get_by_text("Open the incident").click()
    expect(page.get_by_role("table", name="Events, newest first").locator("tbody tr")).to_have_count(11)
    page.get_by_role("link", name="DeleteDBCluster", exact=True).first.click()
    opened = page.get_by_role("complementary", name="The open event")
    opened.get_by_role("link", name="Alert when this happens again").click()
    expect(page.get_by_role("textbox", name="Watch for")).to_have_value(re.compile("operation:DeleteDBCluster"))
    expect(page.get_by_role("region", name="What it would have sent")).to_contain_text("DeleteDBCluster")
    page.get_by_label("incidents").check()
    page.get_by_role("button", name="Save alert").click()
    expect(page.get_by_text("Sends to")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("incidents took the test message.")).to_be_visible()

    again = cloudtrail("again", NOW, eventSource="rds.amazonaws.com", eventName="DeleteDBCluster", userAgent=KIRO)
    deliver(demo, {**again, "requestParameters": {"dBClusterIdentifier": "invoices-production"}})
    assert wait_for(lambda: any(b"Kiro" in each.body for each in slack.taken), 60)
    message = next(each.message for each in slack.taken if b"Kiro" in each.body)
    assert "DeleteDBCluster" in message["text"]
    links = re.findall(r"https?://[^|>\s\"\\]+", json.dumps(message))
    assert links
    assert {link.startswith(demo) for link in links} == {True}
    page.goto(links[0].replace("&amp;", "&"))
    expect(page.get_by_role("link", name="DeleteDBCluster", exact=True).first).to_be_visible()
    expect(page.locator("main")).to_contain_text("invoices-production")
