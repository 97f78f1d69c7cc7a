"""Form: what AWS refuses, or reads otherwise than it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.edits import added, renamed, replaced
from remit.rooms.guardrails.insights.facts import Facts, closest
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit, Severity
from remit.rooms.guardrails.insights.located import Node, step
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement
from remit.rooms.guardrails.insights.rewriting import with_operator
from remit.rooms.iam.vocabulary import OPERATORS, STATEMENT_ELEMENTS

CURRENT: Final = "2012-10-17"
OLD: Final = "2008-10-17"
_SID: Final = re.compile(r"[A-Za-z0-9]*")
_LOOSE_SID: Final = re.compile(r"[A-Za-z0-9 _-]*")


def _version(policy: Policy, facts: Facts) -> Iterator[Hit]:
    version, refused = policy.version, policy.kind in ("scp", "rcp")
    if version is None:
        fixes = (Fix(f"Add Version {CURRENT}", _first(policy), True),)
        what = "and Organizations takes none without" if refused else "so the rules of 2008-10-17 hold"
        yield policy.hit(f"There is no Version, {what}", fixes=fixes, severity="error" if refused else "high")
    elif version != CURRENT:
        member = policy.member("Version")
        assert member is not None  # noqa: S101 - the version came from it
        fixes = (Fix(f"Set Version to {CURRENT}", replaced(policy.text, member.value, CURRENT), True),)
        known = "Organizations takes 2012-10-17 alone" if refused else "the rules of 2008 hold"
        what = known if version == OLD else "AWS knows no such version"
        grave: Severity = "high" if version == OLD and not refused else "error"
        yield policy.hit(f"Version is {version!r}: {what}", "Version", fixes=fixes, severity=grave)


def _first(policy: Policy) -> tuple[tuple[int, int, str], ...]:
    """A Version member before all others."""
    root, text = policy.root, policy.text
    colon = ":" if policy.compact else ": "
    if not root.members:
        return added(text, root, CURRENT, "Version")
    begin = root.members[0].key.start
    gap = text[root.start + 1 : begin]
    return ((begin, begin, f'"Version"{colon}"{CURRENT}",' + (gap or ("" if policy.compact else " "))),)


def _document(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for member in policy.root.members:
        if member.name in ("Version", "Statement", "Id"):
            continue
        like = facts.closest(member.name, ("Version", "Statement", "Id"))
        fixes = (Fix(f"Rename it to {like}", renamed(policy.text, member, like), True),) if like else ()
        yield Hit(member.key, step("", member.name), f"A policy has no element {member.name!r}", fixes)


def _statements(policy: Policy, facts: Facts) -> Iterator[Hit]:
    member = policy.member("Statement")
    if member is None:
        yield policy.hit("There is no Statement: the policy says nothing")
    elif member.value.kind == "array" and not member.value.items:
        yield policy.hit("Statement is empty: the policy says nothing", "Statement")
    elif member.value.kind not in ("array", "object"):
        yield policy.hit("Statement must be an object or a list of objects", "Statement")
    else:
        for at, item in enumerate(member.value.items):
            if item.kind != "object":
                yield Hit(item, f"/Statement/{at}", "A statement must be an object")


def _elements(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for name, member in statement.elements.items():
            if name in STATEMENT_ELEMENTS:
                continue
            like = facts.closest(name, STATEMENT_ELEMENTS)
            free = like is not None and like not in statement.elements
            fixes = (Fix(f"Rename it to {like}", renamed(policy.text, member, str(like)), True),) if free else ()
            hint = f"; {like} is meant" if like else ""
            yield statement.hit(f"A statement has no element {name!r}{hint}", name, fixes=fixes)


def _effect(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        member = statement.elements.get("Effect")
        if member is None:
            yield statement.hit("The statement has no Effect", "Effect")
        elif statement.effect not in ("Allow", "Deny"):
            like = closest(statement.effect, ("Allow", "Deny"), 0.7)
            fixes = (Fix(f"Set it to {like}", replaced(policy.text, member.value, like), True),) if like else ()
            yield statement.hit("Effect must be exactly Allow or Deny", fixes=fixes)


def _lists(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            member = statement.elements.get(name)
            if member and (trouble := _list_trouble(member.value)):
                yield statement.hit(f"{name} {trouble}", name)
        condition = statement.elements.get("Condition")
        if condition and condition.value.kind != "object":
            yield statement.hit("Condition must be an object of operators", "Condition")
        elif condition:
            yield from _blocks(statement, condition.value)


def _list_trouble(node: Node) -> str:
    if node.kind == "array" and not node.items:
        return "is an empty list, so the statement matches nothing"
    nodes = node.items if node.kind == "array" else (node,)
    return "" if all(each.kind == "string" for each in nodes) else "must be a string or a list of strings"


def _blocks(statement: Statement, block: Node) -> Iterator[Hit]:
    for operator in block.members:
        pointer = step(step(statement.pointer, "Condition"), operator.name)
        if operator.value.kind != "object":
            yield Hit(operator.key, pointer, "An operator holds an object of keys", statement=statement.index)
            continue
        for key in operator.value.members:
            value = key.value
            bad = value.kind == "object" or any(item.kind in ("object", "array") for item in value.items)
            if bad or (value.kind == "array" and not value.items):
                what = "needs a value or a list of values, and this is neither"
                yield Hit(key.key, step(pointer, key.name), f"The key {what}", statement=statement.index)


def _action_elements(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        both = {"Action", "NotAction"} & statement.elements.keys()
        if len(both) == 2:
            yield statement.hit("A statement has either Action or NotAction", "NotAction")
        elif not both:
            yield statement.hit("The statement has neither Action nor NotAction", "Action")


def _resource_elements(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        both = {"Resource", "NotResource"} & statement.elements.keys()
        if len(both) == 2:
            yield statement.hit("A statement has either Resource or NotResource", "NotResource")
        elif not both and policy.kind != "resource":
            strange = [name for name in statement.elements if name not in STATEMENT_ELEMENTS]
            misspelt = any(facts.closest(name, STATEMENT_ELEMENTS) for name in strange)
            fix = Fix('Add "Resource": "*"', added(policy.text, statement.node, "*", "Resource"), True)
            message = "The statement has neither Resource nor NotResource"
            yield statement.hit(message, "Resource", fixes=() if misspelt else (fix,))


def _operator(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for condition in statement.conditions:
            if not condition.known:
                yield _wrong_operator(policy, facts, statement, condition)


def _wrong_operator(policy: Policy, facts: Facts, statement: Statement, condition: Condition) -> Hit:
    if condition.name == "Null":
        fixes = with_operator(policy, condition, "Null", "Use Null", False)
        return condition.hit("NullIfExists is no operator: Null asks for presence itself", statement, fixes=fixes)
    like = facts.closest(condition.name, OPERATORS)
    if like is None:
        return condition.hit(f"There is no operator {condition.operator!r}", statement)
    qualifier = f"{condition.qualifier}:" if condition.qualifier else ""
    right = f"{qualifier}{like}{'IfExists' if condition.if_exists and like != 'Null' else ''}"
    fixes = with_operator(policy, condition, right, f"Use {right}", True)
    return condition.hit(f"There is no operator {condition.operator!r}; {right} is meant", statement, fixes=fixes)


def _sid(policy: Policy, facts: Facts) -> Iterator[Hit]:
    allowed = _LOOSE_SID if policy.kind in ("resource", "endpoint", "rcp") else _SID
    for statement in policy.statements:
        member = statement.elements.get("Sid")
        if member is None:
            continue
        if member.value.kind != "string":
            yield statement.hit("Sid must be a string", "Sid")
        elif not allowed.fullmatch(statement.sid):
            plain = re.sub(r"[^A-Za-z0-9]", "", statement.sid) or f"Statement{statement.index + 1}"
            fix = Fix(f"Rename it to {plain[:64]}", replaced(policy.text, member.value, plain[:64]), False)
            yield statement.hit("A Sid has only letters and digits here", "Sid", fixes=(fix,))


CHECKS: Final = (
    Check(
        "version",
        "high",
        "No current policy version",
        "Without Version 2012-10-17 policy variables such as ${aws:username} are compared letter by letter. "
        "Organizations takes an SCP or RCP with that version alone: there it is an error.",
        _version,
        fixable=True,
    ),
    Check(
        "document-element",
        "error",
        "Unknown element of the document",
        "AWS refuses a document with elements it does not know.",
        _document,
        fixable=True,
    ),
    Check(
        "no-statement",
        "error",
        "No statement",
        "A policy without statements neither allows nor denies anything, and AWS refuses it.",
        _statements,
    ),
    Check(
        "statement-element",
        "error",
        "Unknown element of a statement",
        "Element names are exact, capitals too. AWS refuses what it does not know; a tool that dropped it would "
        "widen the statement.",
        _elements,
        fixable=True,
    ),
    Check(
        "effect",
        "error",
        "No effect, or an unknown one",
        "A statement must say Allow or Deny, letter by letter.",
        _effect,
        fixable=True,
    ),
    Check(
        "wrong-form",
        "error",
        "A value of the wrong form",
        "Lists of actions and resources hold strings, Condition holds operators that hold keys. AWS refuses "
        "other forms.",
        _lists,
    ),
    Check(
        "action-elements",
        "error",
        "Not exactly one of Action and NotAction",
        "A statement names what it is about in exactly one of the two.",
        _action_elements,
    ),
    Check(
        "resource-elements",
        "error",
        "Not exactly one of Resource and NotResource",
        "A statement names its resources in exactly one of the two; only some resource policies may leave them out.",
        _resource_elements,
        fixable=True,
    ),
    Check(
        "operator",
        "error",
        "Unknown condition operator",
        "AWS refuses an operator it does not know; the names are exact.",
        _operator,
        fixable=True,
    ),
    Check(
        "sid",
        "error",
        "A Sid with characters that are refused",
        "Organizations and IAM take only ASCII letters and digits in a Sid.",
        _sid,
        fixable=True,
    ),
)
