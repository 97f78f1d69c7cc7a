"""CloudTrail's times as microseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR: Final = 2006
_LAST_YEAR: Final = 2100
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(text: str) -> int | None:
    """Microseconds since the epoch; None for what is no time between 2006 and 2100. Without a zone it is UTC."""
    try:
        moment = _parsed(text.strip())
        return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None
    except (ValueError, OverflowError, OSError):
        return None


def _parsed(text: str) -> datetime:
    digits = text.partition(".")[0]
    if digits.isascii() and digits.isdigit() and len(digits) in (10, 13):
        return _EPOCH + timedelta(seconds=float(text) / (1 if len(digits) == 10 else 1000))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
