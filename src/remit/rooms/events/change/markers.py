"""The ``key=value`` marks of a record that attribution reads, collected once each and in order."""

from __future__ import annotations

from typing import Final

VALUE_LIMIT: Final = 400
COUNT_LIMIT: Final = 200
"""Most characters of a marker's value, and most markers of a record: a push may carry thousands of commits."""


class Markers:
    """Distinct markers in order of appearance. Past ``COUNT_LIMIT`` the list says so itself."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def add(self, key: str, value: str | None) -> None:
        """Note ``key=value``; an absent value leaves no mark."""
        if value and len(self._seen) <= COUNT_LIMIT:
            self._seen[f"{key}={value[:VALUE_LIMIT]}"] = None

    def listed(self) -> list[str]:
        """All of them; ``markers_truncated=true`` stands last where some had to be left out."""
        found = list(self._seen)
        return [*found[:COUNT_LIMIT], "markers_truncated=true"] if len(found) > COUNT_LIMIT else found
