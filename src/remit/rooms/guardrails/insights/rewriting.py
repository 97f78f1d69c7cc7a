"""Fixes: the structural edits that checks propose, made of the plain edits."""

from __future__ import annotations

from remit.rooms.guardrails.insights.edits import Edits, added, removed, renamed, replaced
from remit.rooms.guardrails.insights.hit import Fix
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement, Value


def with_operator(policy: Policy, condition: Condition, operator: str, title: str, changes: bool) -> tuple[Fix, ...]:
    """The condition under another operator; none where that operator already has the key."""
    edits = _moved(policy, condition, operator, condition.key_member.value.plain())
    return (Fix(title, edits, changes),) if edits else ()


def with_values(policy: Policy, condition: Condition, operator: str, value: object, title: str) -> tuple[Fix, ...]:
    """The condition under an operator with other values."""
    if operator == condition.operator:
        return (Fix(title, replaced(policy.text, condition.key_member.value, value), True),)
    edits = _moved(policy, condition, operator, value)
    return (Fix(title, edits, True),) if edits else ()


def _moved(policy: Policy, condition: Condition, operator: str, value: object) -> Edits:
    text, block = policy.text, condition.block
    target = next((member for member in block.members if member.name == operator), None)
    if target and any(member.name.lower() == condition.lower_key for member in target.value.members):
        return ()
    members = condition.operator_member.value.members
    changed = () if value == condition.key_member.value.plain() else replaced(text, condition.key_member.value, value)
    if len(members) == 1 and target is None:
        return (*renamed(text, condition.operator_member, operator), *changed)
    at = members.index(condition.key_member)
    if target is not None and len(members) == 1:
        gone = removed(block, [block.members.index(condition.operator_member)])
        return (*gone, *added(text, target.value, value, condition.key))
    gone = removed(condition.operator_member.value, [at])
    if target is not None:
        return (*gone, *added(text, target.value, value, condition.key))
    return (*gone, *added(text, block, {operator: {condition.key: value}}[operator], operator))


def without_condition(condition: Condition, title: str, changes: bool) -> tuple[Fix, ...]:
    """Without the condition; none where it is the statement's only one, since that would widen it to everything."""
    members, block = condition.operator_member.value.members, condition.block
    if len(members) > 1:
        edits = removed(condition.operator_member.value, [members.index(condition.key_member)])
    elif len(block.members) > 1:
        edits = removed(block, [block.members.index(condition.operator_member)])
    else:
        return ()
    return (Fix(title, edits, changes),)


def with_condition(policy: Policy, statement: Statement, operator: str, key: str, value: str) -> tuple[Fix, ...]:
    """The statement with one more condition; none where the operator already has the key."""
    fix = f'Add {operator} "{key}": "{value}"'
    member = statement.elements.get("Condition")
    if member is None:
        return (Fix(fix, added(policy.text, statement.node, {operator: {key: value}}, "Condition"), True),)
    if member.value.kind != "object":
        return ()
    target = next((each for each in member.value.members if each.name == operator), None)
    if target is None:
        return (Fix(fix, added(policy.text, member.value, {key: value}, operator), True),)
    if any(each.name.lower() == key.lower() for each in target.value.members):
        return ()
    return (Fix(fix, added(policy.text, target.value, value, key), True),)


def without_statement(policy: Policy, statement: Statement, title: str, changes: bool = False) -> tuple[Fix, ...]:
    """Without the statement; none where it is the only one."""
    member = policy.member("Statement")
    if member is None or member.value.kind != "array" or len(member.value.items) < 2:
        return ()
    return (Fix(title, removed(member.value, [statement.index]), changes),)


def without_value(
    statement: Statement, element: str, value: Value, title: str, changes: bool = False
) -> tuple[Fix, ...]:
    """The element without one of its values; none where it is the only one."""
    member = statement.elements.get(element)
    if member is None or member.value.kind != "array" or len(member.value.items) < 2:
        return ()
    at = int(value.pointer.rpartition("/")[2])
    return (Fix(title, removed(member.value, [at]), changes),)


def with_text(policy: Policy, value: Value, text: str, title: str, changes: bool = True) -> tuple[Fix, ...]:
    """One string replaced by another."""
    return (Fix(title, replaced(policy.text, value.node, text), changes),)
