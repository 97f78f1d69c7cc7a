"""Extent: size against the limit, and what the policy is attached to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.policy import Policy
from remit.rooms.guardrails.insights.size import counted, limits_of, without_space

_NEARLY: Final = 0.9
_TARGET: Final = re.compile(r"r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|\d{12}")


def _too_large(policy: Policy, facts: Facts) -> Iterator[Hit]:
    limit = limits_of(policy)[0]
    used = counted(without_space(policy.text), limit)
    if used > limit.most:
        worst = max(policy.statements, key=lambda each: each.node.end - each.node.start, default=None)
        most = f"; the largest is {worst.name}" if worst else ""
        message = f"{used:,} {limit.unit} without white space, and a {limit.name} has at most {limit.most:,}{most}"
        yield policy.hit(message)


def _nearly(policy: Policy, facts: Facts) -> Iterator[Hit]:
    limit = limits_of(policy)[0]
    used = counted(without_space(policy.text), limit)
    if limit.most * _NEARLY < used <= limit.most:
        message = f"{used:,} of {limit.most:,} {limit.unit} of a {limit.name} are used: {limit.most - used:,} are left"
        yield policy.hit(message)


def _spaces(policy: Policy, facts: Facts) -> Iterator[Hit]:
    limit = limits_of(policy)[0]
    small = without_space(policy.text)
    written = counted(policy.text, limit)
    if limit.spaces_count and counted(small, limit) <= limit.most < written:
        fix = Fix("Remove the white space", ((0, len(policy.text), small),), False)
        message = (
            f"As it is written it has {written:,} {limit.unit}, and {limit.most:,} are allowed; without white space "
        )
        yield policy.hit(f"{message}{counted(small, limit):,}", fixes=(fix,))


def _unattached(policy: Policy, facts: Facts) -> Iterator[Hit]:
    if not facts.targets:
        said = "nobody said what it is attached to" if facts.targets is None else "it is attached to nothing"
        yield policy.hit(f"No target: {said}, and a policy that is attached to nothing prevents nothing")


def _target(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for target in facts.targets or ():
        if not _TARGET.fullmatch(target):
            message = (
                f"{target[:80]!r} is no target: a root (r-ab12), an OU (ou-ab12-11111111) or an account of 12 digits"
            )
            yield policy.hit(message, severity="error")
        elif target.startswith("r-"):
            yield policy.hit(f"{target} is the root: a mistake holds for every account at once. Try it on one OU first")


CHECKS: Final = (
    Check(
        "too-large",
        "error",
        "Larger than AWS takes",
        "AWS refuses it. Split it by statement, or shorten it: wildcards for actions of one beginning, no Sids, fewer "
        "repetitions.",
        _too_large,
    ),
    Check(
        "nearly-full",
        "low",
        "Nearly as large as AWS takes",
        "The next exemption will not fit. Split it while nothing burns.",
        _nearly,
    ),
    Check(
        "white-space",
        "medium",
        "Only the white space is too much",
        "Organizations counts every character that the API is given; its console takes the white space out, "
        "the API and "
        "most tools do not.",
        _spaces,
        fixable=True,
    ),
    Check(
        "no-target",
        "low",
        "No attachment",
        "An organization policy holds for what it is attached to. Name roots, OUs or accounts, so that "
        "reach and cost of "
        "a mistake are known before.",
        _unattached,
        ("scp", "rcp"),
    ),
    Check(
        "target",
        "medium",
        "An attachment to the root, or to nothing that exists",
        "What is attached to the root reaches every account below, today's and tomorrow's.",
        _target,
        ("scp", "rcp"),
    ),
)
