"""What a backtest found as tables: each kind of caller under one heading, an agent as a link to its page."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import stored as stored

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks

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
