"""Located JSON becomes the policy that the checks see; what has not the right form is left out, and told by checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.hit import PolicyType
from remit.rooms.guardrails.insights.located import Member, Node, step
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement, Value
from remit.rooms.iam.vocabulary import QUALIFIERS

_SUFFIX: Final = "IfExists"


def view_policy(text: str, root: Node, kind: PolicyType) -> Policy:
    """The statements of a document; whatever has not the right form is left out here and told by the form checks."""
    member = next((each for each in root.members if each.name == "Statement"), None)
    if member is None:
        return Policy(text, root, kind)
    nodes = member.value.items if member.value.kind == "array" else (member.value,)
    many = member.value.kind == "array"
    statements = tuple(
        _statement(index, node, step("/Statement", index) if many else "/Statement")
        for index, node in enumerate(nodes)
        if node.kind == "object"
    )
    return Policy(text, root, kind, statements)


def _statement(index: int, node: Node, pointer: str) -> Statement:
    elements = {each.name: each for each in node.members}
    lists = {
        name: _values(elements[name].value, step(pointer, name)) if name in elements else ()
        for name in ("Action", "NotAction", "Resource", "NotResource")
    }
    return Statement(
        index,
        node,
        pointer,
        elements,
        _text(elements.get("Effect")),
        _text(elements.get("Sid")),
        lists["Action"],
        lists["NotAction"],
        lists["Resource"],
        lists["NotResource"],
        tuple(_conditions(elements["Condition"].value, step(pointer, "Condition"))) if "Condition" in elements else (),
    )


def _text(member: Member | None) -> str:
    return str(member.value.value) if member and member.value.kind == "string" else ""


def _values(node: Node, pointer: str) -> tuple[Value, ...]:
    if node.kind == "array":
        return tuple(
            Value(scalar_text(item), item, step(pointer, i))
            for i, item in enumerate(node.items)
            if item.kind not in ("array", "object")
        )
    return () if node.kind == "object" else (Value(scalar_text(node), node, pointer),)


def scalar_text(node: Node) -> str:
    """A scalar as IAM compares it: true and false in lower case, numbers as written."""
    if node.kind == "word":
        return "null" if node.value is None else str(node.value).lower()
    return str(node.value)


def _conditions(block: Node, pointer: str) -> Iterator[Condition]:
    for operator in block.members:
        qualifier, name, if_exists = split_operator(operator.name)
        for key in operator.value.members:
            place = step(step(pointer, operator.name), key.name)
            yield Condition(
                operator.name,
                qualifier,
                name,
                if_exists,
                key.name,
                _values(key.value, place),
                block,
                operator,
                key,
                place,
            )


def split_operator(written: str) -> tuple[str | None, str, bool]:
    """(qualifier, operator, IfExists) of an operator as written."""
    head, colon, rest = written.partition(":")
    qualifier = head if colon and head in QUALIFIERS else None
    name = rest if qualifier else written
    return (qualifier, name[: -len(_SUFFIX)], True) if name.endswith(_SUFFIX) else (qualifier, name, False)
