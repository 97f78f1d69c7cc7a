"""A policy's text as numbered lines, each with what was found on it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from remit.faces.console.ports import Json

MOST_LINES: Final = 4000
_LINE: Final = re.compile(r'(\s*)(?:("(?:[^"\\]|\\.)*"): )?(.*)', re.DOTALL)


class NumberedLine(NamedTuple):
    """One line: its number, the space before it, a key with its quotes or nothing, the rest with its kind for the
    colour, and the gravest severity of the findings that begin on it, or nothing."""

    number: int
    indent: str
    key: str
    value: str
    kind: str
    severity: str


def numbered(text: str, findings: Iterable[Json] = ()) -> list[NumberedLine]:
    """The first ``MOST_LINES`` lines. ``findings`` come the gravest first."""
    grave: dict[int, str] = {}
    for each in findings:
        grave.setdefault(each["line"], each["severity"])
    lines = text.split("\n")[:MOST_LINES]
    return [_line(number, line, grave.get(number, "")) for number, line in enumerate(lines, 1)]


def _line(number: int, text: str, severity: str) -> NumberedLine:
    match = _LINE.fullmatch(text)
    if match is None:
        return NumberedLine(number, "", "", text, "", severity)
    value = match[3]
    kind = "str" if value.startswith('"') else "mark" if value[:1] in "{[}]" else "word"
    return NumberedLine(number, match[1], match[2] or "", value, kind, severity)
