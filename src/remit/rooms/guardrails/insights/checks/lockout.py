"""Breadth: statements that lock people out, or let everybody in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts, sample
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement

_WHO: Final = (
    "aws:principal",
    "aws:userid",
    "aws:username",
    "aws:sourceidentity",
    "aws:federatedprovider",
    "aws:assumedroot",
    "aws:viaawsmcpservice",
    "aws:calledviaawsmcp",
    "aws:chatbotsourcearn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "aws:securetransport",
    "s3:tlsversion",
)
"""Keys that tell callers apart, or the way a call took; whoever repairs a mistake can be, or go, otherwise."""
_CORE: Final = ("iam", "sts", "organizations", "account", "kms", "support", "sso")
_ENTRY: Final = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "signin:Authenticate")
_OWN_HANDS: Final = ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "kms:PutKeyPolicy", "sqs:SetQueueAttributes")


def _narrows_who(condition: Condition) -> bool:
    """Whether a condition tells principals apart at all."""
    if not condition.known or not condition.lower_key.startswith(_WHO):
        return False
    return not any(text in ("*", "arn:*") for text in condition.texts)


def _all_actions(statement: Statement) -> bool:
    return statement.every_action


def _deny_all(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not (statement.denies and _all_actions(statement) and statement.every_resource):
            continue
        if not statement.conditions:
            message = "It denies every action to everybody, the role that would repair it included"
            yield statement.hit(f"{message}; only somebody outside its reach can take it off")
        elif not any(_narrows_who(c) for c in statement.conditions):
            keys = sample([c.key for c in statement.conditions])
            yield statement.hit(
                f"It denies every action where {keys} says so, and exempts nobody: no break-glass role is left"
            )


def _no_break_glass(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not statement.denies or statement.every_action or any(_narrows_who(c) for c in statement.conditions):
            continue
        whole = [v.text for v in statement.actions if v.text.endswith(":*") and v.text[:-2].lower() in _CORE]
        inverse = statement.not_actions and statement.every_resource
        if (whole or inverse) and statement.every_resource:
            what = sample(whole) if whole else "all but the listed actions"
            yield statement.hit(f"It denies {what} and exempts nobody: whoever must repair something is held too")


def _entry(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not statement.denies or statement.every_action or statement.conditions or not statement.every_resource:
            continue
        if "NotAction" in statement.elements:
            held = [action for action in _ENTRY[:1] if not facts.covers(statement.not_actions, action)]
        else:
            held = [action for action in _ENTRY if facts.covers(statement.actions, action)]
        if held:
            message = f"It denies {sample(held)} without any condition: nobody gets into the account by a role any more"
            yield statement.hit(message)


def _rcp(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not statement.denies or statement.conditions or "*" not in {v.text for v in statement.resources}:
            continue
        held = [action for action in _OWN_HANDS if facts.covers(statement.actions, action)]
        whole = [v.text for v in statement.actions if v.text.endswith(":*")]
        if held or whole:
            message = (
                f"It denies {sample(whole or held)} to everybody, the resources' own accounts "
                f"included, and holds nobody out"
            )
            yield statement.hit(f"{message} of it: the policies of those resources cannot be mended from inside")


def _allow_all(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if statement.allows and statement.every_action and not statement.conditions:
            where = "on every resource" if statement.every_resource else "on its resources"
            yield statement.hit(f"It allows every action {where}")


def _public(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        member = statement.elements.get("Principal")
        if not statement.allows or member is None or statement.conditions:
            continue
        plain = member.value.plain()
        aws = plain.get("AWS") if isinstance(plain, dict) else plain
        if aws == "*" or (isinstance(aws, list) and "*" in aws):
            yield statement.hit("It allows everybody, from any account, without a condition", "Principal")


def _not_action(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if statement.allows and "NotAction" in statement.elements:
            grave = "medium" if policy.kind in ("scp", "boundary") else None
            message = "Allow with NotAction allows whatever is not listed, and every service AWS adds later"
            yield statement.hit(message, "NotAction", severity=grave)


def _not_principal(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if "NotPrincipal" not in statement.elements:
            continue
        if statement.allows:
            message = "Allow with NotPrincipal allows everybody else, people without credentials too"
            yield statement.hit(message, "NotPrincipal")
        else:
            message = (
                "Deny with NotPrincipal must name the account, the role and each role session, or "
                "denies them; say it with "
            )
            yield statement.hit(message + "ArnNotLike aws:PrincipalArn", "NotPrincipal", severity="medium")


def _not_resource(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if "NotResource" not in statement.elements:
            continue
        broad = statement.every_action or "NotAction" in statement.elements
        grave = "high" if statement.allows or broad else "low"
        actions = facts.actions(statement) or ()
        without = [name for name in actions if not facts.action(name).resource_types]
        more = f"; {sample(without)} has no resource and is always meant" if without else ""
        what = "allows" if statement.allows else "denies"
        message = f"{statement.effect} with NotResource {what} everything that is not listed{more}"
        yield statement.hit(message, "NotResource", severity=grave)


CHECKS: Final = (
    Check(
        "deny-everything",
        "high",
        "A Deny of everything without an exemption",
        "A mistake in it cannot be repaired from inside. Leave out a break-glass role by aws:PrincipalArn, "
        "or narrow it to "
        "the principals it is for.",
        _deny_all,
        ("scp", "rcp", "boundary", "identity", "resource"),
    ),
    Check(
        "no-break-glass",
        "medium",
        "A broad Deny without a break-glass role",
        "When it goes wrong, those who would repair it are held by it. Only the management account remains.",
        _no_break_glass,
        ("scp", "rcp"),
    ),
    Check(
        "deny-sign-in",
        "high",
        "A Deny of the way into the account",
        "Roles are how people and pipelines get in; denied without a condition, what is in the account can "
        "no longer be "
        "reached.",
        _entry,
        ("scp", "rcp"),
    ),
    Check(
        "rcp-lockout",
        "high",
        "An RCP that locks accounts out of their own resources",
        "An RCP holds for the owners too. Without a condition that leaves the organization, a role or a tag "
        "out, nobody "
        "can read, mend or delete what it covers.",
        _rcp,
        ("rcp",),
    ),
    Check(
        "allow-everything",
        "high",
        "An Allow of everything",
        "Whoever holds it is an administrator. (FullAWSAccess is an SCP of this form and is meant so.)",
        _allow_all,
        ("identity", "resource"),
    ),
    Check(
        "public-access",
        "high",
        "Everybody is allowed",
        "A principal of * without a condition is the whole internet.",
        _public,
        ("resource",),
    ),
    Check(
        "allow-not-action",
        "high",
        "Allow with NotAction",
        "It grants what nobody looked at.",
        _not_action,
    ),
    Check(
        "not-principal",
        "high",
        "NotPrincipal",
        "AWS advises against it: with Allow it opens to strangers, with Deny it misses role sessions.",
        _not_principal,
        ("resource", "endpoint"),
    ),
    Check(
        "not-resource",
        "high",
        "NotResource",
        "What is not listed is a set that grows: new resources, and actions that have no resource at all.",
        _not_resource,
    ),
)
