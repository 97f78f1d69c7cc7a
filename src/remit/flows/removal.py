"""Removing for good: a subject from everything (``erase``), or everything older than a time (``expire``).

The order makes it safe to be cut off anywhere: what is to be removed is noted first, and whoever opens the store next
finishes it. Ids are remembered before their events go, the lake loses them in one commit, the index follows, and only
then do the files go that held them; the note goes last, after the proof and the journal's record.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.removal.subject import Subject, read_subject

Json = dict[str, Any]
Tell = Callable[[Json], None]
ERASED: Final = "events.erased"
EXPIRED: Final = "events.expired"
_KINDS: Final = ("events", "corrections", "quarantine")


class FoundRows(Protocol):
    """Rows that name a subject."""

    @property
    def feeds(self) -> Any: ...
    @property
    def columns(self) -> Any: ...
    @property
    def first_us(self) -> int | None: ...
    @property
    def last_us(self) -> int | None: ...
    def count(self, kind: str) -> int: ...


class RemovalSteps(Protocol):
    """What a store can do towards a removal; every step may be repeated."""

    def alone(self) -> AbstractContextManager[None]: ...
    def find(self, subject: Subject, progress: Callable[[int], None]) -> Any: ...
    def lake_bytes(self) -> int: ...
    def mentions(self, subject: Subject) -> dict[str, list[str]]: ...
    def waiting(self, subject: Subject) -> list[str]: ...
    def by_hand(self, subject: Subject) -> list[str]: ...
    def older(self, time_us: int) -> Json: ...
    def begin(self, note: Json) -> None: ...
    def begun(self) -> Json | None: ...
    def finished(self) -> None: ...
    def remember(self, found: Any) -> None: ...
    def withdraw(self, found: Any) -> None: ...
    def withdraw_before(self, time_us: int) -> None: ...
    def purge(self) -> int: ...
    def cleanse_log(self, subject: Subject) -> int: ...
    def scrub_state(self, subject: Subject) -> dict[str, int]: ...
    def forget_firings(self, before_us: int) -> int: ...
    def prove(self, subject: Subject) -> Json: ...
    def prove_before(self, time_us: int) -> Json: ...
    def digest(self, subject: Subject) -> str: ...
    def record(self, who: str, what: str, facts: Json, number: str) -> None: ...
    def recorded(self, what: str) -> list[Json]: ...


def preview(steps: RemovalSteps, subject: str, tell: Tell = lambda _: None) -> Json:
    """What an erasure of the subject would remove; changes nothing."""
    asked = read_subject(subject)
    found = steps.find(asked, _progress(steps, tell))
    digest = steps.digest(asked)
    before = [entry["at"] for entry in steps.recorded(ERASED) if entry["facts"].get("subject_digest") == digest]
    return {
        "subject": asked.text,
        **_counts(found),
        "state": steps.mentions(asked),
        "inbox": steps.waiting(asked),
        "by_hand": steps.by_hand(asked),
        "erased_before": before,
    }


def erase(steps: RemovalSteps, subject: str, who: str, now_us: int, tell: Tell = lambda _: None) -> Json:
    """Remove every record that names the subject, prove it, and record it."""
    asked = read_subject(subject)
    with steps.alone():
        _refuse_if_begun(steps)
        found = steps.find(asked, _progress(steps, tell))
        note: Json = {"kind": "subject", "subject": asked.text, "who": who, "started": rfc3339(now_us)}
        note |= {"number": uuid.uuid4().hex, "counts": _counts(found)}
        steps.begin(note)
        return _erase(steps, note, found)


def expire(steps: RemovalSteps, before_us: int, who: str, now_us: int) -> Json:
    """Remove every event, correction and unreadable record older than a time, prove it, and record it."""
    with steps.alone():
        _refuse_if_begun(steps)
        counts = steps.older(before_us)
        note: Json = {"kind": "before", "before_us": before_us, "who": who, "started": rfc3339(now_us)}
        note |= {"number": uuid.uuid4().hex, "counts": counts}
        steps.begin(note)
        return _expire(steps, note)


def expire_if_due(steps: RemovalSteps, before_us: int, who: str, now_us: int) -> Json | None:
    """As ``expire`` when events, corrections or unreadable records are older; else only what alerts found before goes,
    no file is touched, and the answer is None."""
    counts = steps.older(before_us)
    if counts["events"] or counts["quarantine"] or counts["files"]:
        return expire(steps, before_us, who, now_us)
    if firings := steps.forget_firings(before_us):
        steps.record(who, EXPIRED, {"before": rfc3339(before_us), "firings": firings}, uuid.uuid4().hex)
    return None


def finish(steps: RemovalSteps) -> Json | None:
    """Finish a removal that was cut off; None if there is none."""
    if steps.begun() is None:
        return None
    with steps.alone():
        note = steps.begun()
        if note is None:
            return None
        if note["kind"] == "before":
            return _expire(steps, note)
        return _erase(steps, note, steps.find(read_subject(note["subject"]), lambda _: None))


def _erase(steps: RemovalSteps, note: Json, found: Any) -> Json:
    subject = read_subject(note["subject"])
    steps.remember(found)
    steps.withdraw(found)
    steps.cleanse_log(subject)
    freed = steps.purge()
    state = steps.scrub_state(subject)
    proof = steps.prove(subject)
    facts = {
        "subject_digest": steps.digest(subject),
        **{kind: note["counts"][kind] for kind in _KINDS},
        "first": note["counts"]["first"],
        "last": note["counts"]["last"],
        "state": state,
        "freed_bytes": freed,
        "started": note["started"],
        "proof": {**proof, "left": len(proof["left"])},
    }
    steps.record(subject.replaced(note["who"], "the subject"), ERASED, facts, note["number"])
    steps.finished()
    return {**facts, "subject": subject.text, "proof": proof, "counts": note["counts"]}


def _expire(steps: RemovalSteps, note: Json) -> Json:
    before = int(note["before_us"])
    steps.withdraw_before(before)
    freed = steps.purge()
    firings = steps.forget_firings(before)
    proof = steps.prove_before(before)
    counts = note["counts"]
    facts = {
        "before": rfc3339(before),
        "events": counts["events"],
        "quarantine": counts["quarantine"],
        "firings": firings,
        "freed_bytes": freed,
        "started": note["started"],
        "proof": proof,
    }
    steps.record(note["who"], EXPIRED, facts, note["number"])
    steps.finished()
    return {**facts, "months": counts["months"]}


def _refuse_if_begun(steps: RemovalSteps) -> None:
    if steps.begun() is not None:
        raise UsageError(
            "Another removal has begun and is not finished", remedy="Stop what keeps the folder and start it again."
        )


def _counts(found: FoundRows) -> Json:
    return {
        **{kind: found.count(kind) for kind in _KINDS},
        "feeds": dict(found.feeds.most_common()),
        "columns": dict(found.columns.most_common()),
        "raw": found.columns["raw"],
        "first": rfc3339(found.first_us) if found.first_us is not None else None,
        "last": rfc3339(found.last_us) if found.last_us is not None else None,
    }


def _progress(steps: RemovalSteps, tell: Tell) -> Callable[[int], None]:
    total, done = steps.lake_bytes(), 0

    def read(size: int) -> None:
        nonlocal done
        done += size
        tell({"bytes_done": done, "bytes_total": total})

    return read
