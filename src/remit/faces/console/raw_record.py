"""A raw record laid out to be read: one JSON value a line, each line in the parts that are coloured apart."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

LONGEST: Final = 200_000
"""Characters of a record that a page shows."""
_LINE: Final = re.compile(r'(\s*)(?:("(?:[^"\\]|\\.)*"): )?(.*)', re.DOTALL)


class Line(NamedTuple):
    """Indentation (in steps), the key with its quotes or empty, the value, and the value's kind for its colour."""

    depth: int
    key: str
    value: str
    kind: str


class Record(NamedTuple):
    """A record's lines; ``cut`` is how many characters the whole has when not all is shown, else 0."""

    lines: list[Line]
    cut: int


def lay_out(raw: str) -> Record:
    """JSON text pretty-printed; text that is no JSON as it is."""
    try:
        text = json.dumps(json.loads(raw), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = raw
    return Record([_line(each) for each in text[:LONGEST].split("\n")], len(text) if len(text) > LONGEST else 0)


def _line(text: str) -> Line:
    match = _LINE.fullmatch(text)
    if match is None:
        return Line(0, "", text, "")
    value = match[3]
    kind = "str" if value.startswith('"') else "mark" if value[:1] in "{[}]" else "word"
    return Line(len(match[1]), match[2] or "", value, kind)
