"""How long events are kept: from words to a time, and what that would remove now."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.removal import RemovalSteps
from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.query.instants import DAY_US, read_moment

Json = dict[str, Any]
FORMS: Final = "an age such as 400d or 52w, or a date such as 2026-01-01"


def horizon(keep: str, now_us: int) -> int:
    """Events before this time go: midnight UTC at or before the age or date, in microseconds since the epoch.

    :raises UsageError: for words that are no age or date, and for less than a day.
    """
    moment = read_moment(keep.strip(), now_us)
    if moment is None:
        raise UsageError(f"No time to keep is written «{keep[:40]}»", remedy=f"Write {FORMS}.")
    if moment.start > now_us - DAY_US:
        raise UsageError(f"«{keep[:40]}» would keep less than a day", remedy=f"Write {FORMS}.")
    return moment.start - moment.start % DAY_US


def plan(steps: RemovalSteps, keep: str, now_us: int, *, configured: str) -> Json:
    """``{configured, keep, before, events, stored, quarantine, months, files, bytes, rewritten_bytes, oldest, kept}``:
    what a run would remove now. Without a time to keep only what is stored and its oldest event."""
    before = horizon(keep, now_us) if keep else None
    found = steps.older(before if before is not None else 0)
    return {
        "configured": configured,
        "keep": keep,
        "before": rfc3339(before) if before is not None else None,
        **{name: found[name] for name in ("events", "stored", "quarantine", "months", "files", "bytes")},
        "rewritten_bytes": found["rewritten_bytes"],
        "oldest": rfc3339(found["oldest_us"]) if found["oldest_us"] is not None else None,
        "oldest_kept": rfc3339(found["kept_us"]) if found["kept_us"] is not None else None,
    }
