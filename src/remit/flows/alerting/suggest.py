"""The query that an alert on one event would watch, and alerts that most places want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from remit.rooms.query import term

STARTERS: Final = (
    ("match", "who:agent kind:delete env:production", "An agent deletes something in production"),
    ("first", "who:agent kind:create,update,delete,permission", "An agent makes a kind of change it never made before"),
    ("blast", "who:agent", "An agent reaches further than it used to"),
    ("rate", "denied:true", "Refusals come more often than usual"),
    ("match", "source:ClickOps kind:permission env:production", "Somebody changes permissions in production by hand"),
)
"""(kind, query, what it tells) to begin with."""


def suggested_query(event: Mapping[str, Any]) -> str:
    """What would find an act like this one again: the kind of actor, the call, where, and whether it was refused.
    ``event`` is an event's JSON."""
    kind = (event.get("actor") or {}).get("kind")
    action = event.get("action") or {}
    place = ("env", event.get("environment")) if event.get("environment") else ("account", event.get("account"))
    asked = (
        ("who", kind if kind != "unknown" else None),
        ("service", action.get("service")),
        ("operation", action.get("operation")),
        place,
        ("denied", "true" if event.get("denied") else None),
    )
    return " ".join(term(word, str(value)) for word, value in asked if value)
