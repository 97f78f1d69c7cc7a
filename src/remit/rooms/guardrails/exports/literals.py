"""Texts and nested values as literals of a language: invisible letters are always escapes, so that what a reviewer sees
is what the tool reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FIRST_ASTRAL: Final = 0x10000


def quoted(text: str, astral: str = "\\U{:08x}") -> str:
    """A text in double quotes, as Terraform, YAML and Python read it alike; ``astral`` writes invisible letters beyond
    the first 65,536."""
    return f'"{"".join(_escaped(letter, astral) for letter in text)}"'


def _escaped(letter: str, astral: str) -> str:
    if found := _ESCAPES.get(letter):
        return found
    if letter.isprintable():
        return letter
    number = ord(letter)
    return f"\\u{number:04x}" if number < _FIRST_ASTRAL else astral.format(number)


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a language writes nested values: the words for yes and no, the step of its indentation, invisible letters."""

    true: str
    false: str
    step: str
    astral: str = "\\U{:08x}"


def literal(value: Any, syntax: Syntax, depth: int = 0) -> str:
    """A value of JSON as a literal over as many lines as it has parts, its first line not indented."""
    if isinstance(value, Mapping):
        parts = [f"{quoted(key, syntax.astral)}: {literal(inner, syntax, depth + 1)}" for key, inner in value.items()]
        return _enclosed("{", parts, "}", syntax, depth)
    if isinstance(value, str):
        return quoted(value, syntax.astral)
    if isinstance(value, Sequence):
        return _enclosed("[", [literal(inner, syntax, depth + 1) for inner in value], "]", syntax, depth)
    if isinstance(value, bool):
        return syntax.true if value else syntax.false
    return repr(value)


def _enclosed(opening: str, parts: Sequence[str], closing: str, syntax: Syntax, depth: int) -> str:
    if not parts:
        return opening + closing
    inner = syntax.step * (depth + 1)
    lines = "".join(f"{inner}{part},\n" for part in parts)
    return f"{opening}\n{lines}{syntax.step * depth}{closing}"
