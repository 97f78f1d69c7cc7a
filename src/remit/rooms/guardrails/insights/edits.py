"""Structural edits of a JSON text that leave everything else as it was written: layout, order, spacing.

Each function answers replacements ``(start, end, text)`` in code-point offsets of the text that was read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from remit.rooms.guardrails.insights.located import Member, Node

Replacement = tuple[int, int, str]
Edits = tuple[Replacement, ...]
_INDENT: Final = re.compile(r"\n([ \t]*)$")


def dumped(text: str, value: object) -> str:
    """A value as JSON on one line, spaced as the text is."""
    compact = '":"' in text or '":{' in text or '":[' in text
    return json.dumps(value, ensure_ascii=False, separators=(",", ":") if compact else (", ", ": "))


def replaced(text: str, node: Node, value: object) -> Edits:
    """Another value in the place of a node."""
    return ((node.start, node.end, dumped(text, value)),)


def removed(container: Node, gone: Iterable[int]) -> Edits:
    """Without the children at these positions; the commas go with them."""
    dead = sorted(set(gone))
    children = container.members or container.items
    if len(dead) >= len(children):
        return ((container.start, container.end, "{}" if container.kind == "object" else "[]"),)
    edits: list[Replacement] = []
    for below, at in enumerate(dead):
        if at > below:  # something before it is kept
            edits.append((_span(children[at - 1])[1], _span(children[at])[1], ""))
        else:
            edits.append((_span(children[at])[0], _span(children[at + 1])[0], ""))
    return tuple(edits)


def _span(child: Node | Member) -> tuple[int, int]:
    return (child.start, child.end) if isinstance(child, Node) else (child.key.start, child.value.end)


def added(text: str, container: Node, value: object, name: str | None = None) -> Edits:
    """One more child at the end: a member called ``name``, or an item of an array."""
    children = container.members or container.items
    body = dumped(text, value)
    if name is not None:
        compact = body_is_compact(text)
        body = json.dumps(name, ensure_ascii=False) + (":" if compact else ": ") + body
    if not children:
        return ((container.start + 1, container.end - 1, body),)
    indent = _INDENT.search(text[container.start : _span(children[0])[0]])
    between = f",\n{indent.group(1)}" if indent else ("," if body_is_compact(text) else ", ")
    return ((_span(children[-1])[1], _span(children[-1])[1], between + body),)


def body_is_compact(text: str) -> bool:
    """Whether the text is written without spaces after colons."""
    return dumped(text, {"a": "b"}) == '{"a":"b"}'


def renamed(text: str, member: Member, name: str) -> Edits:
    """Another name for a member."""
    return replaced(text, member.key, name)


def applied(text: str, edits: Edits) -> str:
    """The text after the edits; replacements that overlap an earlier one are an error of the caller."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(edits):
        if start < at:
            raise ValueError("edits overlap")
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))
