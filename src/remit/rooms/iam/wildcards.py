"""Patterns with ``*`` and ``?`` held against texts and against each other; variables in them are only text."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from remit.rooms.iam.templates import Match, matcher, tokens_of

_ANY_RUN: Final = "\0"
_ANY_ONE: Final = "\1"


def is_pattern(text: str) -> bool:
    """Whether it has a wildcard at all."""
    return "*" in text or "?" in text


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern covers the text, as the engine matches it: letter case counts."""
    return bool(_matcher(pattern)(text))


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Match:
    return matcher(tokens_of(pattern, variables=False))


def covers(wide: str, narrow: str) -> bool:
    """Whether every text that ``narrow`` covers is covered by ``wide``; where that is hard to say, no."""
    if wide == narrow or wide == "*":
        return True
    if not is_pattern(wide) or ("?" in wide and "*" in narrow):
        return False
    # A letter that no policy has stands for each wildcard: of what wide has, only a wildcard takes it.
    return matches(wide, narrow.replace("*", _ANY_RUN).replace("?", _ANY_ONE))


def overlap(one: str, other: str) -> bool:
    """Whether some text is covered by both patterns."""
    row = _closed({0}, other)
    for char in one:
        row = _step(row, char, other)
        if not row:
            return False
    return len(other) in row


def _closed(row: set[int], other: str) -> set[int]:
    """The positions in ``other`` reached without consuming a character."""
    grown = set(row)
    for at in sorted(row):
        while at < len(other) and other[at] == "*":
            at += 1
            grown.add(at)
    return grown


def _step(row: set[int], char: str, other: str) -> set[int]:
    if char == "*":
        first = min(row)
        return _closed(set(range(first, len(other) + 1)), other)
    after = set()
    for at in row:
        if at < len(other):
            if other[at] == "*":
                after.add(at)
            elif char == "?" or other[at] in ("?", char):
                after.add(at + 1)
    return _closed(after, other) if after else after
