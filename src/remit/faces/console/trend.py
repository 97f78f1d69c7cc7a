"""Small trends as bars: the numbers as geometry in a box that the page stretches, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.faces.console.texts import day, moment, number, span

STEP: Final = 4
_BAR: Final = 3
HEIGHT: Final = 24
_LEAST: Final = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch; ``said`` is its value in words. A stretch of which nothing is known is drawn as a gap."""

    x: int
    y: float
    height: float
    said: str
    covered: bool = True


@dataclass(frozen=True, slots=True)
class Trend:
    """A row of bars of one measure; ``width`` in the units of ``x``, ``said`` for whoever cannot see it."""

    bars: tuple[Bar, ...]
    width: int
    most: int
    said: str


def spark(values: Sequence[int], seconds: float) -> Trend:
    """The trend of a table's row; empty stretches have no bar."""
    most = max(values, default=0)
    total = sum(values)
    said = f"{number(total)} over {len(values)} stretches of {span(seconds)}, at most {number(most)} in one"
    return Trend(tuple(_bars(values, most)), len(values) * STEP, most, said)


def measured(steps: Sequence[dict[str, Any]], measure: str, seconds: float) -> Trend:
    """The trend of one measure of an agent's series."""
    values = [step[measure] for step in steps]
    most = max(values, default=0)
    short = seconds < 86_400
    bars = [
        Bar(bar.x, bar.y, bar.height, f"{_when(step['start'], short)}: {number(step[measure])}", step["covered"])
        for bar, step in zip(_bars(values, most, every=True), steps, strict=True)
    ]
    said = f"at most {number(most)} in {span(seconds)}; the table below has every number"
    return Trend(tuple(bars), len(values) * STEP, most, said)


def _when(start: str, short: bool) -> str:
    return f"{day(start)} {moment(start):%H:%M}" if short else day(start)


def _bars(values: Sequence[int], most: int, *, every: bool = False) -> list[Bar]:
    bars = []
    for place, value in enumerate(values):
        if value or every:
            height = round(max(_LEAST, value / most * HEIGHT), 2) if value else 0.0
            bars.append(Bar(place * STEP, round(HEIGHT - height, 2), height, number(value)))
    return bars
