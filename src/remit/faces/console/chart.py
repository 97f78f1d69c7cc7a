"""The histogram as geometry: bars stacked by source in a box that the page stretches, and the same as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from remit.faces.console.asking import Ask
from remit.faces.console.texts import moment, span
from remit.faces.console.words import source_class
from remit.model.event_json import rfc3339
from remit.model.vocabulary import SOURCES

BUCKETS: Final = 72
HEIGHT: Final = 100
_STEP: Final = 10
_BAR: Final = 8
_LEAST: Final = 1.5
_TICKS: Final = 4
_MINUTE: Final = 60_000_000
_FORMS: Final = (
    (300 * 1440 * _MINUTE, "%b %Y"),
    (3 * 1440 * _MINUTE, "%d %b"),
    (15 * _MINUTE, "%d %b %H:%M"),
    (0, "%H:%M:%S"),
)
"""How a label under the chart is written, by the least length of the whole."""
_LATEST: Final = 253_402_300_799_999_999
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """One source's part of a bar."""

    source: str
    css: str
    y: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket of time."""

    x: int
    start: str
    end: str
    pieces: tuple[Piece, ...]
    total: int
    denied: int
    url: str

    @property
    def said(self) -> str:
        """The bar in words."""
        parts = ", ".join(f"{piece.source} {piece.count:,}" for piece in reversed(self.pieces))
        return f"{self.start[:16].replace('T', ' ')} UTC: {self.total:,} ({parts}); denied {self.denied:,}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn histogram. Empty buckets have no bar.

    ``low_ms`` and ``bucket_ms`` place buckets in time for a script, which chooses nothing before ``least_ms``.
    ``brush`` is the address that a chosen range is added to as ``since`` and ``until``, and ``moves`` are ``(label,
    address)`` of the neighbouring ranges.
    """

    bars: tuple[Bar, ...]
    width: int
    most: int
    total: int
    bucket: str
    ticks: tuple[str, ...]
    low: str
    high: str
    sources: tuple[tuple[str, str], ...]
    low_ms: float
    least_ms: float
    bucket_ms: float
    brush: str
    moves: tuple[tuple[str, str], ...]


def draw(found: dict[str, Any], ask: Ask, now_us: int) -> Chart | None:
    """The chart of a histogram answer; None when it has no bars. Nothing is offered beyond ``now_us``."""
    if not found["bars"]:
        return None
    buckets: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in found["bars"]:
        buckets[row["start"]][row["source"] or "Unknown"] = (row["count"], row["denied"])
    low, high, width = _micros(found["low"]), _micros(found["high"]), round(found["bucket_seconds"] * 1_000_000)
    most = max(sum(count for count, _ in parts.values()) for parts in buckets.values())
    origin = _micros(found["origin"])
    scale = _Scale(origin, low, high, width, most)
    bars = [_bar(start, parts, scale, ask) for start, parts in sorted(buckets.items())]
    present = {piece.source for bar in bars for piece in bar.pieces}
    return Chart(
        bars=tuple(bars),
        width=-(-(high - origin) // width) * _STEP,
        most=most,
        total=sum(bar.total for bar in bars),
        bucket=span(width / 1_000_000),
        ticks=tuple(_ticks(low, high)),
        low=found["low"],
        high=found["high"],
        sources=tuple((name, source_class(name)) for name in SOURCES if name in present),
        low_ms=origin / 1000,
        least_ms=low / 1000,
        bucket_ms=width / 1000,
        brush=ask.within("").chosen_from(found["low"], found["high"]).url(),
        moves=tuple(_moves(low, high, ask, now_us)),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where the first bucket begins, the range, how long a bucket is (microseconds) and the tallest one's acts."""

    origin: int
    low: int
    high: int
    width: int
    most: int


def _bar(start: str, parts: dict[str, tuple[int, int]], scale: _Scale, ask: Ask) -> Bar:
    place = (_micros(start) - scale.origin) // scale.width
    end = _written(scale.origin + (place + 1) * scale.width)
    pieces, top = [], float(HEIGHT)
    for name in SOURCES:
        count = parts.get(name, (0, 0))[0]
        if count:
            height = round(max(_LEAST, count / scale.most * (HEIGHT - 4)), 2)
            top = round(max(0.0, top - height), 2)
            pieces.append(Piece(name, source_class(name), top, height, count))
    return Bar(
        x=place * _STEP + (_STEP - _BAR) // 2,
        start=start,
        end=end,
        pieces=tuple(pieces),
        total=sum(count for count, _ in parts.values()),
        denied=sum(denied for _, denied in parts.values()),
        url=ask.within(start, end).chosen_from(_written(scale.low), _written(scale.high)).url(),
    )


def _moves(low: int, high: int, ask: Ask, now_us: int) -> Iterator[tuple[str, str]]:
    """The range before, the one after, one twice as wide, and the one that this was chosen out of."""
    length = high - low
    yield "← Earlier", ask.within(_written(low - length), _written(low)).url()
    if high < now_us:
        yield "Later →", ask.within(_written(high), _written(high + length)).url()
    yield "Zoom out", ask.within(_written(low - length // 2), _written(high + length // 2)).url()
    wide_low, _, wide_high = ask.wide.partition("..")
    if wide_low and wide_high:
        yield "Back to the wider range", ask.within(wide_low, wide_high).url()


def _written(micros: int) -> str:
    """A time as it is written, within what a calendar can show."""
    return rfc3339(min(max(0, micros), _LATEST)) or ""


def _micros(text: str) -> int:
    return (moment(text) - _EPOCH) // timedelta(microseconds=1)


def _ticks(low: int, high: int) -> list[str]:
    """Labels at even distances, as fine as the range needs."""
    form = next(form for least, form in _FORMS if high - low >= least)
    places = [low + (high - low) * step // _TICKS for step in range(_TICKS + 1)]
    return [(_EPOCH + timedelta(microseconds=place)).strftime(form) for place in places]
