"""A query that cannot be read, shown with a caret under the place of the trouble."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from remit.model.errors import QueryError
from remit.rooms.events.visible import visible


class Pointed(NamedTuple):
    """``before`` the trouble, what stands ``at`` it, what comes ``after``; ``indent`` puts a caret under it."""

    what: str
    remedy: str
    column: int
    before: str
    at: str
    after: str
    indent: str


def pointed(error: QueryError, written: str) -> Pointed:
    """The error against the text as the person wrote it, which the range in force may have wrapped or followed."""
    shift = 1 if error.text.startswith(f"({written})") and not written.startswith(f"({written})") else 0
    column = max(0, error.column - shift)
    text = written if written and column <= len(written) and written in error.text else error.text
    column = min(column if text is written else error.column, len(text))
    before = visible(text[:column], 5000)
    at = visible(text[column : column + 1], 16)
    return Pointed(
        error.what,
        error.remedy,
        column + 1,
        before,
        at,
        visible(text[column + 1 :], 5000),
        " " * sum(_cells(char) for char in before),
    )


def _cells(char: str) -> int:
    """Columns a character takes in a fixed-width face."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
