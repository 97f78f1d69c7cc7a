"""Exemptions: whom a Deny leaves out, and whether anybody can become one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement, Value
from remit.rooms.guardrails.insights.rewriting import with_text
from remit.rooms.iam.wildcards import matches

_ARN_KEYS: Final = ("aws:principalarn",)
_ROLE: Final = re.compile(r"arn:[^:]*:iam::([^:]*):role/(.+)")
_ASSUMED: Final = re.compile(r"arn:([^:]*):sts::([^:]*):assumed-role/([^/]+)(?:/.*)?")
_KEPT_BY_AWS: Final = ("aws-reserved/", "aws-service-role/", "aws:")
"""Paths below which only AWS makes roles."""
_EVERYBODY: Final = re.compile(r"\*+|arn:[^:]*:\*(?::.*)?|arn:[^:]*:iam::[^:]*:\*|arn:[^:]*:iam::[^:]*:role/\*")
_PRINCIPAL_TAG: Final = "aws:principaltag/"
_RESOURCE_TAG: Final = "aws:resourcetag/"


def _exemptions(policy: Policy) -> Iterator[tuple[Statement, Condition, Value]]:
    for statement, condition in policy.conditions():
        if statement.denies and condition.negated and condition.lower_key in _ARN_KEYS:
            for value in condition.values:
                yield statement, condition, value


def _everybody(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition, value in _exemptions(policy):
        if "Like" in condition.name and _EVERYBODY.fullmatch(value.text):
            who = "every role" if value.text.endswith("role/*") else "everybody"
            yield statement.at(value, f"{value.text!r} exempts {who}, so the Deny has next to no effect")


def _claimable(policy: Policy, facts: Facts) -> Iterator[Hit]:
    guarded = {value.text for statement in _guards(policy, facts, "iam:CreateRole") for value in statement.resources}
    for statement, condition, value in _exemptions(policy):
        role = _ROLE.fullmatch(value.text)
        if "Like" not in condition.name or role is None or _EVERYBODY.fullmatch(value.text):
            continue
        account, path = role.groups()
        if path.startswith(_KEPT_BY_AWS) or guarded & {"*", value.text}:
            continue
        if "*" in path or "?" in path:
            message = f"Whoever may create a role can give it a name that {value.text!r} covers, and is exempt"
            yield statement.at(value, message)
        elif "*" in account:
            message = (
                f"In every account that has no role {path} yet, whoever may create roles can make it and is exempt"
            )
            yield statement.at(value, message, severity="medium")


def _guards(policy: Policy, facts: Facts, action: str) -> list[Statement]:
    """The Deny statements on an action, here and beside: what keeps others from taking that way."""
    return [
        statement
        for each in (policy, *facts.beside)
        for statement in each.statements
        if statement.denies and facts.covers(statement.actions, action)
    ]


def _session(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        if condition.lower_key not in _ARN_KEYS or condition.name == "Null":
            continue
        for value in condition.values:
            session = _ASSUMED.fullmatch(value.text)
            if session:
                partition, account, role = session.groups()
                text = f"arn:{partition}:iam::{account}:role/{role}"
                fixes = with_text(policy, value, text, f"Write {text}")
                message = (
                    "aws:PrincipalArn is the role's ARN (arn:aws:iam::ACCOUNT:role/NAME) for a role session, never the"
                )
                yield statement.at(value, f"{message} session's: {value.text!r} matches nobody", fixes=fixes)


def _tags(policy: Policy, facts: Facts) -> Iterator[Hit]:
    guards = {way: _guards(policy, facts, way) for way in _WAYS}
    for statement, condition in policy.conditions():
        if not statement.denies or not condition.lower_key.startswith(_PRINCIPAL_TAG) or condition.name == "Null":
            continue
        tag = condition.key.partition("/")[2]
        facts.spend(sum(map(len, guards.values())))
        open_ways = [way for way in _WAYS if not any(_about_tag(statement, tag) for statement in guards[way])]
        if open_ways:
            yield _settable(statement, condition, tag, open_ways)


_WAYS: Final = ("sts:TagSession", "iam:TagRole", "iam:TagUser")


def _settable(statement: Statement, condition: Condition, tag: str, ways: list[str]) -> Hit:
    ways_text = ", ".join(ways)
    if condition.negated:
        message = f"Whoever may call {ways_text} can set the tag {tag!r} and is exempt"
        return condition.hit(f"{message}: nothing here, nor in the policies beside, keeps it", statement)
    message = f"Whoever may call {ways_text} can change the tag {tag!r} that this Deny holds by, and is out of it"
    return condition.hit(f"{message}: nothing here, nor in the policies beside, keeps it", statement, severity="medium")


def _about_tag(statement: Statement, tag: str) -> bool:
    """Whether a Deny on tagging holds for this tag: it names it, or limits no tag at all."""
    on_tags = statement.on("aws:tagkeys", "aws:requesttag/")
    if not on_tags:
        return True
    tag = tag.lower()
    keys = (text.lower() for c in statement.on("aws:tagkeys") for text in c.texts)
    return any(matches(key, tag) for key in keys) or any(c.lower_key == f"aws:requesttag/{tag}" for c in on_tags)


def _resource_tags(policy: Policy, facts: Facts) -> Iterator[Hit]:
    guards = [
        statement
        for each in (policy, *facts.beside)
        for statement in each.statements
        if statement.denies and any(_tagging(facts, value) for value in statement.actions)
    ]
    for statement, condition in policy.conditions():
        if not statement.denies or not condition.lower_key.startswith(_RESOURCE_TAG) or condition.name == "Null":
            continue
        tag = condition.key.partition("/")[2]
        facts.spend(len(guards))
        if any(_about_tag(statement, tag) for statement in guards):
            continue
        way = "set it on a resource" if condition.negated else "take it off a resource"
        yield condition.hit(
            f"Whoever may {way} passes this Deny: nothing here, nor beside, keeps the tag {tag!r}", statement
        )


def _tagging(facts: Facts, value: Value) -> bool:
    if value.text == "*":
        return True
    found = facts.expand(value.text)
    return any(facts.action(name).level == "tagging" for name in found[:200])


CHECKS: Final = (
    Check(
        "exempts-everybody",
        "high",
        "An exemption that everybody fits",
        "A Deny with an exemption for everybody denies nobody; it only looks like a guardrail.",
        _everybody,
    ),
    Check(
        "claimable-exemption",
        "high",
        "An exemption that can be claimed by a name",
        "An exemption by role name is only as strong as the right to create roles. Name exact roles, below a protected "
        "path, and deny iam:CreateRole and iam:UpdateAssumeRolePolicy on them to everybody else.",
        _claimable,
    ),
    Check(
        "session-arn",
        "high",
        "An assumed-role ARN for aws:PrincipalArn",
        "The key holds the ARN of the role, with its path, and not that of the session; the value matches nobody.",
        _session,
        fixable=True,
    ),
    Check(
        "settable-principal-tag",
        "high",
        "A principal's tag that the principal can set",
        "Session tags and role tags are given by whoever may call sts:TagSession, iam:TagRole or "
        "iam:TagUser. A guardrail "
        "that goes by a tag must come with one that protects it.",
        _tags,
    ),
    Check(
        "settable-resource-tag",
        "medium",
        "A resource's tag that nothing protects",
        "A guardrail that goes by a resource's tag is passed by changing the tag first.",
        _resource_tags,
    ),
)
