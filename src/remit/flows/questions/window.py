"""A stretch of time that a question is asked of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.query.instants import FORMS, read_moment
from remit.rooms.query.predicate import Predicate, Range


@dataclass(frozen=True, slots=True)
class Window:
    """``[low, high)`` in microseconds since the epoch, UTC."""

    low: int
    high: int

    @property
    def length(self) -> int:
        """Microseconds it lasts; at least one."""
        return max(1, self.high - self.low)

    @property
    def within(self) -> Predicate:
        """Events of the window."""
        return Range("time", self.low, self.high)

    @property
    def before(self) -> Predicate:
        """Events earlier than the window."""
        return Range("time", high=self.low)

    @property
    def up_to(self) -> Predicate:
        """Events of the window and all earlier ones."""
        return Range("time", high=self.high)

    def earlier(self, steps: int) -> Window:
        """The window of the same length that ended ``steps`` lengths before this one does."""
        return Window(self.low - steps * self.length, self.high - steps * self.length)

    def text(self) -> str:
        """The window in the query language."""
        return f"since:{rfc3339(max(0, self.low))} until:{rfc3339(self.high)}"

    def json(self) -> dict[str, Any]:
        """The window in an answer."""
        return {"low": rfc3339(self.low), "high": rfc3339(self.high)}


def read_window(text: str, now_us: int) -> Window:
    """The window a person wrote: ``7d``, ``2026-10-01`` (until now), ``2026-10-01..2026-10-31``. Or UsageError."""
    low_text, dots, high_text = text.strip().partition("..")
    low, high = read_moment(low_text, now_us), read_moment(high_text if dots else "now", now_us)
    if low is None or high is None:
        raise UsageError(f"No window of time is written «{text[:60]}»", remedy=f"Write {FORMS}, or two as A..B.")
    if high.end <= low.start:
        raise UsageError("The window ends before it begins", remedy="Put the earlier time first.")
    return Window(low.start, high.end)


def plural(count: int, noun: str) -> str:
    """``1 change``, ``2,000 changes``; a noun in -y is regular, any other takes an s."""
    if count == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {many}"
