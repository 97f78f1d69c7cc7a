"""Insights asked: what is wrong with a policy text or a guardrail of the library, and the text with fixes applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from remit.model.errors import PolicyError, UsageError
from remit.reference.aws import AwsReference
from remit.reference.aws_condition_keys import ConditionKeys
from remit.rooms.guardrails.catalogue import Catalogue
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Finding
from remit.rooms.guardrails.insights.hit import POLICY_TYPES, PolicyType
from remit.rooms.guardrails.insights.lint import Insights, fix, lint, text_of, to_json
from remit.rooms.guardrails.insights.located import Unreadable, read_located
from remit.rooms.guardrails.insights.policy import Policy
from remit.rooms.guardrails.insights.registry import FAMILIES
from remit.rooms.guardrails.insights.viewing import view_policy
from remit.rooms.guardrails.rendering import example_values, render

Json = dict[str, Any]


class PolicyInsights:
    """The calls on the checks; answers are JSON-able."""

    def __init__(
        self,
        reference: AwsReference,
        keys: ConditionKeys,
        catalogue: Callable[[], Catalogue],
        clock: Callable[[], datetime],
        target_ids: Callable[[Sequence[str]], Sequence[str]] = tuple,
    ) -> None:
        self._target_ids: Final = target_ids
        self._reference: Final = reference
        self._keys: Final = keys
        self._catalogue: Final = catalogue
        self._clock: Final = clock

    def lint(self, text: str, type: str = "", targets: Sequence[str] | None = None, beside: Sequence[str] = ()) -> Json:
        """What the checks find in a text: ``rooms.guardrails.insights.lint.to_json``, with the reference's version.

        ``type`` is one of scp, rcp, identity, boundary, resource and endpoint, or empty when the document tells.
        ``beside`` are texts of the policies that hold where this one does.
        """
        found = lint(text, policy_type(type), self._facts(targets, beside))
        return {**to_json(found), "reference": self._reference.version}

    def errors(self, text: str, type: str, name: str) -> tuple[PolicyError, ...]:
        """What AWS refuses in a text, or what cannot mean what it says: each finding of that severity, with its place.

        ``name`` is what the errors call the document.
        """
        found = lint(text, policy_type(type), self._facts(None, ()))
        return tuple(_error(each, name) for each in found.findings if each.severity == "error")

    def lint_guardrail(
        self, named: str, values: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> Json:
        """A guardrail of the library with these values, or with those of its example: its text and its insights."""
        guardrail = self._catalogue().guardrail(named)
        document = render(guardrail, values or example_values(guardrail))
        text = text_of(document)
        found = self.lint(text, guardrail.type.lower(), targets)
        return {"id": guardrail.id, "title": guardrail.title, "example_values": not values, "text": text, **found}

    def fix(
        self,
        text: str,
        type: str = "",
        targets: Sequence[str] | None = None,
        beside: Sequence[str] = (),
        keep_effect: bool = False,
    ) -> Json:
        """``{text, applied, insights}``: the text after every fix, or after those alone that keep what it denies and
        allows; what was applied in order; and what is left."""
        before = lint(text, policy_type(type), self._facts(targets, beside))
        after, done = fix(before, lambda: self._facts(targets, beside), keep_effect)
        applied = [{"code": code, "title": each.title, "changes_effect": each.changes_effect} for code, each in done]
        return {"text": after.text, "applied": applied, "insights": self._told(after)}

    def checks(self) -> Json:
        """Every check by family: code, severity, title, why, the types it is for, and whether it offers a fix."""
        families = [
            {
                "family": family,
                "checks": [
                    {
                        "code": check.code,
                        "severity": check.severity,
                        "title": check.title,
                        "why": check.why,
                        "types": list(check.types or POLICY_TYPES),
                        "fixable": check.fixable,
                    }
                    for check in checks
                ],
            }
            for family, checks in FAMILIES
        ]
        return {"families": families, "reference": self._reference.version}

    def _told(self, insights: Insights) -> Json:
        return {**to_json(insights), "reference": self._reference.version}

    def _facts(self, targets: Sequence[str] | None, beside: Sequence[str]) -> Facts:
        policies = [_beside(text, number) for number, text in enumerate(beside, 1)]
        ids = None if targets is None else self._target_ids(targets)
        return Facts(self._reference, self._keys, self._clock(), ids, policies)


def policy_type(text: str) -> PolicyType | None:
    """The type of a word; None for an empty one. Raises ``UsageError`` for another."""
    if not text:
        return None
    if text.lower() not in POLICY_TYPES:
        raise UsageError(f"{text[:80]!r} is no policy type", remedy=f"One of {', '.join(POLICY_TYPES)}.")
    return cast(PolicyType, text.lower())


def _error(finding: Finding, name: str) -> PolicyError:
    fixes = [f"{each.title}." for each in finding.hit.fixes[:1]]
    return PolicyError(
        finding.hit.message,
        name=name,
        pointer=finding.hit.pointer,
        line=finding.line,
        column=finding.column,
        remedy=" ".join([finding.check.why, *fixes, "`remit guardrails lint` tells all that is found."]),
    )


def _beside(text: str, number: int) -> Policy:
    """A policy beside; one that cannot be read protects nothing, and that is an error here and not silence."""
    try:
        plain = text.removeprefix("\ufeff")
        return view_policy(plain, read_located(plain), "scp")
    except Unreadable as error:
        raise UsageError(
            f"Policy {number} beside cannot be read: {error.what}", where=f"character {error.offset + 1}"
        ) from error
