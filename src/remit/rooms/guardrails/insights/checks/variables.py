"""Policy variables: that they are read at all, well formed, and say what holds when the value is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.checks.form import CURRENT
from remit.rooms.guardrails.insights.facts import Facts, always_present
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Policy, Statement, Value
from remit.rooms.guardrails.insights.rewriting import with_text

_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT: Final = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")
_ESCAPES: Final = ("*", "?", "$")


def _valued(statement: Statement) -> Iterator[Value]:
    yield from statement.resources
    yield from statement.not_resources
    for condition in statement.conditions:
        yield from condition.values


def _broken(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for value in _valued(statement):
            trouble = _trouble(facts, value.text)
            if trouble:
                yield statement.at(value, f"{value.text!r}: {trouble}")


def _trouble(facts: Facts, text: str) -> str:
    if "${" not in text:
        return ""
    rest = _VARIABLE.sub("", text)
    if "${" in rest:
        return "a ${ without its }"
    for inner in _VARIABLE.findall(text):
        key = _DEFAULT.fullmatch(inner)
        name = key.group(1) if key else inner
        if inner in _ESCAPES:
            continue
        if not name or (" " in name and key is None):
            return f"${{{inner}}} is no variable: a key, or a key, a comma and a default in single quotes"
        prefix = name.partition(":")[0]
        if ":" not in name or ("." not in prefix and prefix not in ("saml",) and facts.key(name) is None):
            return f"no condition key {name!r} is known"
    return ""


def _no_default(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not statement.denies or policy.version != CURRENT:
            continue
        for value in _valued(statement):
            bare = [inner for inner in _VARIABLE.findall(value.text) if _may_be_missing(facts, statement, inner)]
            if bare:
                text = value.text
                for inner in bare:
                    text = text.replace(f"${{{inner}}}", f"${{{inner}, 'unset'}}")
                fixes = with_text(policy, value, text, f"Write {text}")
                message = (
                    f"For a caller without {bare[0]} the value cannot be made, and what then holds is not the Deny that"
                )
                yield statement.at(value, f"{message} is written; a default says it", fixes=fixes)


def _may_be_missing(facts: Facts, statement: Statement, inner: str) -> bool:
    if inner in _ESCAPES or "," in inner or facts.key(inner.strip()) is None:
        return False
    lower = inner.strip().lower()
    return not always_present(lower) and lower not in _USUAL and not statement.guarded(lower)


_USUAL: Final = ("aws:principalaccount", "aws:resourceaccount", "aws:principalarn")
"""Present whenever somebody with credentials acts on a resource."""


def _misplaced(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for value in (*statement.actions, *statement.not_actions):
            if "${" in value.text:
                yield statement.at(value, f"{value.text!r}: IAM fills variables in Resource and Condition only")
        for condition in statement.conditions:
            if "${" in condition.key and condition.known:
                yield condition.hit("IAM fills variables in a condition's values, not in its key", statement)


def _unread(policy: Policy, facts: Facts) -> Iterator[Hit]:
    if policy.version == CURRENT:
        return
    for statement in policy.statements:
        for value in _valued(statement):
            if _VARIABLE.search(value.text):
                message = f"Without Version {CURRENT} {value.text!r} is compared as it stands, letter by letter"
                yield statement.at(value, message)


CHECKS: Final = (
    Check(
        "variable-form",
        "error",
        "A variable that cannot be read",
        "AWS refuses it, or compares it letter by letter.",
        _broken,
    ),
    Check(
        "variable-without-default",
        "medium",
        "A variable without default in a Deny",
        "When the variable's key is missing from a request, a Deny whose value depends on it may not apply: a caller "
        "without the tag passes.",
        _no_default,
        fixable=True,
    ),
    Check(
        "variable-misplaced",
        "error",
        "A variable where none is filled",
        "It is compared letter by letter and matches nothing.",
        _misplaced,
    ),
    Check(
        "variable-old-version",
        "high",
        "A variable in a policy of 2008",
        "Version 2008-10-17, which also holds where none is named, knows no variables.",
        _unread,
    ),
)
