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
_GRAVE: Final = ("delete", "permission")
"""Kinds of action of which every call is worth an alert."""


def suggested_query(event: Mapping[str, Any]) -> str:
    """What would find an act like this one again: the kind of actor, the call and where. Whether it was refused is left
    open: what was refused once is worth knowing all the more when it is let through. ``event`` is an event's JSON."""
    action = event.get("action") or {}
    called = (("service", action.get("service")), ("operation", action.get("operation")))
    return _query((_actor_kind(event), *called, _place(event)))


def other_queries(event: Mapping[str, Any]) -> list[str]:
    """What else an alert on this event may watch: acts of its kind by any call; of a denied one, denials alone."""
    kind = (event.get("action") or {}).get("kind")
    found = []
    if kind in _GRAVE:
        found.append(_query((_actor_kind(event), ("kind", kind), _place(event))))
    if event.get("denied"):
        found.append(f"{suggested_query(event)} denied:true".strip())
    return found


def _actor_kind(event: Mapping[str, Any]) -> tuple[str, Any]:
    kind = (event.get("actor") or {}).get("kind")
    return "who", kind if kind != "unknown" else None


def _place(event: Mapping[str, Any]) -> tuple[str, Any]:
    return ("env", event["environment"]) if event.get("environment") else ("account", event.get("account"))


def _query(asked: tuple[tuple[str, Any], ...]) -> str:
    return " ".join(term(word, str(value)) for word, value in asked if value)
