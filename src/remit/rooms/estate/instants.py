"""Microseconds since the epoch, and the ways providers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def moment_of(at: int) -> datetime:
    """The instant as a UTC datetime."""
    return datetime.fromtimestamp(at // SECOND, UTC).replace(microsecond=at % SECOND)


def to_seconds(at: int) -> str:
    """``2026-11-20T09:15:02Z``, as CloudTrail writes it."""
    return moment_of(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_micros(at: int) -> str:
    """``2026-11-20T09:15:02.123456Z``, as Cloud Logging writes it."""
    return moment_of(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_ticks(at: int) -> str:
    """Seven decimals, as Azure writes it."""
    return moment_of(at).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def to_prose(at: int) -> str:
    """``Jul 10, 2023, 12:55:24 PM``, as STS writes an expiry."""
    moment = moment_of(at)
    return f"{moment:%b} {moment.day}, {moment.year}, {moment:%I:%M:%S %p}"


def day_of(at: int) -> str:
    """``2026-11-20``."""
    return moment_of(at).strftime("%Y-%m-%d")
