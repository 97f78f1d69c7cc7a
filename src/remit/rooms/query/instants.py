"""The ways a query writes a time: an ISO date or instant (UTC unless it says otherwise), or an age such as ``24h``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

FORMS: Final = "24h, 7d, 30m, 2w, today, yesterday, 2026-10-01 or 2026-10-01T08:00:00Z"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_ISO: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?)?",
    re.ASCII,
)
DAY_US: Final = 86_400_000_000
_LATEST: Final = 253_402_300_799_999_999  # the last microsecond that a calendar can show


@dataclass(frozen=True, slots=True)
class Moment:
    """What a written time covers, ``[start, end)`` in microseconds: a date is its whole day, an age one point."""

    start: int
    end: int

    @property
    def whole_days(self) -> bool:
        """True for a date or a month: ``until`` then includes all of it."""
        return self.end - self.start >= DAY_US


def read_moment(text: str, now_us: int) -> Moment | None:
    """The moment ``text`` names, or None when it names none that exists."""
    word = text.lower()
    if word == "now":
        return Moment(now_us, now_us)
    if word in ("today", "yesterday"):
        start = now_us - now_us % DAY_US - (DAY_US if word == "yesterday" else 0)
        return Moment(start, start + DAY_US)
    if age := _AGE.fullmatch(word):
        start = max(0, now_us - int(age[1]) * _UNITS[age[2]] * 1_000_000)
        return Moment(start, start)
    match = _ISO.fullmatch(text)
    return _from_iso(match) if match else None


def _from_iso(match: re.Match[str]) -> Moment | None:
    year, month, day, hour, minute, second = (int(match[index] or 0) for index in range(1, 7))
    try:
        start = datetime(year, month, day or 1, hour, minute, second, tzinfo=UTC)
        micros = (start - _EPOCH) // timedelta(microseconds=1) - _offset_us(match[8])
        return _moment(match, start, micros)
    except (ValueError, OverflowError):
        return None


def _moment(match: re.Match[str], start: datetime, micros: int) -> Moment | None:
    if not match[3]:
        following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        return _positive(micros, (following - start) // timedelta(microseconds=1))
    if not match[4]:
        return _positive(micros, DAY_US)
    if not match[6]:
        return _positive(micros, 60_000_000)
    digits = (match[7] or "")[:6]
    fraction = int(digits.ljust(6, "0")) if digits else 0
    return _positive(micros + fraction, 10 ** (6 - len(digits)))


def _positive(start: int, length: int) -> Moment | None:
    return Moment(start, min(start + length, _LATEST)) if 0 <= start <= _LATEST else None


def _offset_us(zone: str | None) -> int:
    if not zone or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    return (-1 if zone[0] == "-" else 1) * (hours * 60 + minutes) * 60_000_000
