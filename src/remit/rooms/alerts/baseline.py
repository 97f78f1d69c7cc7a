"""A count against its own past: windows of one length, as many as make a rhythm, and what is usual among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from remit.rooms.alerts.finding import Watch
from remit.rooms.alerts.settings import MINUTE_US

FEWEST: Final = 4
"""Earlier windows that the store must cover whole; with fewer nothing can be called unusual."""
_DAY_US: Final = 1440 * MINUTE_US


@dataclass(frozen=True, slots=True)
class Usual:
    """What earlier windows hold: ``usual`` is the larger of their median and mean, so that neither one busy window
    nor a row of empty ones misleads."""

    usual: float
    most: int
    windows: int


def earlier_windows(width: int) -> int:
    """How many earlier windows are looked at: a day's worth of short ones, two weeks of days."""
    return 24 if width < _DAY_US else 14


def step_of(width: int, parts: int) -> int:
    """How far a window moves from one look to the next; at least a minute."""
    return max(MINUTE_US, width // parts)


def look_at(watch: Watch, until: int) -> int:
    """Where the window of a look ends: looks stand on a grid, so that a dry run and the alert see the same ones."""
    if watch.kind not in ("rate", "blast"):
        return until
    step = step_of(watch.settings.micros("window"), 12 if watch.kind == "rate" else 4)
    return until - until % step


def covered(end: int, width: int, windows: int, start: int | None) -> int:
    """How many of the ``windows`` before the last the store's history covers whole."""
    if start is None:
        return 0
    return max(0, min(windows, (end - width - start) // width))


def usual_of(counts: Sequence[int]) -> Usual:
    """What is usual among the counts of earlier windows; nothing is when there is none."""
    if not counts:
        return Usual(0.0, 0, 0)
    return Usual(max(float(median(counts)), fmean(counts)), max(counts), len(counts))


def unusual(count: int, usual: Usual, factor: float, least: float) -> bool:
    """Whether a count stands out; against nothing at all, whatever reaches ``least`` does."""
    return count >= least and count > factor * usual.usual
