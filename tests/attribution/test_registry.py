"""identities.toml: what it maps and what it refuses."""

from __future__ import annotations

import pytest

from remit.model.errors import ConfigError
from remit.rooms.attribution.registry import parse_registry

TEXT = """
[[agent]]
name = "release-bot"
match = ["arn:aws:iam::111122223333:role/release-*", "release@acme.iam.gserviceaccount.com"]
owner = "platform"

[[person]]
name = "Maya"
match = ["maya@example.com"]

[[account]]
id = "111122223333"
environment = "production"
"""


def test_exact_values_and_globs_are_found() -> None:
    registry = parse_registry(TEXT)
    columns = {
        "principal": ["x", "maya@example.com", None],
        "issuer": ["arn:aws:iam::111122223333:role/release-eu", None, None],
    }
    found = registry.find_rows(columns, 3)
    assert [None if i is None else registry.entries[i].name for i in found] == ["release-bot", "Maya", None]


def test_the_principal_weighs_more_than_the_role_behind_it() -> None:
    registry = parse_registry(TEXT)
    columns = {"principal": ["maya@example.com"], "issuer": ["arn:aws:iam::111122223333:role/release-eu"]}
    assert registry.entries[registry.find_rows(columns, 1)[0] or 0].name == "Maya"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[agnet]]\nname='x'\nmatch='y'", "Did you mean agent"),
        ("[[agent]]\nname='x'\nmatch='y'\nownr='z'", "Did you mean owner"),
        ("[[agent]]\nname='x'", "at least one pattern"),
        ("[agent]\nname='x'", "[[agent]] tables"),
        ("[[account]]\nname='x'", "needs an id"),
        ("[[agent", "Not TOML"),
        ("[[agent]]\nname='x'\nmatch='y'\ngoverned='yes'", "exempt, pipeline or none"),
    ],
)
def test_a_registry_that_cannot_be_used_says_why(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_registry(text)
    assert says in str(caught.value)
