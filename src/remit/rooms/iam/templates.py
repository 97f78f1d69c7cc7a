"""Patterns of policies: wildcards and variables, matched in time that grows with pattern times text at worst.

A pattern is a tuple of tokens: text, ``Wild.STAR`` (any run of characters), ``Wild.QUESTION`` (any one) and
``Variable``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from remit.rooms.iam.vocabulary import fold


class Wild(Enum):
    """A wildcard."""

    STAR = "*"
    QUESTION = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """``${aws:PrincipalTag/team, 'none'}``: the folded key, and the default or None."""

    key: str
    default: str | None = None


Token = str | Wild | Variable
Match = Callable[[str], object]
"""Whether a text fits: any true value or any false one."""

_VARIABLE: Final = re.compile(r"\$\{\s*+([^{}'\s,]++)\s*+(?:,\s*+'([^'{}]*+)'\s*+)?\}")
_SPECIAL: Final = frozenset("*?$")
_WILDCARDS: Final = re.compile(r"([*?])")


def variable_trouble(text: str) -> str:
    """What is wrong with the variables in ``text``; empty when nothing is."""
    start = 0
    while (start := text.find("${", start)) >= 0:
        match = _VARIABLE.match(text, start)
        if match is None or (match.group(1) not in _SPECIAL and ":" not in match.group(1)):
            return f"A variable is not written as ${{key}} or ${{key, 'default'}}: {text[start : start + 40]!r}"
        start = match.end()
    return ""


def tokens_of(text: str, *, variables: bool, wildcards: bool = True) -> tuple[Token, ...]:
    """The tokens of a pattern; ``${*}``, ``${?}`` and ``${$}`` are the characters themselves."""
    found: list[Token] = []
    start = 0
    for match in _VARIABLE.finditer(text) if variables and "${" in text else ():
        found += _plain(text[start : match.start()], wildcards)
        name = match.group(1)
        found.append(name if name in _SPECIAL else Variable(fold(name), match.group(2)))
        start = match.end()
    found += _plain(text[start:], wildcards)
    return tuple(found)


def _plain(text: str, wildcards: bool) -> list[Token]:
    if not wildcards:
        return [text] if text else []
    return [Wild(part) if part in ("*", "?") else part for part in _WILDCARDS.split(text) if part]


def variables_of(tokens: Iterable[Token]) -> tuple[Variable, ...]:
    """The variables among the tokens."""
    return tuple(token for token in tokens if isinstance(token, Variable))


@lru_cache(maxsize=4096)
def matcher(tokens: tuple[Token, ...]) -> Match:
    """A test for the whole of a text. ``tokens`` hold no variables any more."""
    wild = [token for token in tokens if isinstance(token, Wild)]
    texts = [token for token in tokens if isinstance(token, str)]
    if not wild:
        return "".join(texts).__eq__
    if not texts and set(wild) == {Wild.STAR}:
        return _anything
    if len(wild) == 1 and tokens[-1] is Wild.STAR:
        prefix = "".join(texts)
        return lambda text: text.startswith(prefix)
    return re.compile(_expression(tokens), re.DOTALL).fullmatch


def _expression(tokens: tuple[Token, ...], any_one: str = ".") -> str:
    """A regular expression that takes each run between stars at its first place and never comes back to it: the
    leftmost fit is always as good as a later one, so nothing is lost and nothing explodes."""
    runs: list[list[str]] = [[]]
    for token in tokens:
        if token is Wild.STAR:
            runs.append([])
        else:
            runs[-1].append(any_one if token is Wild.QUESTION else re.escape(str(token)))
    texts = ["".join(run) for run in runs]
    if len(texts) == 1:
        return texts[0]
    inner = "".join(f"(?>{any_one}*?{run})" for run in texts[1:-1] if run)
    return f"{texts[0]}{inner}{any_one}*{texts[-1]}"


def _anything(_text: str) -> bool:
    return True


@lru_cache(maxsize=4096)
def arn_matcher(tokens: tuple[Token, ...]) -> Match:
    """A test of ARNs part by part: partition, service, region, account and the rest each fit by themselves."""
    if tokens == (Wild.STAR,):
        return _anything
    parts = arn_parts(tokens)
    if len(parts) < 6:
        return _nothing
    expressions = [_expression(part, "[^:]") for part in parts[:5]]
    return re.compile(":".join([*expressions, _expression(parts[5])]), re.DOTALL).fullmatch


def _nothing(_text: str) -> bool:
    return False


def ignoring_case(tokens: tuple[Token, ...]) -> Match:
    """A test for the whole of a text in any letter case."""
    fits = matcher(tuple(token.lower() if isinstance(token, str) else token for token in tokens))
    return lambda text: fits(text.lower())


def arn_parts(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """What stands between the first five colons of a pattern, and behind them; fewer parts where there are fewer."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        pieces = token.split(":", 6 - len(parts))
        for position, piece in enumerate(pieces):
            if position:
                parts.append([])
            if piece:
                parts[-1].append(piece)
    return [tuple(part) for part in parts]
