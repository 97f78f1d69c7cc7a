"""Missing keys: what a condition says of a request that does not have its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts, always_present
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement
from remit.rooms.guardrails.insights.rewriting import with_condition, with_operator

NETWORK: Final = (
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
)
"""Keys that say where a call came from."""
_OF_PRINCIPAL: Final = (
    "aws:principal",
    "aws:userid",
    "aws:username",
    "aws:source",
    "aws:resource",
    "aws:vpce",
    "aws:token",
)
"""Keys whose absence is itself the stranger that a Deny is written for."""
_GRANT: Final = "kms:grantisforawsresource"


def _bool(policy: Policy, facts: Facts) -> Iterator[Hit]:
    demanded = {
        condition.lower_key
        for statement, condition in policy.conditions()
        if statement.denies and condition.name == "Null" and condition.texts == ("true",)
    }
    for statement, condition in policy.conditions():
        if condition.name != "Bool" or condition.if_exists or always_present(condition.lower_key):
            continue
        if condition.lower_key in demanded:  # another statement denies what leaves it out
            continue
        if not statement.denies or condition.texts != ("false",) or statement.guarded(condition.key):
            continue
        fixes = with_operator(policy, condition, "BoolIfExists", "Use BoolIfExists", True)
        message = f"A request without {condition.key} is not denied: Bool is false when the key is missing"
        grave = "high" if condition.lower_key == "aws:multifactorauthpresent" else None
        yield condition.hit(message, statement, fixes=fixes, severity=grave)


def _negated(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        if not (statement.denies and condition.negated and condition.holds_when_absent()):
            continue
        key = condition.lower_key
        if (
            always_present(key)
            or key.startswith(_OF_PRINCIPAL)
            or statement.guarded(key)
            or not _of_request(facts, key)
        ):
            continue
        if _others_absent(statement, condition):
            continue
        fixes = with_condition(policy, statement, "Null", condition.key, "false")
        message = f"{condition.operator} is true for a request that has no {condition.key}, so it is denied too"
        yield condition.hit(message, statement, fixes=fixes)


def _of_request(facts: Facts, lower_key: str) -> bool:
    return facts.key(lower_key) is not None and not lower_key.startswith("aws:requestedregion")


def _others_absent(statement: Statement, condition: Condition) -> bool:
    """Whether another condition only holds when this key's request is of the kind that has it."""
    return any(each.name == "Null" for each in statement.on(condition.lower_key))


def _null_and_exists(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        nulls = [each for each in statement.on(condition.lower_key) if each.name == "Null"]
        if not condition.if_exists or not nulls or nulls[0].texts not in (("true",), ("false",)):
            continue
        plain = condition.operator.removesuffix("IfExists")
        if nulls[0].texts == ("false",):
            fixes = with_operator(policy, condition, plain, f"Use {plain}", False)
            message = f"IfExists means nothing beside Null {condition.key} false: the key is there"
        else:
            fixes, message = (
                (),
                f"Beside Null {condition.key} true the key is never there, so this condition means nothing",
            )
        yield condition.hit(message, statement, fixes=fixes)


def _network_alone(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        asked = [c for c in statement.on(*NETWORK) if c.known and c.negated and c.holds_when_absent()]
        if not statement.denies or len({c.lower_key for c in asked}) != 1:
            continue
        condition = asked[0]
        if statement.guarded(condition.key) or any(c.name == "Null" for c in statement.on(*NETWORK)):
            continue
        inside = condition.lower_key != "aws:sourceip"
        missing = "a call that does not come through a VPC endpoint" if inside else "a call through a VPC endpoint"
        message = f"{missing} has no {condition.key} and is denied, wherever it comes from"
        yield condition.hit(message[0].upper() + message[1:], statement)


CHECKS: Final = (
    Check(
        "bool-absent",
        "medium",
        "Bool in a Deny on a key that may be missing",
        "Leaving the parameter out passes the guardrail. For aws:MultiFactorAuthPresent that is every call with an "
        "access key.",
        _bool,
        fixable=True,
    ),
    Check(
        "negated-absent",
        "low",
        "A negated condition that a missing key fulfils",
        "Negated operators are true when the key is missing, with IfExists and without. A request that leaves the "
        "parameter out, or acts on a resource that has none, is denied. Where that is not meant, ask for "
        "the key with Null.",
        _negated,
        fixable=True,
    ),
    Check(
        "if-exists-beside-null",
        "low",
        "IfExists beside Null on the same key",
        "One of the two means nothing; a reader cannot tell which was meant.",
        _null_and_exists,
        fixable=True,
    ),
    Check(
        "one-network-key",
        "medium",
        "A network perimeter of one key",
        "A call has either aws:SourceIp or the keys of a VPC endpoint. A perimeter that asks for one of "
        "them denies every "
        "call of the other kind, the expected ones too.",
        _network_alone,
    ),
)
