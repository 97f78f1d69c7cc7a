"""The name of what a call made, where the entry's own name is only that of its parent or collection."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.rooms.events.gcp.entry import Entry
from remit.rooms.events.lenient import first, folded, text

_PARENT: Final = re.compile(r"(?:projects|organizations|folders)/[^/]+(?:/locations/[^/]+)?(?:/(?P<collection>\w+))?")
_METHODS: Final = (
    re.compile(r"(?:^|\.)(?:Create|Insert)(?P<noun>[A-Z]\w*)"),
    re.compile(r"(?:^|\.)(?P<noun>\w+)service\.insert"),
    re.compile(r"\.(?P<collection>\w+)\.(?:create|insert)"),
)
_INSTANCE: Final = re.compile(r"(?P<project>(?:[\w.-]+:)?[\w.-]+):(?P<instance>[\w-]+)", re.ASCII)


def made_name(view: Entry, parent: str) -> str | None:
    """``projects/P/models/M`` of a CreateModel on ``projects/P``; None when nothing was made or nothing names it."""
    place = _PARENT.fullmatch(parent.strip("/")[:2000])
    method = (view.method or "")[:500]
    call = next((found for each in _METHODS if (found := re.search(each.pattern + "$", method))), None)
    if place is None or call is None or folded(view.audit.get("status")).get("code"):
        return None
    collection, noun = _words(call)
    answered = text(folded(view.audit.get("response")).get("name"))
    if answered and "/" in answered and "/operations/" not in answered:
        return answered
    own = _own(view, noun)
    if own is None or "/" in own:
        return own
    return f"{parent.strip('/')}/{own}" if place["collection"] else f"{parent.strip('/')}/{collection}/{own}"


def backed_up(view: Entry) -> str | None:
    """The instance a Cloud SQL call is about, whose entries name ``backupRuns/`` alone: a full name."""
    named = _INSTANCE.fullmatch((text(view.labels.get("database_id")) or "")[:500])
    return f"projects/{named['project']}/instances/{named['instance']}" if named else None


def _words(call: re.Match[str]) -> tuple[str, str]:
    """Collection and folded noun: ``workforcePools`` and ``workforcepool``."""
    said = call.groupdict()
    if said.get("collection"):
        return said["collection"], said["collection"].lower().removesuffix("s")
    noun = said["noun"]
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy")) else f"{noun}s"
    return plural[0].lower() + plural[1:], noun.lower()


def _own(view: Entry, noun: str) -> str | None:
    request: dict[str, Any] = folded(view.audit.get("request"))
    logged = folded(folded(view.audit.get("servicedata")).get(f"{noun}insertrequest"))
    name = folded(folded(logged.get("resource")).get(f"{noun}name"))
    return first(
        folded(request.get(noun)).get("name"),
        request.get(f"{noun}id"),
        request.get(f"{noun}name"),
        name.get(f"{noun}id"),
    )
