"""Dates as IAM reads them, and the span of time that conditions leave open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from remit.rooms.guardrails.insights.policy import Condition, Statement

_EPOCH: Final = re.compile(r"\d{9,13}")
_ISO: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?")
CLOCK_KEYS: Final = ("aws:currenttime", "aws:epochtime")


def read_moment(text: str) -> datetime | None:
    """A date of ISO 8601, UTC where it names no zone, or (milli)seconds since 1970; None when it is neither."""
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > 11 else 1), UTC)
        match = _ISO.fullmatch(text)
        if match is None:
            return None
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        moment = datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=UTC)
        return moment - _offset(match.group(7) or "Z")
    except (ValueError, OverflowError, OSError):
        return None


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


def bounds(statement: Statement) -> tuple[list[tuple[datetime, Condition]], list[tuple[datetime, Condition]]]:
    """The moments from which, and those until which, the statement's conditions on the clock hold."""
    begins, ends = [], []
    for condition in statement.on(*CLOCK_KEYS):
        moments = [moment for text in condition.texts if (moment := read_moment(text))]
        if not moments or len(moments) != len(condition.texts):
            continue
        if "GreaterThan" in condition.name:
            begins.append((min(moments), condition))
        elif "LessThan" in condition.name:
            ends.append((max(moments), condition))
    return begins, ends
