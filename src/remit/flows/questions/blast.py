"""How far an actor's changes reach, over time and against its own past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from remit.flows.questions.population import CHANGES, DENIALS
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.rooms.query.asked import Stretches
from remit.rooms.query.predicate import EVERYTHING, Predicate, both

MEASURES: Final = ("changes", "resources", "accounts", "regions", "deletions", "permissions")
"""What is measured of a stretch of time; denials are added to a series, being no changes."""
BASELINE_WINDOWS: Final = 4
FEWEST_WINDOWS: Final = 2
HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
_MOST_STEPS: Final = 62


@dataclass(frozen=True, slots=True)
class Growth:
    """A window against the mean of earlier ones: ``now`` and ``mean`` by measure. ``windows`` are those before that
    the store covers whole; with fewer than ``FEWEST_WINDOWS`` there is no mean to speak of."""

    now: dict[str, int]
    mean: dict[str, float]
    windows: int

    @property
    def known(self) -> bool:
        """Whether there is past enough to compare with."""
        return self.windows >= FEWEST_WINDOWS

    def ratio(self, measure: str) -> float | None:
        """``now`` by ``mean``; None without a past, or with one in which there was none."""
        return self.now[measure] / self.mean[measure] if self.known and self.mean[measure] else None

    def json(self) -> Json:
        """``{windows, note, measures: {measure: {now, mean, ratio}}}``."""
        note = (
            f"Against the mean of the {self.windows} windows of the same length before."
            if self.known
            else f"Too little history: the store covers {plural(self.windows, 'earlier window')} of this length; "
            f"{FEWEST_WINDOWS} are needed."
        )
        measures = {
            name: {"now": self.now[name], "mean": self.mean[name] if self.known else None, "ratio": self.ratio(name)}
            for name in MEASURES
        }
        return {"windows": self.windows, "note": note, "measures": measures}


def growth(index: EventIndex, mine: Predicate, window: Window) -> Growth:
    """How the window's blast radius compares with the same actor's before."""
    covered = covered_windows(index, window)
    start = window.low - covered * window.length
    rows = index.reach(both(CHANGES, mine), Stretches(start, window.length, covered + 1))
    return growth_of(rows, window, covered)


def growth_by_agent(index: EventIndex, mine: Predicate, window: Window) -> dict[str | None, Growth]:
    """The same for every agent among ``mine``."""
    covered = covered_windows(index, window)
    start = window.low - covered * window.length
    found: dict[str | None, list[Row]] = {}
    for row in index.reach(both(CHANGES, mine), Stretches(start, window.length, covered + 1, by="agent")):
        found.setdefault(row["agent"], []).append(row)
    return {name: growth_of(rows, window, covered) for name, rows in found.items()}


def growth_of(rows: list[Row], window: Window, covered: int) -> Growth:
    """The comparison of a window's row with those before; a stretch without a row had nothing."""
    now = next((row for row in rows if row["start"] == window.low), {})
    past = [row for row in rows if row["start"] < window.low]
    mean = {name: sum(_measured(row, name) for row in past) / covered if covered else 0.0 for name in MEASURES}
    return Growth({name: _measured(now, name) for name in MEASURES}, mean, covered)


def _measured(row: Row, name: str) -> int:
    count: int = row.get("count" if name == "changes" else name, 0)
    return count


def covered_windows(index: EventIndex, window: Window) -> int:
    """How many of the windows of the same length before this one the store covers whole; at most four."""
    first = index.tally(EVERYTHING)["first"]
    if first is None:
        return 0
    return sum(window.earlier(step).low >= first for step in range(1, BASELINE_WINDOWS + 1))


def series(index: EventIndex, mine: Predicate, window: Window) -> Json:
    """``{step_seconds, steps: [{start, changes, resources, accounts, regions, deletions, permissions, denials,
    covered}], note}``: every step of the window in order, also those in which nothing happened.

    Hours for two days at most, days for two months, else as many days as make 62 steps. ``covered`` is False for a
    step that ended before the store's first event: nothing is known of it, which is not the same as nothing done.
    """
    step, low, count = _steps(window)
    made = {row["start"]: row for row in index.reach(both(CHANGES, mine, window.within), Stretches(low, step, count))}
    refused = _denied(index, mine, window, low, step, count)
    first = index.tally(EVERYTHING)["first"]
    steps = [
        _step(low + place * step, step, made.get(low + place * step, {}), refused.get(low + place * step, 0), first)
        for place in range(count)
    ]
    blind = sum(not each["covered"] for each in steps)
    note = f"{blind} of {plural(count, 'step')} lie before the store's first event." if blind else None
    return {"step_seconds": step // 1_000_000, "steps": steps, "note": note}


def _steps(window: Window) -> tuple[int, int, int]:
    """The step's length, where the first begins (a whole hour or UTC day) and how many there are."""
    step = HOUR_US if window.length <= 2 * DAY_US else DAY_US
    step *= max(1, -(-window.length // (step * _MOST_STEPS)))
    low = window.low - window.low % min(step, DAY_US)
    return step, low, max(1, -(-(window.high - low) // step))


def _denied(index: EventIndex, mine: Predicate, window: Window, low: int, step: int, count: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in index.histogram(both(DENIALS, mine, window.within), low, low + step * count, count):
        found[row["start"]] = found.get(row["start"], 0) + row["count"]
    return found


def _step(start: int, length: int, row: Row, denials: int, first: int | None) -> dict[str, Any]:
    return {
        "start": rfc3339(start),
        **{name: _measured(row, name) for name in MEASURES},
        "denials": denials,
        "covered": first is not None and start + length > first,
    }
