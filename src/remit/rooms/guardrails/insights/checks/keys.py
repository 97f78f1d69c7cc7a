"""Condition keys: that they exist, are current, and can be present in the requests the statement is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.documented_keys import GLOBAL_KEYS, OF_THE_CALL, OLDER
from remit.rooms.guardrails.insights.edits import renamed
from remit.rooms.guardrails.insights.facts import Facts, sample
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement, Value

_FEDERATED: Final = ("saml:", "cognito-identity")


def _unknown(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for condition in statement.conditions:
            prefix, colon, name = condition.lower_key.partition(":")
            if not colon or not name:
                yield condition.hit(f"{condition.key!r} is no condition key: it must be service:Key", statement)
            elif "." not in prefix and not prefix.startswith(_FEDERATED) and facts.key(condition.key) is None:
                yield _no_such_key(policy, facts, statement, condition)


def _no_such_key(policy: Policy, facts: Facts, statement: Statement, condition: Condition) -> Hit:
    prefix = condition.lower_key.partition(":")[0]
    known = tuple(GLOBAL_KEYS) if prefix == "aws" else facts.keys.of_service(prefix)
    like = facts.closest(condition.key, (name for name in known if "/" not in name and "${" not in name))
    taken = like and any(m.name.lower() == like.lower() for m in condition.operator_member.value.members)
    edits = renamed(policy.text, condition.key_member, like) if like and not taken else ()
    fixes = (Fix(f"Write {like}", edits, True),) if edits else ()
    hint = f"; {like} is meant" if like else ""
    return condition.hit(
        f"AWS has no condition key {condition.key!r}{hint}. {absent_effect(statement, condition)}",
        statement,
        fixes=fixes,
    )


def absent_effect(statement: Statement, condition: Condition) -> str:
    """What a key that is never there makes of the statement."""
    if condition.holds_when_absent():
        return f"The condition always holds, so it does not limit the {statement.effect}"
    return f"The condition never holds, so the {statement.effect} has no effect"


def _deprecated(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for condition in statement.conditions:
            key = facts.key(condition.key)
            new = key.replacement if key else None
            old = next((head for head in OLDER if condition.lower_key.startswith(head)), None)
            if old:
                new = OLDER[old] + condition.key[len(old) :]
            if new is None:
                continue
            members = condition.operator_member.value.members
            free = all(member.name.lower() != new.lower() for member in members)
            fixes = (Fix(f"Write {new}", renamed(policy.text, condition.key_member, new), True),) if free else ()
            grave = "low" if old else None
            message = (
                f"{condition.key} is {'older than' if old else 'deprecated:'} {new}{'' if old else ' took its place'}"
            )
            yield condition.hit(message, statement, fixes=fixes, severity=grave)


def _by_action(facts: Facts, condition: Condition) -> bool:
    """Whether the reference says of each action if it has the key."""
    lower = condition.lower_key
    if any(lower == each or (each.endswith("/") and lower.startswith(each)) for each in OF_THE_CALL):
        return True
    everywhere = {name.lower() for name in GLOBAL_KEYS}
    prefix = lower.partition(":")[0]
    return prefix != "aws" and lower not in everywhere and facts.listed(condition.key)


def _without(facts: Facts, statement: Statement, condition: Condition) -> tuple[list[Value], int]:
    """The entries of Action none of whose actions has the key, and how many entries match any action."""
    without, named = [], 0
    for value in statement.actions:
        found = facts.expand(value.text)
        if found:
            named += 1
            if not any(facts.has_key(action, condition.lower_key) for action in found):
                without.append(value)
    return without, named


def _never(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for condition in statement.conditions:
            if statement.every_action or not _by_action(facts, condition):
                continue
            without, named = _without(facts, statement, condition)
            if named and len(without) == named:
                names = sample([value.text for value in without])
                message = f"No request for {names} has {condition.key}. {absent_effect(statement, condition)}"
                yield condition.hit(message, statement)


def _for_some(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for condition in statement.conditions:
            if statement.every_action or not _by_action(facts, condition):
                continue
            without, named = _without(facts, statement, condition)
            if not without or len(without) == named:
                continue
            names = sample([value.text for value in without])
            absent = condition.holds_when_absent()
            if absent and statement.guarded(condition.key):
                continue
            then = "always" if absent else "never"
            what = "denied" if statement.denies else "allowed"
            message = f"No request for {names} has {condition.key}: there it is {then} {what} by this statement"
            yield condition.hit(message, statement, severity="medium" if absent else "low")


CHECKS: Final = (
    Check(
        "unknown-key",
        "high",
        "A condition key that AWS does not have",
        "IAM accepts keys it does not know and finds them in no request, so the condition never or always holds.",
        _unknown,
        fixable=True,
    ),
    Check(
        "deprecated-key",
        "medium",
        "A deprecated condition key",
        "AWS keeps old keys for old policies and may stop filling them for new features; the newer key carries more.",
        _deprecated,
        fixable=True,
    ),
    Check(
        "key-never-present",
        "high",
        "A key that none of the actions has",
        "A condition on a key that is never in the request makes a Deny that never applies, or one that always does.",
        _never,
    ),
    Check(
        "key-for-some-actions",
        "medium",
        "A key that some of the actions do not have",
        "One condition stands for all the actions beside it. For those without the key it is always or "
        "never true, which "
        "is seldom what was meant; put them in a statement of their own.",
        _for_some,
    ),
)
