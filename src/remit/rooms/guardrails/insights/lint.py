"""One call: a text in, what is wrong with it out, places, fixes and size; never silence about what was not read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from remit.model.errors import PolicyError
from remit.rooms.guardrails.insights.edits import applied
from remit.rooms.guardrails.insights.facts import Facts, Spent
from remit.rooms.guardrails.insights.finding import Check, Finding
from remit.rooms.guardrails.insights.hit import POLICY_TYPES, SEVERITIES, Fix, Hit, PolicyType
from remit.rooms.guardrails.insights.located import Lines, Node, Unreadable, read_located
from remit.rooms.guardrails.insights.policy import Policy
from remit.rooms.guardrails.insights.registry import CHECKS, NOT_FINISHED, REFUSED, TOO_LONG, UNREADABLE
from remit.rooms.guardrails.insights.size import LIMITS, plain_size, size_told, without_space
from remit.rooms.guardrails.insights.viewing import view_policy
from remit.rooms.iam.kinds import check_kind
from remit.rooms.iam.reading import read_document

LONGEST: Final = 256 * 1024
"""Characters read, white space aside: eight times the largest policy that AWS takes."""
MOST_FINDINGS: Final = 500
MOST_ROUNDS: Final = 200
"""Fixes applied one after the other by ``fix``."""
_LONGEST_MESSAGE: Final = 600
"""Characters of a message, which quotes what was written."""
_RESULTS: Final = 4 * 1024 * 1024
"""Characters of resulting texts in one answer."""
_ORDER: Final = {severity: at for at, severity in enumerate(SEVERITIES)}


@dataclass(frozen=True)
class Insights:
    """What was found in one text. ``policy`` is None when it could not be read; ``left_out`` counts the rest."""

    text: str
    kind: PolicyType
    kind_given: bool
    policy: Policy | None
    findings: tuple[Finding, ...]
    left_out: int

    @property
    def grave(self) -> bool:
        """Whether there is an error or a finding of high severity."""
        return any(finding.severity in ("error", "high") for finding in self.findings)


def lint(text: str, kind: PolicyType | None, facts: Facts) -> Insights:
    """Run every check of the policy's type over a text. ``kind`` None lets the document tell its type. A byte order
    mark before the text is no part of it, here as in the engine."""
    text = text.removeprefix("\ufeff")
    if len(text) > LONGEST and len(without_space(text)) > LONGEST:
        return _one(text, kind, TOO_LONG, 0, f"{len(text):,} characters; the largest policy AWS takes has 32,768")
    try:
        root = read_located(text)
    except Unreadable as error:
        return _one(text, kind, UNREADABLE, error.offset, error.what)
    if root.kind != "object":
        return _one(text, kind, UNREADABLE, root.start, "A policy is a JSON object")
    policy = view_policy(text, root, kind or guess_type(root))
    lines = Lines(text)
    hits = list(_hits(policy, facts))
    hits += (
        (REFUSED, hit) for hit in _refusals(policy, lines, [hit for check, hit in hits if _told_as_error(check, hit)])
    )
    hits.sort(key=lambda each: (_ORDER[each[1].severity or each[0].severity], each[1].node.start, each[0].code))
    findings = tuple(_finding(check, hit, lines) for check, hit in hits[:MOST_FINDINGS])
    return Insights(text, policy.kind, kind is not None, policy, findings, max(0, len(hits) - MOST_FINDINGS))


def _hits(policy: Policy, facts: Facts) -> Iterator[tuple[Check, Hit]]:
    for check in CHECKS:
        if check.types and policy.kind not in check.types:
            continue
        try:
            for hit in check.find(policy, facts):
                yield check, hit
        except Spent:
            yield NOT_FINISHED, policy.hit(f"The check {check.code} was not finished: the wildcards match too much")


def _told_as_error(check: Check, hit: Hit) -> bool:
    return (hit.severity or check.severity) in ("error", "high")


def _refusals(policy: Policy, lines: Lines, told: list[Hit]) -> Iterator[Hit]:
    """What the engine refuses and no finding of these says: at the same place, above or below it."""
    problems = list(read_document(policy.text).problems)
    if not problems:
        problems = list(_kind_refusals(policy))
    for problem in problems[:MOST_FINDINGS]:
        if not any(_related(problem.pointer, hit.pointer) for hit in told):
            at = min(lines.offset(problem.line or 1, problem.column or 1), len(policy.text))
            yield Hit(Node("string", at, at), problem.pointer, problem.what)


def _kind_refusals(policy: Policy) -> Iterator[PolicyError]:
    document = read_document(policy.text).document
    try:
        if document is not None:
            check_kind(document, policy.kind)
    except PolicyError as error:
        yield error


def _related(one: str, other: str) -> bool:
    """Whether two pointers are one place, or one lies below the other; the whole document counts for itself alone."""
    return one == other or (
        bool(one and other) and (f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/"))
    )


def _one(text: str, kind: PolicyType | None, check: Check, offset: int, message: str) -> Insights:
    at = min(offset, len(text))
    hit = Hit(Node("string", at, min(at + 1, len(text))), "", message)
    found = _finding(check, hit, Lines(text))
    return Insights(text, kind or "scp", kind is not None, None, (found,), 0)


def _finding(check: Check, hit: Hit, lines: Lines) -> Finding:
    if len(hit.message) > _LONGEST_MESSAGE:
        hit = replace(hit, message=hit.message[: _LONGEST_MESSAGE - 1] + "…")
    return Finding(check, hit, *lines.place(hit.node.start), *lines.place(hit.node.end))


def guess_type(root: Node) -> PolicyType:
    """The type a document shows: without principals an SCP; with Principal * and Deny alone an RCP; else resource."""
    member = next((each for each in root.members if each.name == "Statement"), None)
    nodes = () if member is None else (member.value.items if member.value.kind == "array" else (member.value,))
    plain = [each.plain() for each in nodes if each.kind == "object"]
    statements = [each for each in plain if isinstance(each, dict)]
    if not any({"Principal", "NotPrincipal"} & each.keys() for each in statements):
        return "scp"
    return (
        "rcp"
        if all(each.get("Principal") == "*" and each.get("Effect") == "Deny" for each in statements)
        else "resource"
    )


def fix(insights: Insights, facts_of: Any, safe_only: bool = False) -> tuple[Insights, tuple[tuple[str, Fix], ...]]:
    """Apply fixes one after the other until none is left; the last insights and (code, fix) in the order applied.

    ``facts_of`` makes fresh facts for each round. A fix that would not remove what it is for, or would make the text
    unreadable, is left out.
    """
    done: list[tuple[str, Fix]] = []
    refused: set[tuple[str, str]] = set()
    for _ in range(MOST_ROUNDS):
        step = _next_step(insights, facts_of, safe_only, refused)
        if step is None:
            break
        insights, code, applied_fix = step
        done.append((code, applied_fix))
    return insights, tuple(done)


def _next_step(
    insights: Insights, facts_of: Any, safe_only: bool, refused: set[tuple[str, str]]
) -> tuple[Insights, str, Fix] | None:
    kind = insights.kind
    before = Counter(finding.check.code for finding in insights.findings)
    for finding in insights.findings:
        for each in finding.hit.fixes:
            name = (finding.check.code, f"{finding.hit.pointer} {each.title}")
            if name in refused or (safe_only and each.changes_effect):
                continue
            after = lint(applied(insights.text, each.edits), kind, facts_of())
            count = Counter(found.check.code for found in after.findings)
            if after.policy is not None and count[finding.check.code] < before[finding.check.code]:
                return after, finding.check.code, each
            refused.add(name)
    return None


def to_json(insights: Insights) -> dict[str, Any]:
    """The answer for every face: findings with places and fixes, counts by severity, size."""
    counts = Counter(finding.severity for finding in insights.findings)
    size = size_told(insights.policy) if insights.policy else _bare_size(insights)
    return {
        "type": insights.kind,
        "type_given": insights.kind_given,
        "readable": insights.policy is not None,
        "grave": insights.grave,
        "counts": {severity: counts[severity] for severity in SEVERITIES},
        "checks": sum(1 for check in CHECKS if not check.types or insights.kind in check.types),
        "findings": list(_told(insights)),
        "left_out": insights.left_out,
        "size": size,
    }


def _bare_size(insights: Insights) -> dict[str, object]:
    return {**plain_size(insights.text, without_space(insights.text), LIMITS[insights.kind]), "statements": []}


def _told(insights: Insights) -> Iterator[dict[str, Any]]:
    room = _RESULTS
    for finding in insights.findings:
        fixes = []
        for each in finding.hit.fixes:
            fits = len(insights.text) <= room
            room -= len(insights.text) if fits else 0
            fixes.append(
                {
                    "title": each.title[:200],
                    "changes_effect": each.changes_effect,
                    "edits": [{"start": start, "end": end, "text": new} for start, end, new in each.edits],
                    "text": applied(insights.text, each.edits) if fits else None,
                }
            )
        yield {
            "code": finding.check.code,
            "severity": finding.severity,
            "title": finding.check.title,
            "message": finding.hit.message,
            "why": finding.check.why,
            "statement": finding.hit.statement,
            "pointer": finding.hit.pointer,
            "line": finding.line,
            "column": finding.column,
            "end_line": finding.end_line,
            "end_column": finding.end_column,
            "fixes": fixes,
        }


def text_of(document: object) -> str:
    """A document that is not text yet, laid out as people read it."""
    return json.dumps(document, indent=2, ensure_ascii=False)


__all__ = ["POLICY_TYPES", "Insights", "fix", "guess_type", "lint", "text_of", "to_json"]
