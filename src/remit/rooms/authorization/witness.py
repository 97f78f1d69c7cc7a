"""Resources that patterns have in common: an example of one, so that a policy can be asked about it.

A policy grants on patterns, and an action works on resources whose ARNs have a form. Only what fits all is a grant:
``s3:*`` on ``arn:aws:s3:::acme`` allows nothing about objects. ``meeting`` finds one text that fits them, made of the
character ``ANY`` wherever they leave it open, which no other pattern is likely to name.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

ANY: Final = "~"
_LONGEST: Final = 2048
"""Characters of the longest ARN."""
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_STARS: Final = re.compile(r"\*{2,}")
Glob = tuple[str, ...]
At = tuple[int, ...]
_MOST_STEPS: Final = 1_000_000
"""Where patterns built to be slow are given up as not meeting."""
_MANY: Final = "\x00*"
_ONE: Final = "\x00?"


def form(template: str, known: dict[str, str]) -> str:
    """A resource type's ARN template as a pattern: known variables filled in, at least one character for others."""
    return _VARIABLE.sub(lambda found: known.get(found[1], "?*"), template)


@lru_cache(maxsize=1 << 15)
def meeting(*patterns: str) -> str | None:
    """A text that fits every pattern; None when there is none that is as short as an ARN."""
    every = [text for text in dict.fromkeys(_STARS.sub("*", each) for each in patterns) if text != "*"]
    if any(len(text) - text.count("*") > _LONGEST for text in every):
        return None
    if len(every) > 1 and not _begin_alike(every):
        return None
    return _met([_glob(text) for text in every]) if every else ANY


def _begin_alike(patterns: list[str]) -> bool:
    """Whether the texts before the first wildcards agree: most patterns that do not meet differ there."""
    heads = [re.split("[*?]", text, maxsplit=1)[0] for text in patterns]
    return all(one.startswith(other) or other.startswith(one) for one, other in itertools.pairwise(heads))


def _glob(text: str) -> Glob:
    return tuple("\x00" + each if each in "*?" else each for each in text)


def _met(patterns: list[Glob]) -> str | None:
    """Breadth first over how far each pattern is used up; every step writes at most one character."""
    start, end = (0,) * len(patterns), tuple(map(len, patterns))
    came: dict[At, tuple[At, str] | None] = {start: None}
    waiting = [start]
    for at in waiting:
        if at == end:
            return _written(came, end)
        for step, text in _steps(patterns, at):
            if step not in came:
                came[step] = (at, text)
                waiting.append(step)
        if len(came) > _MOST_STEPS:
            break
    return None


def _steps(patterns: list[Glob], at: At) -> Iterator[tuple[At, str]]:
    """A ``*`` is left behind, or every pattern takes one more character."""
    tokens = [pattern[place] if place < len(pattern) else "" for pattern, place in zip(patterns, at, strict=True)]
    for which, token in enumerate(tokens):
        if token == _MANY:
            yield (*at[:which], at[which] + 1, *at[which + 1 :]), ""
    named = {token for token in tokens if token not in (_MANY, _ONE)}
    if "" not in tokens and len(named) <= 1 and set(tokens) != {_MANY}:
        moved = tuple(place if token == _MANY else place + 1 for token, place in zip(tokens, at, strict=True))
        yield moved, next(iter(named), ANY)


def _written(came: dict[At, tuple[At, str] | None], end: At) -> str:
    parts: list[str] = []
    step = came[end]
    while step is not None:
        parts.append(step[1])
        step = came[step[0]]
    return "".join(reversed(parts))
