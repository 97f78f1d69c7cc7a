"""A newcomer finds a guardrail, fills it in, tries it and takes it away; and mends a policy while writing it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

SHADOWED = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "One", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    {"Sid": "All", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
  ]
}"""


def test_a_guardrail_is_found_filled_in_tried_and_exported(demo: str, page: Page) -> None:
    page.goto(demo)
    page.get_by_role("link", name="Guardrails").click()
    page.get_by_role("searchbox").fill("approved regions")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Deny requests outside approved Regions").click()
    page.get_by_label("approved_regions").fill("Mars")
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator("#wrong-approved_regions")).to_contain_text("Mars")
    page.get_by_label("approved_regions").fill("eu-central-1\neu-west-1")
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_role("region", name="The policy document")).to_contain_text('"eu-west-1"')
    page.get_by_role("button", name="Run it").click()
    expect(page.locator("#backtest .verdict")).to_contain_text("calls would be denied")
    page.locator("#backtest").get_by_role("link", name=re.compile("UTC")).first.click()
    expect(page).to_have_url(re.compile("/events/"))
    page.go_back()
    page.get_by_role("link", name="Terraform").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download").click()
    assert taken.value.suggested_filename == "region-allowlist-deny.tf"


def test_a_policy_is_checked_and_mended_while_it_is_written(demo: str, page: Page) -> None:
    page.goto(f"{demo}/guardrails/edit")
    text = page.get_by_label("The policy", exact=True)
    text.fill(SHADOWED)
    finding = page.locator("#insights .findings li", has_text="shadowed-statement")
    expect(finding).to_be_visible()
    finding.get_by_role("link", name=re.compile("line 4")).click()
    assert "GetObject" in page.evaluate("(({value, selectionStart: a, selectionEnd: b}) => value.slice(a, b))(text)")
    finding.get_by_role("button", name="Apply").click()
    expect(finding).to_have_count(0)
    assert [each["Sid"] for each in json.loads(text.input_value())["Statement"]] == ["All"]
    page.keyboard.press("Control+z")
    assert text.input_value() == SHADOWED
    expect(finding).to_be_visible()


@pytest.mark.heavy
def test_the_editor_works_without_scripts(demo: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo}/guardrails/edit")
    page.locator("#text").fill(SHADOWED)
    page.get_by_role("button", name="Check").click()
    page.locator("#insights li", has_text="shadowed-statement").get_by_role("button", name="Apply").click()
    expect(page.locator("#applied")).to_contain_text("Applied")
    assert "GetObject" not in page.locator("#text").input_value()
    page.get_by_role("button", name="Run it").click()
    expect(page.locator("#backtest")).to_contain_text("Against the version before")
    context.close()
