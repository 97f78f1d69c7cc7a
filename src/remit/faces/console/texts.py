"""Values as people read them. Text from records is shown inert, with what cannot be seen spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

from remit.rooms.events.visible import visible

LONGEST: Final = 120
"""Characters of a value shown on a page; the rest is in its title."""
LONGEST_TITLE: Final = 4000
_STEPS: Final = ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h"), (10**12, 86_400, "d"))


def shown(value: object, limit: int = LONGEST) -> Markup:
    """A value isolated from the text around it, cut to ``limit`` with the full value in its title."""
    text = "" if value is None else str(value)
    if len(text) <= limit:
        return Markup("<bdi>{}</bdi>").format(spelled(text))
    more = f" … {len(text):,} characters in all" if len(text) > LONGEST_TITLE else ""
    return Markup('<bdi title="{}">{}<span class="cut">…</span></bdi>').format(
        visible(text, LONGEST_TITLE) + more, spelled(text[:limit])
    )


def spelled(text: str) -> Markup:
    r"""Escaped text in which every control, bidi and zero-width character is its marked escape, such as ``\u202e``."""
    if visible(text, len(text)) == text:
        return escape(text)
    return Markup("").join(_character(each) for each in text)


def written(text: str) -> Markup:
    """``spelled`` for a whole text in a ``pre``: its line breaks are real, so that it is copied as it was written."""
    return Markup("\n").join(spelled(line) for line in text.split("\n"))


def _character(char: str) -> Markup:
    shape = visible(char, 16)
    return escape(char) if shape == char else Markup('<span class="esc">{}</span>').format(shape)


def plain(value: object, limit: int = LONGEST_TITLE) -> str:
    """Text for an attribute or a title, where no mark-up can stand."""
    return visible("" if value is None else str(value), limit)


def number(value: float | None) -> str:
    """``12,345``."""
    return "" if value is None else f"{value:,}"


def percent(part: float, whole: float) -> str:
    """A share as people say it: never 0 % of something, never 100 % of less than all."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    if share < 1:
        return "< 1 %"
    return f"{min(round(share), 99) if part < whole else 100} %"


def moment(text: str) -> datetime:
    """RFC 3339 text as an aware datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)


def day(text: str | None) -> str:
    """``20 Nov``; with the year in ``full``."""
    return "" if not text else f"{moment(text).day} {moment(text):%b}"


def clock_time(text: str | None) -> str:
    """``07:12:52`` UTC."""
    return "" if not text else f"{moment(text):%H:%M:%S}"


def full_time(text: str | None) -> str:
    """``2026-11-20 07:12:52 UTC``."""
    return "" if not text else f"{moment(text):%Y-%m-%d %H:%M:%S} UTC"


def short_time(text: str, beside: str = "") -> str:
    """An instant as ``21 Nov 11:45``, less the day when ``beside`` is on the same; any other text as it is."""
    try:
        own = moment(text) if "T" in text else None
        other = moment(beside) if own and "T" in beside else None
    except (ValueError, OverflowError):
        return text
    if own is None:
        return text
    return f"{own:%H:%M}" if other and other.date() == own.date() else f"{own.day} {own:%b %H:%M}"


def ago(text: str | None, now_us: int) -> str:
    """``4 min ago``; ``in 2 h`` for a time still to come."""
    if not text:
        return ""
    seconds = now_us // 1_000_000 - int(moment(text).timestamp())
    limit, unit, name = next(step for step in _STEPS if abs(seconds) < step[0])
    count = abs(seconds) // unit
    return "now" if limit == 60 and count < 5 else f"{count} {name} ago" if seconds > 0 else f"in {count} {name}"


def span(seconds: float) -> str:
    """A length of time in its largest fitting unit: ``20 min``."""
    length = timedelta(seconds=seconds).total_seconds()
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if length >= unit:
            return f"{round(length / unit, 1):g} {name}"
    return f"{round(length, 1):g} s"


_LENGTHS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def lasting(seconds: float) -> str:
    """A length of time in its largest unit: ``0 s``, ``14 min``, ``3 d``."""
    for size, name in _LENGTHS:
        if seconds >= size:
            return f"{int(seconds // size):,} {name}"
    return "0 s"
