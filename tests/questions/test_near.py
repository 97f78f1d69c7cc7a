"""A question that finds nothing says what may have been meant."""

from __future__ import annotations

from typing import Any

import pytest

from remit.flows.questions.near import near

from .conftest import NOW, MakeIndex, event

ROWS = [
    *(event(f"a{at}", agent="Claude Code") for at in range(3)),
    event("b", agent='Claude "2"'),
    event("c", agent="Codex", region="eu-west-1", service="s3"),
]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("agent:claude", ["Claude Code", 'Claude "2"']),
        ("agent:codx since:24h", ["Codex"]),
        ("region:eu-west-2 service:s3", ["eu-west-1"]),
        ("agent:codex", []),
        ("agent:zzzz", []),
        ("agent:cl* -agent:claude free", []),
        ("(agent:claude OR service:s3)", []),
        ("since:24h", []),
        ("", []),
    ],
)
def test_near_values_are_offered_for_those_that_no_act_has(make_index: MakeIndex, text: str, values: list[Any]) -> None:
    index = make_index(ROWS)
    found = near(index, text, now_us=NOW)["suggestions"]
    assert [each["value"] for each in found] == values
    for each in found:
        again = near(index, each["query"], now_us=NOW)["suggestions"]
        assert each["field"] not in [other["field"] for other in again]
        assert each["count"] > 0
