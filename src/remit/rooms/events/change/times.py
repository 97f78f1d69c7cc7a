"""Times as code hosts and build systems write them, read as microseconds since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from remit.model.errors import RecordError
from remit.rooms.events.visible import visible

EARLIEST: Final = int(datetime(2006, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
LATEST: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""No record of a cloud or a code host is older than the first; none that tells the truth is past the second."""

_WRITTEN: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,]?(\d{1,12}))? ?(Z|z|UTC|GMT|[+-]\d\d:?\d\d)?", re.ASCII
)
"""ISO 8601 and its relations: GitLab's `2016-08-12 15:23:28 UTC`, git's `2025-01-02 10:00:00 +0200`,
and `2024-12-17 00:00:00000000`, as some exports write nanoseconds."""
_NUMBER: Final = re.compile(r"\d{9,19}(?:\.\d{1,9})?", re.ASCII)


def instant(value: object) -> int | None:
    """Microseconds since the epoch; ``None`` when ``value`` is no time. Numbers are s, ms, µs or ns by magnitude."""
    if isinstance(value, str):
        written = value.strip()
        if match := _WRITTEN.fullmatch(written):
            return _from_fields(match)
        return _from_number(float(written)) if _NUMBER.fullmatch(written) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value)
    return None


def _from_number(value: float) -> int | None:
    if not 0 < value < 1e20:
        return None
    scale = 1e6 if value < 1e11 else 1e3 if value < 1e14 else 1 if value < 1e17 else 1e-3
    return round(value * scale)


def _from_fields(match: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match.group(8)))
        whole = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
    return whole * 1_000_000 + int((match.group(7) or "0")[:6].ljust(6, "0"))


def _zone(offset: str | None) -> timezone:
    if not offset or offset[0] not in "+-":
        return UTC
    digits = offset[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if offset[0] == "-" else span)


def first_instant(*candidates: object) -> int:
    """The first candidate that is a time. Raises ``RecordError`` ``time-missing`` or ``time-absurd``."""
    written = [candidate for candidate in candidates if candidate not in (None, "")]
    if not written:
        raise RecordError("time-missing", "The record does not say when it happened.")
    for candidate in written:
        moment = instant(candidate)
        if moment is not None:
            return _plausible(moment, candidate)
    raise RecordError("time-absurd", f"Not a time: {visible(repr(written[0]), 80)}")


def _plausible(moment: int, candidate: object) -> int:
    if EARLIEST <= moment < LATEST:
        return moment
    raise RecordError("time-absurd", f"Not a time between 2006 and 2100: {visible(repr(candidate), 80)}")
