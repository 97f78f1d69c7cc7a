"""The elements of a list in JSON that cannot be read as a whole: each as a text of its own, with its place.

One element with a member given twice, or nested too deep, must not silence the answers to all others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},"]', re.DOTALL)
_SPACE: Final = " \t\r\n"
_CLOSING: Final = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Element:
    """The text of one element; ``line`` and ``column`` (from 1) are where it begins in the whole."""

    text: str
    line: int
    column: int


def elements_of(text: str) -> list[Element] | None:
    """The elements between the outermost brackets, whatever they are; None when the brackets do not tell them apart."""
    body = text.strip(_SPACE)
    if not (body.startswith("[") and body.endswith("]")):
        return None
    first, last = text.index("["), text.rindex("]")
    cuts = _cuts(text, first, last)
    if cuts is None:
        return None
    found, line, line_start, seen = [], 1, 0, 0
    for start, end in zip([first, *cuts], [*cuts, last], strict=True):
        piece = text[start + 1 : end]
        begin = start + 1 + len(piece) - len(piece.lstrip(_SPACE))
        line += text.count("\n", seen, begin)
        line_start = max(line_start, text.rfind("\n", seen, begin) + 1)
        seen = begin
        found.append(Element(piece.strip(_SPACE), line, begin - line_start + 1))
    return found if all(each.text for each in found) else None


def _cuts(text: str, first: int, last: int) -> list[int] | None:
    """Where the outermost list's commas stand; None when brackets do not pair, or quotes do not."""
    cuts: list[int] = []
    open_ones: list[str] = []
    for token in _TOKEN.finditer(text, first, last + 1):
        mark = token[0][0]
        if token[0] == '"':
            return None
        if mark in _CLOSING:
            open_ones.append(_CLOSING[mark])
        elif mark in "]}":
            if not open_ones or open_ones.pop() != mark or (not open_ones and token.start() != last):
                return None
        elif mark == "," and len(open_ones) == 1:
            cuts.append(token.start())
    return cuts if not open_ones else None
