"""Syntax tree -> canonical text: ``parse(render(node)) == node``."""

from __future__ import annotations

from typing import Final

from remit.rooms.query.syntax import AllOf, AnyOf, Negated, Node, Term, Value

_SPECIAL: Final = frozenset('()",:*\\')
_WORDS: Final = frozenset({"AND", "OR", "NOT"})
_VALUE_SAFE: Final = frozenset(":\\")
_ESCAPED: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def render(node: Node) -> str:
    """The one spelling of a query."""
    if isinstance(node, AnyOf) and not _one_field(node):
        return " OR ".join(_within(term, AllOf) for term in node.terms)
    if isinstance(node, AllOf):
        return " ".join(_within(term, AnyOf) for term in node.terms)
    return _tight(node)


def term(field: str, *values: str) -> str:
    """``field:value`` (any of several values) with whatever quoting the values need."""
    return f"{field}:{','.join(_piece(value, is_value=True) for value in values)}"


def _within(node: Node, other: type[AllOf] | type[AnyOf]) -> str:
    """A member of a group: parenthesized when it is a looser group, or an AND inside an OR."""
    if isinstance(node, other):
        return _tight(node)
    return render(node)


def _tight(node: Node) -> str:
    """A spelling that can follow a minus sign."""
    if isinstance(node, Term):
        return _value(node.value, is_value=True, field=f"{node.field}:") if node.field else _value(node.value)
    if isinstance(node, Negated):
        return f"-{_tight(node.term)}"
    if isinstance(node, AnyOf) and (field := _one_field(node)):
        values = ",".join(_value(member.value, is_value=True) for member in node.terms if isinstance(member, Term))
        return f"{field}:{values}"
    return f"({render(node)})"


def _one_field(node: AnyOf) -> str | None:
    """The field when every term asks the same one, so that ``field:a,b`` says it all."""
    fields = {member.field if isinstance(member, Term) else None for member in node.terms}
    return fields.pop() if len(fields) == 1 else None


def _value(value: Value, *, is_value: bool = False, field: str = "") -> str:
    return field + "*".join(_piece(piece, is_value=is_value) if piece else "" for piece in value.pieces)


def _piece(piece: str, *, is_value: bool = False) -> str:
    special = _SPECIAL - _VALUE_SAFE if is_value else _SPECIAL
    plain = not any(char in special or char.isspace() for char in piece) and piece[:1] != "-"
    if plain and piece not in _WORDS:
        return piece
    return '"' + "".join(_ESCAPED.get(char, char) for char in piece) + '"'
