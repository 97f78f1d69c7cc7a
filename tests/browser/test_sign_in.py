"""A person signs in through the provider in a real browser, sees what their role offers, and leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.access.provider import RunningProvider, provider
from tests.access.server import Served, served
from tests.access.test_sign_in import config_of

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def identity() -> Iterator[RunningProvider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def server(identity: RunningProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environ = {**os.environ, "REMIT_TEST_SECRET": "x"}
    folder = tmp_path_factory.mktemp("browser-oidc") / "data"
    with served(folder, config_of(identity.issuer), environ=environ) as server:
        yield server


@pytest.fixture
def visitor(browser: Browser, server: Served) -> Iterator[Page]:
    """A window of somebody whom nobody knows yet; what goes wrong on this server's own pages fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    troubles: list[str] = []

    def noted(said: ConsoleMessage) -> None:
        if said.type == "error" and said.location["url"].startswith(server.address):
            troubles.append(said.text)

    opened.on("console", noted)
    yield opened
    context.close()
    assert not [text for text in troubles if "403" not in text]


def sign_in(page: Page, address: str, subject: str, path: str = "/agents") -> None:
    """From any page, through the provider, and back to it."""
    page.goto(f"{address}{path}")
    page.get_by_role("link", name="Sign in with localhost").click()
    page.locator("input[name=sub]").fill(subject)
    page.locator("input[name=sub]").press("Enter")


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def test_an_administrator_signs_in_makes_a_token_revokes_it_and_signs_out(server: Served, visitor: Page) -> None:
    visitor.goto(f"{server.address}/agents")
    assert serious(visitor) == []
    sign_in(visitor, server.address, "ana")
    expect(visitor).to_have_url(f"{server.address}/agents")
    expect(visitor.get_by_text("ana@example.com")).to_be_visible()
    visitor.get_by_role("link", name="Tokens").click()
    visitor.get_by_label("Name").fill("prometheus")
    visitor.get_by_label("read", exact=False).first.check()
    visitor.get_by_role("button", name="Make it").click()
    secret = visitor.get_by_label("The secret").input_value()
    assert secret.startswith("remit_")
    assert serious(visitor) == []
    assert server.browser().ask("/agents", Authorization=f"Bearer {secret}").status == 200
    visitor.goto(f"{server.address}/settings/tokens")
    assert secret not in visitor.content()
    visitor.get_by_role("button", name="Revoke prometheus").click()
    expect(visitor.get_by_role("cell", name="revoked")).to_be_visible()
    assert server.browser().ask("/agents", Authorization=f"Bearer {secret}").status == 401
    visitor.get_by_role("button", name="Sign out").click()
    expect(visitor.get_by_text("You are signed out of this server.")).to_be_visible()
    visitor.goto(f"{server.address}/agents")
    expect(visitor.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_viewer_is_not_offered_what_they_may_not_do(server: Served, visitor: Page) -> None:
    sign_in(visitor, server.address, "cy")
    expect(visitor.get_by_text("(viewer)")).to_be_visible()
    expect(visitor.get_by_role("link", name="Tokens")).to_have_count(0)
    visitor.goto(f"{server.address}/settings/tokens")
    expect(visitor.get_by_text("may not do this")).to_be_visible()


def test_an_operator_saves_a_view_and_a_viewer_may_open_it_but_change_nothing(
    server: Served, browser: Browser, visitor: Page
) -> None:
    other = browser.new_context()
    operator = other.new_page()
    sign_in(operator, server.address, "bo", "/?q=denied:true&since=7d")
    operator.locator("main").get_by_text("Views", exact=True).click()
    operator.get_by_label("Save this question as").fill("Refused")
    with operator.expect_navigation():
        operator.get_by_role("button", name="Save", exact=True).click()
    operator.goto(f"{server.address}/views")
    operator.get_by_text("Change", exact=True).click()
    expect(operator.get_by_role("button", name="Delete Refused")).to_be_visible()
    form = {"name": "Mine", "query": "denied:true", "since": "7d", "until": ""}
    other.close()

    sign_in(visitor, server.address, "cy", "/views")
    expect(visitor.get_by_role("link", name="Refused")).to_be_visible()
    expect(visitor.get_by_text("Change", exact=True)).to_have_count(0)
    answer = visitor.request.post(f"{server.address}/views", form=form, headers={"Origin": server.address})
    assert answer.status == 403
    visitor.reload()
    expect(visitor.get_by_role("link", name="Mine")).to_have_count(0)


def test_somebody_without_a_role_reads_why(server: Served, visitor: Page) -> None:
    sign_in(visitor, server.address, "di")
    expect(visitor.get_by_text("has no role here")).to_be_visible()
    assert serious(visitor) == []
