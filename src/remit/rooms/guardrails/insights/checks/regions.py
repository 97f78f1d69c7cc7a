"""Region denies: the services that live in one Region, or in none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.edits import added, renamed, replaced
from remit.rooms.guardrails.insights.facts import Facts, sample
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement
from remit.rooms.iam.wildcards import matches

_KEY: Final = "aws:requestedregion"
GLOBAL_SERVICES: Final = (
    "account:*",
    "artifact:*",
    "billing:*",
    "budgets:*",
    "ce:*",
    "cloudfront:*",
    "cur:*",
    "freetier:*",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "invoicing:*",
    "networkmanager:*",
    "organizations:*",
    "payments:*",
    "pricing:*",
    "route53:*",
    "route53-recovery-cluster:*",
    "route53-recovery-control-config:*",
    "route53-recovery-readiness:*",
    "route53domains:*",
    "s3:GetAccountPublic*",
    "s3:ListAllMyBuckets",
    "s3:ListMultiRegionAccessPoints",
    "s3:PutAccountPublic*",
    "savingsplans:*",
    "shield:*",
    "signin:*",
    "sts:*",
    "support:*",
    "supportplans:*",
    "sustainability:*",
    "tax:*",
    "trustedadvisor:*",
    "waf:*",
    "wafv2:*",
)
"""Entries whose calls are signed for one Region wherever they are made from; most for us-east-1, some for us-west-2."""
_ESSENTIAL: Final = (
    "account:*",
    "billing:*",
    "budgets:*",
    "ce:*",
    "cloudfront:*",
    "health:*",
    "iam:*",
    "organizations:*",
    "route53:*",
    "shield:*",
    "sts:*",
    "support:*",
)
"""Those that nearly everybody calls; without one of them people are stopped on the first day."""
_IN_OREGON: Final = ("globalaccelerator:*", "networkmanager:*")
_ONE_REGION: Final = frozenset(
    (
        "account",
        "budgets",
        "ce",
        "cloudfront",
        "globalaccelerator",
        "iam",
        "organizations",
        "route53",
        "route53domains",
        "shield",
        "support",
        "waf",
    )
)


def _region_denies(policy: Policy) -> Iterator[tuple[Statement, Condition]]:
    for statement, condition in policy.conditions():
        if statement.denies and condition.lower_key == _KEY and condition.negated:
            yield statement, condition


def _list(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in _region_denies(policy):
        if not (statement.every_action or statement.not_actions):
            continue
        home = any(matches(text, "us-east-1") for text in condition.texts)
        wanted = _IN_OREGON if home else GLOBAL_SERVICES
        if any(matches(text, "us-west-2") for text in condition.texts) and home:
            continue
        missing = [entry for entry in wanted if not _excepted(statement, entry)]
        essential = [entry for entry in missing if entry in _ESSENTIAL]
        if not (essential or (home and missing)):
            continue
        fixes = _completed(policy, statement, missing)
        where = "us-west-2" if home else "us-east-1"
        message = f"Calls to {sample(essential or missing, 6)} go to {where}, which is not approved, and are denied"
        yield condition.hit(message, statement, fixes=fixes, severity="low" if home else "high")


def _excepted(statement: Statement, entry: str) -> bool:
    lower = entry.lower()
    head = lower.partition("*")[0]
    return any(
        value.text == "*"
        or matches(value.text.lower(), lower)
        or (head and value.text.lower().startswith(head) and lower.count("*"))
        for value in statement.not_actions
    )


def _completed(policy: Policy, statement: Statement, missing: list[str]) -> tuple[Fix, ...]:
    title = f"Except {len(missing)} entries of global services"
    member = statement.elements.get("NotAction")
    if member is None:
        action = statement.elements["Action"]
        return (
            Fix(
                title, (*renamed(policy.text, action, "NotAction"), *replaced(policy.text, action.value, missing)), True
            ),
        )
    if member.value.kind == "array":
        edits = [edit for entry in missing for edit in added(policy.text, member.value, entry)]
        start, end, _ = edits[0]
        return (Fix(title, ((start, end, "".join(text for _, _, text in edits)),), True),)
    present = [value.text for value in statement.not_actions]
    return (Fix(title, replaced(policy.text, member.value, [*present, *missing]), True),)


def _named(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in _region_denies(policy):
        if any(matches(text, "us-east-1") or matches(text, "us-west-2") for text in condition.texts):
            continue
        for value in statement.actions:
            prefix = value.text.partition(":")[0].lower()
            if prefix in _ONE_REGION:
                message = (
                    f"{prefix} has one endpoint for the world, in us-east-1 or us-west-2: every call "
                    f"of {value.text!r} is denied"
                )
                yield statement.at(value, message)


CHECKS: Final = (
    Check(
        "region-global-services",
        "high",
        "A Region deny without the global services",
        "IAM, Organizations, Route 53, CloudFront, support and billing answer from one Region, mostly "
        "us-east-1. A Region "
        "deny that does not except them switches them off for the whole account.",
        _list,
        fixable=True,
    ),
    Check(
        "region-one-endpoint",
        "high",
        "A Region condition on a global service",
        "The service's calls always carry the Region of its one endpoint, so the condition decides the same for all.",
        _named,
    ),
)
