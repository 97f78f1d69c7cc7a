"""Resources that two patterns have in common: an example of one, so that a policy can be asked about it.

A policy grants on patterns, and an action works on resources whose ARNs have a form. Only what fits both is a grant:
``s3:*`` on ``arn:aws:s3:::acme`` allows nothing about objects. ``meeting`` finds one text that fits both, made of the
character ``ANY`` wherever both leave it open, which no other pattern is likely to name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

ANY: Final = "~"
_LONGEST: Final = 2048
"""Characters of the longest ARN."""
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_STARS: Final = re.compile(r"\*{2,}")
Glob = tuple[str, ...]
_MANY: Final = "\x00*"
_ONE: Final = "\x00?"


def form(template: str, known: dict[str, str]) -> str:
    """A resource type's ARN template as a pattern: known variables filled in, at least one character for others."""
    return _VARIABLE.sub(lambda found: known.get(found[1], "?*"), template)


@lru_cache(maxsize=1 << 15)
def meeting(left: str, right: str) -> str | None:
    """A text that fits both patterns; None when there is none that is as short as an ARN."""
    left, right = (_STARS.sub("*", text) for text in (left, right))
    if any(len(text) - text.count("*") > _LONGEST for text in (left, right)):
        return None
    if left == "*":
        left, right = right, left
    if right == "*":
        return left.replace("?*", ANY).replace("*", ANY).replace("?", ANY)
    return _met(_glob(left), _glob(right))


def _glob(text: str) -> Glob:
    return tuple("\x00" + each if each in "*?" else each for each in text)


def _met(left: Glob, right: Glob) -> str | None:
    """Breadth first over how far each pattern is used up; every step writes at most one character."""
    came: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {(0, 0): None}
    waiting = [(0, 0)]
    end = (len(left), len(right))
    for at in waiting:
        if at == end:
            return _written(came, end)
        for step, text in _steps(left, right, *at):
            if step not in came:
                came[step] = (at, text)
                waiting.append(step)
    return None


def _steps(left: Glob, right: Glob, i: int, j: int) -> list[tuple[tuple[int, int], str]]:
    one = left[i] if i < len(left) else ""
    other = right[j] if j < len(right) else ""
    found = []
    if one == _MANY:
        found.append(((i + 1, j), ""))
    if other == _MANY:
        found.append(((i, j + 1), ""))
    if one and other:
        text = _shared(one, other)
        if text:
            found.append(((i if one == _MANY else i + 1, j if other == _MANY else j + 1), text))
    return found if not (one == _MANY and other == _MANY) else found[:2]


def _shared(one: str, other: str) -> str:
    if one[0] == "\x00":
        return ANY if other[0] == "\x00" else other
    return one if other[0] == "\x00" or one == other else ""


def _written(came: dict[tuple[int, int], tuple[tuple[int, int], str] | None], end: tuple[int, int]) -> str:
    parts: list[str] = []
    step = came[end]
    while step is not None:
        parts.append(step[1])
        step = came[step[0]]
    return "".join(reversed(parts))
