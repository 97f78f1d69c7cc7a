"""What a check is, and a finding: a hit of a check with its place, as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.hit import Hit, PolicyType, Severity
from remit.rooms.guardrails.insights.policy import Policy


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its stable code, how grave a hit is, what it looks for and why that matters.

    ``types`` are the policy types it applies to; none named means all.
    """

    code: str
    severity: Severity
    title: str
    why: str
    find: Callable[[Policy, Facts], Iterator[Hit]]
    types: tuple[PolicyType, ...] = ()
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit with its check, as it is told. ``line`` and ``column`` count from one."""

    check: Check
    hit: Hit
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def severity(self) -> Severity:
        """The hit's own severity where it has one, or the check's."""
        return self.hit.severity or self.check.severity
