"""The identity policy that past use justifies: the permissions that calls needed, on the resources they named.

Only what the records prove narrows it. A permission of which some call's resource is not known stays on ``*``; more
than ``KEPT`` resources of one kind become one pattern, their common beginning; what a call created is not there to be
named again, so creations are allowed on any name of the kind. No conditions are proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from remit.reference.aws import AwsReference
from remit.reference.aws_verbs import kind_of_name

Json = dict[str, Any]
KEPT: Final = 12
"""Resources of one kind that are listed by name."""
_SAFE: Final = re.compile(r"[^A-Za-z0-9]")
_EVERY: Final = "*"


@dataclass
class Use:
    """How one permission was used: calls by resource, None for a resource that no record names."""

    permission: str
    resources: dict[str | None, int] = field(default_factory=dict)

    def add(self, resource: str | None, count: int) -> None:
        """Count calls on a resource."""
        self.resources[resource] = self.resources.get(resource, 0) + count

    @property
    def calls(self) -> int:
        """Uses in all, once for each resource of a call."""
        return sum(self.resources.values())


@dataclass(frozen=True, slots=True)
class Scoped:
    """One permission in the proposal: on which patterns, and why they are no narrower (empty when they are names)."""

    permission: str
    resources: tuple[str, ...]
    why: str = ""


def scoped(reference: AwsReference, use: Use) -> Scoped:
    """The patterns that a permission's use justifies."""
    entry = reference.action(use.permission)
    name = use.permission.partition(":")[2]
    if entry is not None and not entry.resource_types:
        return Scoped(use.permission, (_EVERY,), "it is about no resource")
    if None in use.resources:
        count = use.resources[None]
        return Scoped(use.permission, (_EVERY,), f"the records of {count:,} uses name no resource")
    arns = sorted(str(each) for each in use.resources)
    if _EVERY in arns:
        return Scoped(use.permission, (_EVERY,), "it was called about no one resource")
    makes = entry is not None and entry.level == "write" and kind_of_name(name, changes=True) == "create"
    patterns = _patterns(arns, name.lower() if makes else "")
    if makes and not set(patterns) <= set(arns):
        return Scoped(use.permission, patterns, "what it made has other names the next time")
    widened = "" if set(patterns) <= set(arns) else f"{len(arns):,} resources, more than {KEPT} of one kind"
    return Scoped(use.permission, patterns, widened)


def _patterns(arns: Iterable[str], making: str) -> tuple[str, ...]:
    """The ARNs themselves; as one pattern those of a kind of which there are more than ``KEPT``, and any name of a kind
    that the action ``making`` (in lower case, empty for one that makes nothing) is named after."""
    kinds: dict[str, list[str]] = {}
    for arn in arns:
        kinds.setdefault(_kind(arn), []).append(arn)
    found: list[str] = []
    for kind, every in kinds.items():
        noun = re.sub("[^a-z]", "", kind.rpartition(":")[2] or kind.rstrip(":").rpartition(":")[2])
        if making and noun in making:
            found.append(f"{kind}*")
        else:
            found += every if len(every) <= KEPT else [_common(kind, every)]
    return tuple(sorted(dict.fromkeys(found)))


def _kind(arn: str) -> str:
    """An ARN up to the name of the resource: ``arn:aws:ec2:eu-west-1:1:instance/``, ``arn:aws:sqs:eu-west-1:1:``."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return ""
    head, name = ":".join(parts[:5]) + ":", parts[5]
    typed = re.match(r"[a-z-]+[/:]", name) if parts[2] != "s3" else None
    return head + (typed[0] if typed else "")


def _common(kind: str, names: list[str]) -> str:
    """The names' common beginning, at least the kind, with a wildcard for the rest."""
    least, most = min(names), max(names)
    same = next((at for at, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), len(least))
    return max(kind, least[:same], key=len).rstrip("*?") + "*"


def proposal(found: Iterable[Scoped]) -> Json:
    """The document: one statement for all permissions on the same resources, in the order of their names."""
    together: dict[tuple[str, ...], list[str]] = {}
    for each in sorted(found, key=lambda one: one.permission):
        together.setdefault(each.resources, []).append(each.permission)
    statements = [
        {"Sid": _sid(at, permissions), "Effect": "Allow", "Action": permissions, "Resource": list(resources)}
        for at, (resources, permissions) in enumerate(together.items(), start=1)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _sid(number: int, permissions: list[str]) -> str:
    services = dict.fromkeys(each.partition(":")[0] for each in permissions)
    return "".join(_SAFE.sub("", each).capitalize() for each in list(services)[:3])[:40] + f"{number:02d}"


def dependent(reference: AwsReference, uses: Mapping[str, Use]) -> list[tuple[str, list[str]]]:
    """Permissions that AWS's reference says used ones may need besides, and that no record shows: iam:PassRole writes
    none. Each with the used ones that may need it."""
    found: dict[str, list[str]] = {}
    for permission in sorted(uses):
        entry = reference.action(permission)
        for other in entry.dependent_actions if entry is not None else ():
            if other not in uses:
                found.setdefault(other, []).append(permission)
    return sorted(found.items())
