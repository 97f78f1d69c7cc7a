"""Resources: ARNs that can match what the actions act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from remit.rooms.guardrails.insights.facts import Facts, sample
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Policy, Statement, Value
from remit.rooms.guardrails.insights.rewriting import with_text, without_value
from remit.rooms.iam.wildcards import overlap

_PARTITION: Final = re.compile(r"aws(?:-cn|-us-gov|-iso(?:-[a-z])?|-eusc)?|[^:]*[*?][^:]*")
_ACCOUNT: Final = re.compile(r"|\d{12}|aws|[^:]*[*?$][^:]*|cloudfront")
_PLACEHOLDER: Final = re.compile(r"\$\{[^}]*\}")
_VARIABLE: Final = re.compile(r"\$\{[^}]*\}")


def _arns(statement: Statement) -> Iterator[Value]:
    for value in (*statement.resources, *statement.not_resources):
        if value.text.strip("*") and "${" not in value.text.partition(":")[0]:
            yield value


def _malformed(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for value in _arns(statement):
            trouble = arn_trouble(value.text)
            if trouble:
                yield statement.at(value, f"{value.text!r} {trouble}")


def arn_trouble(text: str) -> str | None:
    """What is wrong with the form of an ARN pattern; None when nothing is."""
    parts = text.split(":", 5)
    if not text.startswith(("arn:", "*", "?", "${")):
        return "is no ARN: it must begin with arn:"
    if len(parts) < 6:
        return None if "*" in parts[-1] else "has fewer than the six parts of an ARN"
    if not _PARTITION.fullmatch(parts[1]):
        return f"names a partition that AWS does not have: {parts[1]!r}"
    if not _ACCOUNT.fullmatch(parts[4]):
        return f"has {parts[4]!r} where an account id of 12 digits stands"
    return None if parts[5] else "names no resource"


def _matches_no_type(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        actions = facts.actions(statement)
        templates = _templates(facts, actions or ())
        if not templates:
            continue
        for value in statement.resources:
            if value.text.strip("*") == "" or arn_trouble(value.text) or len(value.text) > 512:
                continue
            pattern = _VARIABLE.sub("*", value.text)
            facts.spend(len(pattern) * len(templates))
            if not any(_can_match(pattern, template) for template in templates):
                yield _mismatch(policy, statement, value, templates)
        yield from _dead_actions(facts, statement, templates)


def _dead_actions(facts: Facts, statement: Statement, templates: tuple[str, ...]) -> Iterator[Hit]:
    """Entries whose every action acts on something that no resource of the statement can match, while others do."""
    texts = [value.text for value in statement.resources]
    if not texts or any(text.strip("*") == "" or arn_trouble(text) or len(text) > 512 for text in texts):
        return
    patterns = [_VARIABLE.sub("*", text) for text in texts]

    def reached(template: str) -> bool:
        facts.spend(sum(map(len, patterns)))
        return any(_can_match(pattern, template) for pattern in patterns)

    live = {template for template in templates if reached(template)}
    for value in statement.actions if live else ():
        own = _templates(facts, facts.expand(value.text))
        if own and live.isdisjoint(own):
            fixes = without_value(statement, "Action", value, f"Remove {value.text}", True)
            message = f"{value.text!r} can match nothing: it acts on {sample(own)}, which no resource here can be"
            yield statement.at(value, message, fixes=fixes)


def _templates(facts: Facts, actions: tuple[str, ...]) -> tuple[str, ...]:
    """The ARN patterns of every resource type that the actions act on."""
    found: dict[str, None] = {}
    for name in actions:
        prefix = name.partition(":")[0]
        types = facts.reference.resource_types(prefix)
        for kind in facts.action(name).resource_types:
            if kind not in types:
                return ()
            found[types[kind]] = None
    return tuple(found)


@lru_cache(maxsize=4096)
def _can_match(pattern: str, template: str) -> bool:
    """Part by part, as AWS compares: only the last part of an ARN runs over colons."""
    template = _PLACEHOLDER.sub("?*", template)  # whatever stands there, something does
    mine, theirs = pattern.split(":", 5), template.split(":", 5)
    if len(mine) < 6 or len(theirs) < 6:
        return overlap(pattern, template)
    return all(overlap(one, other) for one, other in zip(mine, theirs, strict=True))


def _mismatch(policy: Policy, statement: Statement, value: Value, templates: tuple[str, ...]) -> Hit:
    parts = value.text.split(":", 5)
    for template in templates if len(parts) == 6 else ():
        form = template.split(":", 5)
        right = [*parts]
        for at in (3, 4):
            if form[at] == "":
                right[at] = ""
            elif parts[at] == "":
                right[at] = "*"
        text = ":".join(right)
        if _can_match(_VARIABLE.sub("*", text), template):
            what = "its Region and account stand otherwise in this ARN"
            fixes = with_text(policy, value, text, f"Write {text}")
            return statement.at(value, f"{value.text!r} can match nothing: {what}, as in {template}", fixes=fixes)
    what = f"its actions act on {sample(templates)}"
    return statement.at(value, f"{value.text!r} can match nothing: {what}")


def _one_account(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for value in _arns(statement):
            parts = value.text.split(":", 5)
            if len(parts) == 6 and parts[4].isdigit():
                message = (
                    f"{value.text!r} is in account {parts[4]} alone; below an OU the statement means nothing elsewhere"
                )
                yield statement.at(value, message)


CHECKS: Final = (
    Check(
        "arn-form",
        "error",
        "A resource that is no ARN",
        "AWS refuses it, or it matches nothing.",
        _malformed,
    ),
    Check(
        "arn-matches-nothing",
        "high",
        "Actions and resources that cannot meet",
        "Every action knows its kinds of resources. An ARN that fits none of them, often for a Region or account where "
        "the service has none, is without effect, and so is an action for which no ARN of the statement fits.",
        _matches_no_type,
        fixable=True,
    ),
    Check(
        "one-account",
        "low",
        "An organization policy that names one account's resource",
        "Organization policies hold for every account below their target; an account id in an ARN leaves "
        "all others out. "
        'Write "*" for the account where the same resource is in each.',
        _one_account,
        ("scp", "rcp"),
    ),
)
