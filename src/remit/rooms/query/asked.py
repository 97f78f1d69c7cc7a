"""How an answer is to be shaped, beside which events it is about: in what order, grouped how, over which stretches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_STRETCHES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Order:
    """By (time, event_id), newest first unless ``oldest_first``, strictly after the position ``after``, if any."""

    after: tuple[int, str] | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """What is said of each group.

    ``distinct`` names columns of which different values are counted. ``first_since`` keeps only groups whose first
    event is at or after that time, in microseconds since the epoch. ``brief`` leaves out first, last and sample, which
    cost most of the time; with ``times`` it leaves out the sample alone.
    """

    distinct: tuple[str, ...] = ()
    first_since: int | None = None
    brief: bool = False
    times: bool = False


@dataclass(frozen=True, slots=True)
class Stretches:
    """``count`` stretches of time, each of ``width`` microseconds, from ``low`` on, in microseconds since the epoch;
    apart for each value of column ``by``, when it is named. At most ``limit`` rows are given, the earliest. ``brief``
    leaves out everything but the start and the count."""

    low: int
    width: int
    count: int
    by: str | None = None
    limit: int = MOST_STRETCHES
    brief: bool = False

    @property
    def end(self) -> int:
        """Where the last one ends."""
        return self.low + self.width * self.count


NEWEST: Final = Order()
OLDEST: Final = Order(oldest_first=True)
FULL: Final = Grouping()
BRIEF: Final = Grouping(brief=True)
DATED: Final = Grouping(brief=True, times=True)
