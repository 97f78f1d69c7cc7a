"""The titles of a backtest's groups: what is not shown is said."""

from __future__ import annotations

import pytest

from remit.flows.backtest.groups import GROUPS


@pytest.mark.parametrize(
    ("name", "by", "heading"),
    [
        ("operations", {"operations_in_all": 20}, "Operations"),
        ("operations", {"operations_in_all": 1234}, "Operations (the commonest 20 of 1,234)"),
        ("roles", {"roles_in_all": 3}, "Roles"),
        ("roles", {"roles_in_all": 21}, "Roles (the commonest)"),
        ("people", {"actors_in_all": 20}, "People"),
        ("people", {"actors_in_all": 31}, "People (the commonest)"),
    ],
)
def test_a_group_of_which_some_are_not_shown_says_how_many_there_are(
    name: str, by: dict[str, int], heading: str
) -> None:
    (group,) = (each for each in GROUPS if each.name == name)
    assert group.heading(by) == heading
