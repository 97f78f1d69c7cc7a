"""Editing identities.toml: one entry changes, every other line and comment stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.model.errors import ConfigError, RemitError, UsageError
from remit.rooms.attribution.registry import KINDS, parse_registry
from remit.rooms.attribution.registry_text import with_identity

WRITTEN = """\
# ours
[[agent]] # why
name = "x"   # the name
match = "one"

# about people
[[person]]
name = "P"
match = [
  "p1", # first
  "p2",
]
note = '''
[[agent]]
'''

[[agent]]
name = "y"
match = ["three"]
"""
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip("*? ")) and text.isprintable()
)


def test_a_new_entry_is_added_at_the_end_and_nothing_else_changes() -> None:
    after, done = with_identity(WRITTEN, "service", "s", "q", {"owner": "O", "on_behalf_of": ""})
    assert done == "added"
    assert after.startswith(WRITTEN)
    assert tomllib.loads(after)["service"] == [{"name": "s", "match": ["q"], "owner": "O"}]


@pytest.mark.parametrize(
    ("kind", "name", "lines"),
    [
        ("agent", "x", {'match = ["one", "new"]', 'owner = "O"'}),
        ("person", "P", {'  "new",', 'owner = "O"'}),
        ("agent", "y", {'match = ["three", "new"]', 'owner = "O"'}),
    ],
)
def test_an_entry_of_the_same_name_is_widened_where_it_stands(kind: str, name: str, lines: set[str]) -> None:
    after, done = with_identity(WRITTEN, kind, name, "new", {"owner": "O"})
    assert done == "widened"
    assert set(after.splitlines()) - set(WRITTEN.splitlines()) == lines
    kept = [line for line in WRITTEN.splitlines() if line not in ('match = "one"', 'match = ["three"]')]
    assert [line for line in after.splitlines() if line in kept] == kept
    entry = next(each for each in parse_registry(after).entries if each.name == name)
    assert (entry.match[-1], entry.owner) == ("new", "O")


@given(kind=st.sampled_from(KINDS), name=TEXT, pattern=TEXT, owner=TEXT)
def test_whatever_is_mapped_is_read_back_as_it_was_given(kind: str, name: str, pattern: str, owner: str) -> None:
    once, _ = with_identity(WRITTEN, kind, name, pattern, {"owner": owner})
    twice, done = with_identity(once, kind, name, pattern + "2", {})
    assert done == "widened"
    entry = next(each for each in parse_registry(twice).entries if (each.kind, each.name) == (kind, name))
    assert entry.match[-2:] == (pattern, pattern + "2")
    assert entry.owner == owner


@pytest.mark.parametrize(
    ("kind", "name", "pattern", "more"),
    [
        ("", "n", "p", {}),
        ("robot", "n", "p", {}),
        ("agent", " ", "p", {}),
        ("agent", "n", "", {}),
        ("agent", "n", "***", {}),
        ("agent", "n\nx", "p", {}),
        ("agent", "n", "p" * 2000, {}),
        ("agent", "n", "p", {"colour": "red"}),
        ("person", "other", "one", {}),
    ],
)
def test_an_entry_that_cannot_be_is_refused(kind: str, name: str, pattern: str, more: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        with_identity(WRITTEN, kind, name, pattern, more)


@pytest.mark.parametrize("content", ["[[agent", "[[agnet]]\nname='x'\nmatch='y'", "agent = 1", "[" * 5000])
def test_what_is_no_registry_is_not_edited(content: str) -> None:
    with pytest.raises(ConfigError):
        with_identity(content, "agent", "n", "p", {})


def test_a_table_written_inline_is_left_to_the_hand() -> None:
    with pytest.raises(RemitError) as caught:
        with_identity('agent = [{ name = "x", match = "one" }]\n', "agent", "x", "two", {})
    assert "by hand" in caught.value.remedy
