"""What a person asks an alert to be, checked: name, query, kind, settings, channels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.alerting.query import watched
from remit.model.errors import UsageError
from remit.rooms.alerts import Settings, read_settings

_NAME: Final = 120
_KNOWN: Final = ("name", "query", "kind", "settings", "channels", "enabled")


@dataclass(frozen=True, slots=True)
class Draft:
    """An alert as asked for, fit to be saved."""

    name: str
    query: str
    settings: Settings
    channels: tuple[str, ...]
    enabled: bool

    def columns(self) -> dict[str, Any]:
        """As the book keeps it."""
        return {
            "name": self.name,
            "query": self.query,
            "kind": self.settings.kind.name,
            "settings": dict(self.settings.written),
            "channels": list(self.channels),
            "enabled": int(self.enabled),
        }


def read_draft(given: Mapping[str, Any], channels: Collection[str], now_us: int) -> Draft:
    """Check what was asked for; a name left empty says what the alert does.

    :raises QueryError: for the query. :raises UsageError: for anything else, naming it.
    """
    if strange := sorted(set(given) - set(_KNOWN)):
        raise UsageError(f"An alert has no {strange[0][:40]!r}", remedy=f"It has {', '.join(_KNOWN)}.")
    query = str(given.get("query") or "").strip()
    watched(query, now_us)
    settings = read_settings(str(given.get("kind") or "match"), _table(given.get("settings")))
    wanted = tuple(dict.fromkeys(str(each) for each in given.get("channels") or ()))
    if missing := [each for each in wanted if each not in channels]:
        known = f"There are {', '.join(sorted(channels))}." if channels else "There are none yet."
        raise UsageError(f"There is no channel {missing[0][:60]!r}", where="channels", remedy=known)
    name = " ".join(str(given.get("name") or "").split())
    if len(name) > _NAME or not name.isprintable():
        raise UsageError(
            "The name of an alert is at most 120 characters, none of them invisible", where="name", remedy="Shorten it."
        )
    return Draft(name or named(query, settings), query, settings, wanted, bool(given.get("enabled", True)))


def _table(settings: Any) -> Mapping[str, object]:
    if settings is None or isinstance(settings, Mapping):
        return settings or {}
    raise UsageError("The settings of an alert are names with values", where="settings")


def named(query: str, settings: Settings) -> str:
    """A name for an alert that was given none."""
    asked = query or "anything"
    said = asked if settings.kind.name == "match" else f"{settings.kind.title}: {asked}"
    shown = "".join(char if char.isprintable() else " " for char in said)
    return shown if len(shown) <= _NAME else f"{shown[: _NAME - 1]}…"
