"""Where a walk through LookupEvents stands, so that another process can go on: plain data, saved after every page.

AWS's own NextToken does not outlive the walk, so the cursor keeps *windows* of event time still to be read. A window
is read
from its newest end backwards; what was read is cut off that end. Times are whole seconds since the epoch; both ends of
a window belong to it, so a resumed walk reads the last second again rather than losing a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT_BY_AWS = 90 * 86_400
# CloudTrail delivers an event up to about 15 minutes after it happened.
LATE_DELIVERY = 15 * 60


@dataclass(slots=True)
class Walk:
    """One region's events of one kind (writes or reads): the windows still open, newest first."""

    windows: list[tuple[int, int]] = field(default_factory=list)
    newest_seen: int | None = None
    oldest_reached: int | None = None
    looked_until: int | None = None

    def begin(self, now: int, since: int) -> None:
        """Open a window for what happened since the last look; forget what AWS no longer keeps."""
        start = since if self.looked_until is None else max(since, self.looked_until - LATE_DELIVERY)
        kept = [(max(low, since), high) for low, high in self.windows if high >= since]
        self.windows = [(start, now), *kept] if start <= now else kept
        self.looked_until = now

    def reached(self, oldest: int, newest: int) -> None:
        """Everything in the current window from its newest end down to ``oldest`` was read, except perhaps that
        second."""
        low, high = self.windows[0]
        self.windows[0] = (low, min(max(low, oldest), high))
        self.newest_seen = max(newest, self.newest_seen or newest)
        self.oldest_reached = min(oldest, self.oldest_reached or oldest)

    def finish_window(self) -> None:
        """The current window was read to its oldest end."""
        self.windows.pop(0)


@dataclass(slots=True)
class Cursor:
    """All walks, by ``region/write`` and ``region/read``."""

    walks: dict[str, Walk] = field(default_factory=dict)

    def walk(self, region: str, kind: str) -> Walk:
        """The walk of this region and kind, new when there is none."""
        return self.walks.setdefault(f"{region}/{kind}", Walk())

    def to_json(self) -> dict[str, Any]:
        """Plain data for a state store."""
        return {
            name: {
                "windows": [list(window) for window in walk.windows],
                "newest_seen": walk.newest_seen,
                "oldest_reached": walk.oldest_reached,
                "looked_until": walk.looked_until,
            }
            for name, walk in self.walks.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cursor:
        """The cursor that ``to_json`` wrote."""
        walks = {
            name: Walk(
                [(int(low), int(high)) for low, high in entry["windows"]],
                entry["newest_seen"],
                entry["oldest_reached"],
                entry["looked_until"],
            )
            for name, entry in data.items()
        }
        return cls(walks)
