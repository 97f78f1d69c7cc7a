"""Times as providers write them, to microseconds since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from remit.model.errors import RecordError
from remit.rooms.events.visible import visible

EARLIEST_YEAR: Final = 2006
"""No cloud kept audit logs before."""
LATEST_YEAR: Final = 2099

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FORM: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,12}))?\s?(?:(?:Z|z|UTC|GMT)|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)


def event_time(*candidates: str | None) -> int:
    """Microseconds since the epoch of the first candidate given; a time without a zone is UTC.

    Raises ``RecordError``: ``time-missing`` when there is none, ``time-absurd`` when it is no time or outside
    2006 to 2100.
    """
    written = next((candidate for candidate in candidates if candidate), None)
    if written is None:
        raise RecordError("time-missing", "The record says no time.")
    micros = _micros(written[:64])
    if micros is None:
        raise RecordError("time-absurd", f"Not a time between 2006 and 2100: {visible(written, 80)}")
    return micros


@lru_cache(maxsize=1024)
def _micros(written: str) -> int | None:
    match = _FORM.fullmatch(written)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    if sign:
        ahead = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        moment += -ahead if sign == "+" else ahead
    return (moment - _EPOCH) // _MICROSECOND + int((fraction or "0").ljust(6, "0")[:6])
