"""Statements without effect: contradictions, what another statement says already, windows that are past."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement, Value
from remit.rooms.guardrails.insights.rewriting import without_condition, without_statement
from remit.rooms.guardrails.insights.windows import bounds
from remit.rooms.iam.wildcards import covers, matches

_PAIR: Final = 40
"""What comparing two statements costs, in the steps that facts account for."""
_OPPOSITE: Final = {
    "StringEquals": "StringNotEquals",
    "StringLike": "StringNotLike",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
    "NumericEquals": "NumericNotEquals",
    "IpAddress": "NotIpAddress",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
}


def _contradiction(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        known = [c for c in statement.conditions if c.known]
        facts.spend(_PAIR * len(known) * len(known))
        for one, other in combinations(known, 2):
            if one.lower_key == other.lower_key and (why := _never_both(one, other)):
                fixes = without_statement(policy, statement, "Remove the statement")
                yield other.hit(f"{why}, so the statement never applies", statement, fixes=fixes)
                break


def _never_both(one: Condition, other: Condition) -> str:
    for null, value in ((one, other), (other, one)):
        if null.name == "Null" and null.texts == ("true",) and not value.holds_when_absent():
            return f"{value.operator} needs {value.key}, and Null asks that it is missing"
        if null.name == "Null" and value.name == "Null" and null.texts != value.texts:
            return f"Null asks that {null.key} is there and that it is missing"
    if one.qualifier or other.qualifier:
        return ""
    if _OPPOSITE.get(one.name) == other.name or _OPPOSITE.get(other.name) == one.name:
        positive, negative = (other, one) if one.negated else (one, other)
        if set(positive.texts) <= set(negative.texts) and not positive.if_exists:
            return f"{positive.operator} and {negative.operator} exclude each other on {one.key}"
    if one.name == other.name == "StringEquals" and not set(one.texts) & set(other.texts):
        return "" if one.if_exists and other.if_exists else f"{one.key} cannot equal both"
    return _empty_range(one, other)


def _empty_range(one: Condition, other: Condition) -> str:
    if {one.family, other.family} != {"Numeric"}:
        return ""
    try:
        low = next(float(min(c.texts, key=float)) for c in (one, other) if "GreaterThan" in c.name)
        high = next(float(max(c.texts, key=float)) for c in (one, other) if "LessThan" in c.name)
    except (StopIteration, ValueError):
        return ""
    return f"no number is above {low:g} and below {high:g}" if low > high else ""


def _shadowed(policy: Policy, facts: Facts) -> Iterator[Hit]:
    gone: set[int] = set()
    for statement in policy.statements:
        for other in policy.statements:
            facts.spend(_PAIR)
            if other is statement or other.index in gone or other.effect != statement.effect:
                continue
            if _says_as_much(other, statement):
                gone.add(statement.index)
                fixes = without_statement(policy, statement, "Remove the statement")
                yield statement.hit(f"All that it says, {other.name} says", fixes=fixes)
                break


def _says_as_much(wide: Statement, narrow: Statement) -> bool:
    """Whether the wide statement applies wherever the narrow one does; equal statements count once."""
    if wide.said == narrow.said:
        return False  # told by statement-twice
    if _other(wide, "Principal") != _other(narrow, "Principal") or "NotPrincipal" in {*wide.elements, *narrow.elements}:
        return False
    if not _list_covers(wide, narrow, lower=True) or not _list_covers(wide, narrow, lower=False):
        return False
    return wide.asked <= narrow.asked


def _other(statement: Statement, name: str) -> str:
    member = statement.elements.get(name)
    return repr(member.value.plain()) if member else ""


def _list_covers(wide: Statement, narrow: Statement, *, lower: bool) -> bool:
    """Whether the actions (lower) or resources of one statement cover those of another."""
    inside, outside = (narrow.actions, narrow.not_actions) if lower else (narrow.resources, narrow.not_resources)
    wide_in, wide_out = (wide.actions, wide.not_actions) if lower else (wide.resources, wide.not_resources)
    if outside or wide_out:
        return not inside and not wide_in and {v.text for v in wide_out} <= {v.text for v in outside}
    return bool(inside) and all(any(_over(each, value, lower) for each in wide_in) for value in inside)


def _over(wide: Value, narrow: Value, lower: bool) -> bool:
    return covers(wide.text.lower(), narrow.text.lower()) if lower else covers(wide.text, narrow.text)


def _past(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        begins, ends = bounds(statement)
        begin = max((moment for moment, _ in begins), default=None)
        end, condition = min(ends, key=lambda each: each[0], default=(None, None))
        if end is None or condition is None or (begin is not None and begin >= end):
            continue
        if end <= facts.moment:
            fixes = without_statement(policy, statement, "Remove the statement")
            yield condition.hit(
                f"The window ended at {end:%Y-%m-%d %H:%M} UTC; the statement has no effect any more",
                statement,
                fixes=fixes,
            )


def _inverted(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        begins, ends = bounds(statement)
        if not begins or not ends:
            continue
        begin, end = max(begins, key=lambda each: each[0]), min(ends, key=lambda each: each[0])
        if begin[0] >= end[0]:
            message = (
                f"The window begins at {begin[0]:%Y-%m-%d %H:%M} and ends at {end[0]:%Y-%m-%d %H:%M} "
                f"UTC: it is never open"
            )
            yield end[1].hit(message, statement)


def _begun(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        begins, ends = bounds(statement)
        for begin, condition in begins:
            if not ends and begin <= facts.moment:
                fixes = without_condition(condition, "Remove the condition", False)
                message = (
                    f"It holds since {begin:%Y-%m-%d %H:%M} UTC and for ever: the condition means nothing any more"
                )
                yield condition.hit(message, statement, fixes=fixes)


def _never_matches(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        all_out = condition.name in ("StringNotLike", "ArnNotLike") and "*" in condition.texts and statement.denies
        if all_out and condition.lower_key != "aws:principalarn" and condition.qualifier is None:
            message = f"{condition.operator} with * holds for no request that has {condition.key}"
            yield condition.hit(message, statement)


def _only_narrower(policy: Policy, facts: Facts) -> Iterator[Hit]:
    """Lists of one condition where a wildcard takes in the other values."""
    for statement, condition in policy.conditions():
        if "Like" not in condition.name:
            continue
        wide = [text for text in condition.texts if "*" in text]
        facts.spend(_PAIR * len(wide) * len(condition.values))
        for value in condition.values:
            by = next(
                (each for each in wide if each != value.text and matches(each, value.text) and "${" not in value.text),
                None,
            )
            if by:
                yield statement.at(value, f"{value.text!r} is covered by {by!r} in the same list")


CHECKS: Final = (
    Check(
        "contradiction",
        "high",
        "Conditions that exclude each other",
        "All conditions of a statement must hold together. These never do, so the statement is there for nothing.",
        _contradiction,
        fixable=True,
    ),
    Check(
        "shadowed-statement",
        "medium",
        "A statement that another one covers",
        "It costs space, and whoever loosens it later will find that nothing changes.",
        _shadowed,
        fixable=True,
    ),
    Check(
        "window-past",
        "high",
        "A window that is past",
        "A freeze that has ended denies nothing. Remove it, or set the next dates.",
        _past,
        fixable=True,
    ),
    Check(
        "window-inverted",
        "high",
        "A window that ends before it begins",
        "No moment lies in it, so the statement never applies.",
        _inverted,
    ),
    Check(
        "window-begun",
        "low",
        "A condition on time that holds for ever",
        "It reads as if it were to come.",
        _begun,
        fixable=True,
    ),
    Check(
        "matches-everything",
        "high",
        "A Deny that leaves out every value",
        "A negated pattern of * holds for nothing, so what it guards is not guarded.",
        _never_matches,
    ),
    Check(
        "pattern-covered",
        "low",
        "A value covered by a pattern beside it",
        "It costs space; or the pattern is wider than was meant.",
        _only_narrower,
    ),
)
