"""One place where something is wrong, how grave it is, and the edits that would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from remit.rooms.guardrails.insights.edits import Edits
from remit.rooms.guardrails.insights.located import Node

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
