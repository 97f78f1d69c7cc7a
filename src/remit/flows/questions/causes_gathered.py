"""Denials of one cause, put together: how many, of which actions, by whom, and what was seen of each key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from remit.flows.questions.ports import Row
from remit.rooms.guardrails.callers import caller_of
from remit.rooms.guardrails.causes import Causes
from remit.rooms.guardrails.record import BETWEEN

GROUPED: Final = ("deny_policy_type", "deny_policy_arn", "deny_action", "deny_rule", "deny_implicit")
"""What ``remit denials`` groups by."""


@dataclass(slots=True)
class Gathered:
    """Denials of one cause."""

    causes: Causes
    recorded: dict[str, Any]
    count: int = 0
    first: int = 0
    last: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    callers: Counter[str] = field(default_factory=Counter)
    unnamed: int = 0
    groups: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    seen: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, row: Row, fields: Row, causes: Causes) -> None:
        """More of them."""
        count = row["count"]
        self.first = min(self.first, row["first"]) if self.count else row["first"]
        self.last = max(self.last, row["last"])
        self.count += count
        self.actions.update({each.action: count for each in causes.causes} or {_called(fields): count})
        caller = caller_of(fields)
        if caller.arn:
            self.callers[caller.arn] += count
        else:
            self.unnamed += count
        self.groups[tuple(fields[name] for name in GROUPED)] += count
        for key, values in {(told.key, told.seen) for each in causes.causes for told in each.told}:
            self.seen.setdefault(key, Counter()).update(dict.fromkeys(values or (), count))


def _called(fields: Row) -> str:
    text = fields.get("deny_action") or fields.get("permissions")
    return str(text).partition(BETWEEN)[0] if text else f"{fields.get('service')}:{fields.get('operation')}"
