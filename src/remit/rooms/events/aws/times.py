"""CloudTrail's times as microseconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR: Final = 2006
_LAST_YEAR: Final = 2100
_MICROSECOND: Final = timedelta(microseconds=1)
_USUAL: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
_BEGIN: Final = (datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_END: Final = (datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def moments(texts: Sequence[str | None]) -> list[int | None]:
    """``micros`` of each; as one column where all are spelled the way CloudTrail spells them."""
    try:
        column = pa.array(texts, pa.string())
        if column.null_count or not pc.all(pc.match_substring_regex(column, _USUAL)).as_py():
            return _one_by_one(texts)
        times: list[int | None] = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    except (pa.ArrowException, UnicodeEncodeError):
        return _one_by_one(texts)
    return [moment if _BEGIN <= moment < _END else None for moment in times]  # type: ignore[operator]


def _one_by_one(texts: Sequence[str | None]) -> list[int | None]:
    known = {text: micros(text or "") for text in set(texts)}
    return [known[text] for text in texts]


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
