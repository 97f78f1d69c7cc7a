"""Operators: that fit the key's type, the number of its values, and the values written."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement
from remit.rooms.guardrails.insights.rewriting import with_condition, with_operator
from remit.rooms.guardrails.insights.windows import read_moment

_FITS: Final = {
    "String": ("String",),
    "ARN": ("Arn", "String"),
    "Bool": ("Bool", "String"),
    "Numeric": ("Numeric",),
    "Date": ("Date", "Numeric"),
    "IPAddress": ("Ip",),
}
_SOFT: Final = {("String", "Arn"), ("String", "Binary")}
"""A string key may hold an ARN; AWS says so of several."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")


def _swap(condition: Condition, name: str) -> str:
    qualifier = f"{condition.qualifier}:" if condition.qualifier else ""
    return f"{qualifier}{name}{'IfExists' if condition.if_exists else ''}"


def _type(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        key = facts.key(condition.key)
        family = condition.family
        if key is None or family == "Null" or key.single_type not in _FITS:
            continue
        if family in _FITS[key.single_type] or (key.single_type, family) in _SOFT:
            continue
        wanted = _FITS[key.single_type][0]
        name = condition.name.replace(family, wanted, 1) if wanted != "Ip" else "IpAddress"
        if wanted == "String":
            name = "StringNotEquals" if condition.negated else "StringEquals"
        fixes = with_operator(policy, condition, _swap(condition, name), f"Use {name}", True)
        message = f"{condition.key} is of type {key.single_type}; {condition.operator} compares {family} values"
        yield condition.hit(f"{message} and does not match it", statement, fixes=fixes)


def _needs_set(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        key = facts.key(condition.key)
        if key is None or not key.many or condition.qualifier or condition.name == "Null":
            continue
        fixes = with_operator(policy, condition, f"ForAnyValue:{condition.operator}", "Use ForAnyValue", True)
        message = (
            f"A request can hold several values of {condition.key}; without ForAnyValue or ForAllValues AWS says the "
        )
        yield condition.hit(f"{message}comparison fails", statement, fixes=fixes if statement.denies else ())


def _needless_set(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        key = facts.key(condition.key)
        if key is None or key.many or condition.qualifier is None:
            continue
        plain = condition.operator.partition(":")[2]
        fixes = with_operator(policy, condition, plain, f"Use {plain}", True)
        message = f"{condition.key} has one value; {condition.qualifier} only adds that a missing key "
        absent = "matches" if condition.qualifier == "ForAllValues" else "does not match"
        yield condition.hit(message + absent, statement, fixes=fixes)


def _all_values(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        if condition.qualifier != "ForAllValues" or statement.guarded(condition.key):
            continue
        key = condition.key
        fixes = _with_null(policy, statement, key)
        then = "denied" if statement.denies else "allowed"
        message = f"{condition.operator} is true for a request without {key}, which is {then} by this statement"
        yield condition.hit(message, statement, fixes=fixes, severity="medium" if statement.denies else "high")


def _with_null(policy: Policy, statement: Statement, key: str) -> tuple[Fix, ...]:
    return with_condition(policy, statement, "Null", key, "false")


def _like(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        if condition.name not in ("StringLike", "StringNotLike") or not condition.values:
            continue
        if any("*" in text or "?" in text or "${" in text for text in condition.texts):
            continue
        name = condition.name.replace("Like", "Equals")
        fixes = with_operator(policy, condition, _swap(condition, name), f"Use {name}", False)
        yield condition.hit(f"{condition.operator} without * or ? compares as {name} does", statement, fixes=fixes)


def _equals(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        if condition.name not in ("StringEquals", "StringNotEquals"):
            continue
        wild = [text for text in condition.texts if "*" in re.sub(r"\$\{[^}]*\}", "", text)]
        if wild:
            name = condition.name.replace("Equals", "Like")
            fixes = with_operator(policy, condition, _swap(condition, name), f"Use {name}", True)
            message = f"{condition.operator} takes the * of {wild[0]!r} as a character, not as a wildcard"
            yield condition.hit(message, statement, fixes=fixes)


def _string_on_arn(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        key = facts.key(condition.key)
        if key is None or key.single_type != "ARN" or condition.name not in ("StringLike", "StringNotLike"):
            continue
        if not any("*" in text for text in condition.texts) or not all(_six(text) for text in condition.texts):
            continue
        name = "ArnNotLike" if condition.negated else "ArnLike"
        fixes = with_operator(policy, condition, _swap(condition, name), f"Use {name}", True)
        message = (
            f"In {condition.operator} a * also runs over the colons of {condition.key}, so a name with a colon in its"
        )
        yield condition.hit(
            f"{message} path can pass for another account's; {name} compares part by part", statement, fixes=fixes
        )


def _six(text: str) -> bool:
    return text.startswith("arn:") and text.count(":") >= 5


def _values(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        for value in condition.values:
            trouble = "" if "${" in value.text else _value_trouble(condition, value.text)
            if trouble:
                yield statement.at(value, f"{value.text!r} {trouble}; {condition.operator} never matches it")


def _value_trouble(condition: Condition, text: str) -> str:
    family = condition.family
    if family in ("Bool", "Null"):
        return "" if text.lower() in ("true", "false") else "is neither true nor false"
    if family == "Numeric":
        return "" if _NUMBER.fullmatch(text) else "is no number"
    if family == "Date":
        return "" if read_moment(text) else "is no date of ISO 8601 and no epoch time"
    if family == "Ip":
        return "" if _network(text) else "is no IP address or CIDR range"
    if family == "Binary":
        return "" if _base64(text) else "is no Base64"
    arn = text.startswith(("arn:", "*", "?")) and (text.count(":") >= 5 or "*" in text.split(":")[-1])
    return "is no ARN" if family == "Arn" and not arn else ""


def _base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True)) or text == ""
    except (binascii.Error, ValueError):
        return False


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


_NEVER_SEEN: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
"""Ranges that no public endpoint sees a call from."""


def _within(network: Network, wide: Network) -> bool:
    return network.version == wide.version and network.network_address in wide and network.prefixlen >= wide.prefixlen


def _private(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        if condition.lower_key != "aws:sourceip" or condition.family != "Ip":
            continue
        for value in condition.values:
            network = _network(value.text)
            if network is not None and any(_within(network, each) for each in _NEVER_SEEN):
                message = (
                    f"{value.text} is a private range, and aws:SourceIp is the public address AWS sees. Calls through a"
                )
                yield statement.at(value, f"{message} VPC endpoint have aws:VpcSourceIp instead")


CHECKS: Final = (
    Check(
        "operator-for-type",
        "high",
        "An operator of another type than the key",
        "A comparison of another type never matches: a Deny with it never applies, a negated one always does.",
        _type,
        fixable=True,
    ),
    Check(
        "set-operator-missing",
        "high",
        "No ForAnyValue or ForAllValues on a key with several values",
        "AWS compares a key of several values only with a set operator.",
        _needs_set,
        fixable=True,
    ),
    Check(
        "set-operator-needless",
        "medium",
        "A set operator on a key with one value",
        "AWS advises against it: it changes nothing but what happens when the key is missing, in the direction that is "
        "easily overlooked.",
        _needless_set,
        fixable=True,
    ),
    Check(
        "all-values-absent",
        "high",
        "ForAllValues is true when the key is missing",
        "An Allow with it lets through every request that leaves the key out; a Deny with it refuses them all. A Null "
        "condition beside it asks for the key.",
        _all_values,
        fixable=True,
    ),
    Check(
        "like-without-wildcard",
        "low",
        "StringLike without a wildcard",
        "It promises a pattern that is not there; whoever adds a * later widens it unnoticed.",
        _like,
        fixable=True,
    ),
    Check(
        "equals-with-wildcard",
        "high",
        "StringEquals with a wildcard",
        "StringEquals compares letter by letter, so no real value matches.",
        _equals,
        fixable=True,
    ),
    Check(
        "string-on-arn",
        "medium",
        "A string pattern on an ARN",
        "IAM paths may contain colons. A string wildcard runs over the parts of an ARN, an ARN operator does not.",
        _string_on_arn,
        fixable=True,
    ),
    Check(
        "value-of-operator",
        "error",
        "A value that the operator cannot read",
        "AWS refuses the document, or the value never matches.",
        _values,
    ),
    Check(
        "private-source-ip",
        "high",
        "A private range for aws:SourceIp",
        "AWS's public endpoints never see private addresses, so the range matches nobody: an exemption that exempts "
        "nobody, or a Deny that never applies.",
        _private,
    ),
)
