"""Plans: for each operation, what every member of its request and response can tell, compiled on first sight.

A payload's shape repeats endlessly while its values do not. So the questions about a member's *name* (does it name a
resource, of which type, within which other, may it hold an ARN) are answered once for each operation and parent, and
reading a payload is one look into a dictionary for each of its members. A plan is that dictionary: it fills itself.

    plan = plans.plan("ec2", "RunInstances")          # of the top; plan["instancesSet"].inside is the next one
    plan["subnetId"].kind == "ec2:subnet"
"""

from __future__ import annotations

from typing import Final

from remit.rooms.events.aws.meanings import Meanings
from remit.rooms.events.aws.resource_names import COMPOSITE

_MOST_REMEMBERED: Final = 50_000
_MAY_HOLD_ARN: Final = ("arn", "arns", "id", "ids", "identifier", "name", "resource", "cluster", "names")
_PATHS: Final = ("queueurl", "hostedzoneid", "cluster")
"""Members whose value is a path or an address that ends with the name."""


class Member:
    """What one member of a payload can tell. ``mute``: nothing, as long as it is text. ``by_prefix``: its value's
    beginning says of which type it is."""

    __slots__ = ("by_prefix", "holds_arns", "inside", "is_path", "kind", "mute", "named_within")

    def __init__(self, service: str, name: str, kind: str | None) -> None:
        lower = name.lower()
        self.kind = f"{service}:{kind}" if kind is not None else ""
        self.holds_arns = lower.endswith(_MAY_HOLD_ARN)
        self.is_path = lower in _PATHS
        self.named_within = COMPOSITE.get((service, lower), "")
        self.inside: Plan | None = None
        self.by_prefix = service == "ec2" and lower == "resourceid" and kind is None
        self.mute = not (self.kind or self.holds_arns or self.by_prefix)


class Plan(dict[str, Member]):
    """Member name -> what it tells, for one operation under one parent; ``target`` is what the operation is about."""

    def __init__(self, plans: Plans, service: str, operation: str, parent: str, target: str) -> None:
        self.service: Final = service
        self.operation: Final = operation
        self.parent: Final = parent
        self.target: Final = target
        self._plans = plans

    def __missing__(self, name: str) -> Member:
        member = self._plans.member(self, name)
        self[name] = member
        return member

    def under(self, name: str) -> Plan:
        """The plan of the objects in a member, where ``self[name].inside`` has none yet."""
        plan = self[name].inside = self._plans.plan(self.service, self.operation, name)
        return plan


class Plans:
    """All plans of one reference. Names come from outside, so what is remembered is bounded and then forgotten."""

    def __init__(self, meanings: Meanings) -> None:
        self._meanings = meanings
        self._plans: dict[tuple[str, str, str], Plan] = {}
        self._members = 0

    def plan(self, service: str, operation: str, parent: str = "") -> Plan:
        """The plan for objects under a parent's name; without one, of the request or response itself."""
        key = (service, operation, parent)
        plan = self._plans.get(key)
        if plan is None:
            target = f"{service}:{self._meanings.noun(service, operation)}"
            plan = Plan(self, service, operation, parent, target)
            self._count()
            self._plans[key] = plan
        return plan

    def member(self, plan: Plan, name: str) -> Member:
        """What a member tells, compiled."""
        self._count()
        kind = self._meanings.meaning(plan.service, plan.operation, name, plan.parent)
        return Member(plan.service, name, kind)

    def _count(self) -> None:
        self._members += 1
        if self._members > _MOST_REMEMBERED:
            for plan in self._plans.values():
                plan.clear()
            self._plans.clear()
            self._members = 0
