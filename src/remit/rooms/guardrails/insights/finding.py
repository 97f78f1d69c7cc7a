"""What an insight is: a check with its meaning, the hits it makes, and the findings people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from remit.rooms.guardrails.insights.edits import Edits
from remit.rooms.guardrails.insights.located import Node

if TYPE_CHECKING:
    from remit.rooms.guardrails.insights.facts import Facts
    from remit.rooms.guardrails.insights.policy import Policy

Severity = Literal["error", "high", "medium", "low"]
"""``error``: AWS refuses the document, or it cannot mean what it says. ``high``: it locks out, can be walked around, or
does nothing. ``medium``: it surprises in a case that occurs. ``low``: it costs space or clarity."""
SEVERITIES: tuple[Severity, ...] = ("error", "high", "medium", "low")
PolicyType = Literal["scp", "rcp", "identity", "boundary", "resource", "endpoint"]
POLICY_TYPES: tuple[PolicyType, ...] = ("scp", "rcp", "identity", "boundary", "resource", "endpoint")


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that removes a finding. ``changes_effect`` says whether other requests are denied or allowed after it."""

    title: str
    edits: Edits
    changes_effect: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a check found something. ``statement`` is the statement's position, None for the document."""

    node: Node
    pointer: str
    message: str
    fixes: tuple[Fix, ...] = ()
    statement: int | None = None
    severity: Severity | None = None


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
