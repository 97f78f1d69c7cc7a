"""Azure resource ids: what they name and where it lives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from remit.rooms.events.azure.spelling import canonical

_SUBSCRIPTION: Final = re.compile(r"^/?subscriptions/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resource:
    """``type`` such as ``Microsoft.Compute/virtualMachines``, ``id`` its own name, ``arn`` the whole id lower-cased."""

    type: str
    id: str
    arn: str
    subscription: str | None


_LONGEST_REMEMBERED: Final = 2048


def resource(resource_id: str) -> Resource:
    """A resource id read; an extension resource (a lock on a storage account) is of its own type, not its host's."""
    return _remembered(resource_id) if len(resource_id) <= _LONGEST_REMEMBERED else _read(resource_id)


@lru_cache(maxsize=4096)
def _remembered(resource_id: str) -> Resource:
    return _read(resource_id)


def _read(resource_id: str) -> Resource:
    parts = [part for part in resource_id.split("/") if part]
    lower = [part.lower() for part in parts]
    found = _SUBSCRIPTION.match(resource_id)
    return Resource(
        type=_type(parts, lower),
        id=parts[-1] if parts else resource_id,
        arn=resource_id.lower(),
        subscription=found.group(1).lower() if found else None,
    )


def _type(parts: list[str], lower: list[str]) -> str:
    if "providers" in lower[:-1]:
        last = len(lower) - 1 - lower[::-1].index("providers", 0 if lower[-1] != "providers" else 1)
        return canonical("/".join([parts[last + 1], *parts[last + 2 :: 2]]))
    if "resourcegroups" in lower:
        return "Microsoft.Resources/subscriptions/resourceGroups"
    if lower[:1] == ["subscriptions"]:
        return "Microsoft.Resources/subscriptions"
    return ""
