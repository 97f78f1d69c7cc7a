"""The three parallel resource columns, filled together so that they stay parallel."""

from __future__ import annotations

from remit.rooms.events.change.batch import Facts


class Resources:
    """What a record touched: type, id and full name (its URL; empty when the record gives none)."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str] = {}

    def add(self, kind: str, name: str | None, url: str | None = None) -> None:
        """Note one resource; without a name there is none."""
        if name:
            known = self._found.get((kind, name))
            self._found[kind, name] = known or url or ""

    def columns(self) -> Facts:
        """``resource_types``, ``resource_ids`` and ``resource_arns``."""
        return {
            "resource_types": [kind for kind, _ in self._found],
            "resource_ids": [name for _, name in self._found],
            "resource_arns": list(self._found.values()),
        }
