"""What a backtest found as tables: each kind of caller under one heading, an agent as a link to its page."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from tests.cli.conftest import stored as stored

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.model.errors import OrganizationError

from .asgi import get
from .conftest import console_of


def test_each_table_of_a_backtest_has_one_heading_and_agents_lead_to_their_pages(stored: Path) -> None:
    with Store.open(stored, "test") as store:
        desks = open_desks(store)
        app = console_of([], desk=desks["questions"], desks=desks)
        answer = get(app, "/guardrails/region-allowlist-deny?set.approved_regions=eu-west-1&since=all")
    assert answer.status == 200
    titles = re.findall(r'<h3>([^<]*)</h3>\s*<div class="scroll-x"><table class="plain-table grouped">', answer.text)
    assert {"Principals", "Services called"} <= {each.partition(" (")[0] for each in titles}
    for title in titles:
        assert f'<th scope="col">{title}</th>' not in answer.text
    rows = answer.text.partition("<h3>Agents")[2].partition("</table>")[0]
    assert 'href="/agents/' in rows


def test_the_commands_of_a_page_ask_what_the_page_asked_and_run_nothing_else(stored: Path) -> None:
    with Store.open(stored, "test") as store:
        desks = open_desks(store)
        app = console_of([], desk=desks["questions"], desks=desks)
        asked = "since=2020-01-01&until=2020-02-01&query=env%3Aproduction+denied%3Atrue&target=$(id)"
        page = unescape(get(app, f"/guardrails/region-allowlist-deny?set.approved_regions=eu-west-1&{asked}").text)
    assert "--target '$(id)' --since 2020-01-01 --until 2020-02-01 --query 'env:production denied:true'" in page
    assert "--format json --target '$(id)'" in page


def test_an_organization_file_that_cannot_be_read_keeps_no_policy_from_being_exported(
    stored: Path, tmp_path: Path
) -> None:
    """Only a target's name has to be looked up in it."""
    folder = tmp_path / "data"
    shutil.copytree(stored, folder)
    (folder / "organization.json").write_text("{", encoding="utf-8")
    with Store.open(folder, "test") as store:
        exports = open_desks(store)["exports"]
        for targets in ([], ["ou-ab12-11111111"]):
            assert exports.export_guardrail("org-deny-leave", {}, "terraform", targets)["text"]
        with pytest.raises(OrganizationError):
            exports.export_guardrail("org-deny-leave", {}, "terraform", ["Workloads"])
