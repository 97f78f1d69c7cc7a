"""The feeds: what each brings, how far behind it is, what of it could not be read, and reading that again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.window import plural
from remit.model.errors import NotFound
from remit.model.event_json import rfc3339
from remit.rooms.query.predicate import EVERYTHING

MOST_FEEDS: Final = 500
MOST_SOURCES: Final = 1_000
"""Files or objects that one retry reads."""
SAMPLES: Final = 20
_SECOND_US: Final = 1_000_000
_LATE_US: Final = 24 * 3600 * _SECOND_US
_WAITS_US: Final = 60 * _SECOND_US
_IN_PLACE: Final = re.compile(r"(?:#\d+|:(?:byte|line|record) \d+)\Z")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries of one feed that are not in the lake yet; ``oldest`` is when the first came, in microseconds."""

    count: int
    size: int
    oldest: int


class FeedStores(Protocol):
    """What is known of feeds besides their events. Times are microseconds since the epoch."""

    def configured(self) -> Sequence[Row]:
        """``{name, target, format, last_read, last_error}`` of each feed that was ever read."""
        ...

    def unread(self) -> Sequence[Row]:
        """What is in quarantine, by feed and reason: ``{feed, reason, count, newest, place, detail, sample}``."""
        ...

    def unread_of(self, feed: str, limit: int) -> Sequence[Row]:
        """Single records in quarantine, newest first: ``{quarantine_id, time, place, reason, detail, sample}``."""
        ...

    def waiting(self) -> Mapping[str, Waiting]:
        """What was pushed and waits, by feed."""
        ...

    def runs(self, limit: int) -> Sequence[Json]:
        """The newest runs of ingest."""
        ...

    def resolve(self, quarantine_ids: Iterable[str]) -> None:
        """These were read after all: they leave the quarantine's list."""
        ...


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """One source read again: records read and stored, and what of it still cannot be read, by quarantine id."""

    read: int
    new: int
    unread: frozenset[str]


Reread = Callable[[str, str, str], ReadAgain | None]
"""(feed, format, place of a source) -> what reading it again gave; None when it is not there any more."""


def feeds(index: EventIndex, stores: FeedStores, *, now_us: int) -> Json:
    """``{feeds: [...], runs, note}``: every feed that was configured or brought an event, the latest events first."""
    brought = {row["feed"]: row for row in index.groups(EVERYTHING, ("feed",), MOST_FEEDS)}
    known = {row["name"]: row for row in stores.configured()}
    unread: dict[Any, list[Row]] = {}
    for row in stores.unread():
        unread.setdefault(row["feed"], []).append(row)
    waiting = stores.waiting()
    names = list(dict.fromkeys([*brought, *known, *unread, *waiting]))
    found = [
        _feed(name, brought.get(name), known.get(name), unread.get(name, ()), waiting.get(name), now_us)
        for name in names
    ]
    found.sort(key=lambda feed: (feed["newest"] or "", feed["name"]), reverse=True)
    return {"feeds": found, "runs": [_run(run) for run in stores.runs(10)], "note": _note(found)}


def feed(index: EventIndex, stores: FeedStores, name: str, *, now_us: int) -> Json:
    """One feed, with its newest unreadable records. Raises NotFound."""
    for each in feeds(index, stores, now_us=now_us)["feeds"]:
        if each["name"] == name:
            records = [{**row, "time": rfc3339(row["time"])} for row in stores.unread_of(name, SAMPLES)]
            return {**each, "records_unread": records}
    raise NotFound(f"There is no feed {name[:80]!r}", remedy="See them with: remit feeds.")


def retry(stores: FeedStores, name: str, reread: Reread) -> Json:
    """Read again the files and objects in which something could not be read, where they are still there.

    What is in quarantine is a redacted sample and a place, so the record itself has to be fetched from its place. One
    that was pushed is not kept anywhere else: its sender has to send it again. Raises NotFound.
    """
    known = {row["name"]: row for row in stores.configured()}
    rows = stores.unread_of(name, 1_000_000)
    if not rows and name not in known:
        raise NotFound(f"There is no feed {name[:80]!r}", remedy="See them with: remit feeds.")
    form = str((known.get(name) or {}).get("format") or "auto")
    by_source: dict[str, list[str]] = {}
    for row in rows:
        by_source.setdefault(source_of(row["place"]), []).append(row["quarantine_id"])
    places = list(by_source)[:MOST_SOURCES]
    again = {place: reread(name, form, place) for place in places}
    there = {place: found for place, found in again.items() if found is not None}
    resolved = [each for place, found in there.items() for each in by_source[place] if each not in found.unread]
    stores.resolve(resolved)
    return {
        "feed": name,
        "unread": len(rows),
        "sources": len(there),
        "gone": len(again) - len(there),
        "left_out": len(by_source) - len(places),
        "read": sum(found.read for found in there.values()),
        "new": sum(found.new for found in there.values()),
        "resolved": len(resolved),
        "still": len(rows) - len(resolved),
        "note": _retried(len(rows), len(resolved), len(there), len(again) - len(there), len(by_source) - len(places)),
    }


def source_of(place: str) -> str:
    """The file or object of a record's place, which may end in its number, line or byte."""
    return _IN_PLACE.sub("", place)


def _feed(
    name: str | None, brought: Row | None, known: Row | None, unread: Sequence[Row], waits: Waiting | None, now_us: int
) -> Json:
    newest = brought["last"] if brought else None
    known = known or {}
    read = known.get("last_read")
    told = {
        "name": name,
        "target": known.get("target"),
        "format": known.get("format"),
        "records": brought["count"] if brought else 0,
        "first": rfc3339(brought["first"]) if brought else None,
        "newest": rfc3339(newest),
        "lag_seconds": _seconds(now_us, newest),
        "last_read": rfc3339(read),
        "arrival_seconds": _seconds(read, newest),
        "last_error": known.get("last_error"),
        "waiting": waits.count if waits else 0,
        "waiting_bytes": waits.size if waits else 0,
        "waiting_seconds": _seconds(now_us, waits.oldest) if waits else None,
        "unread": sum(row["count"] for row in unread),
        "reasons": [{**row, "newest": rfc3339(row["newest"])} for row in unread],
    }
    return {**told, **_state(told)}


def _seconds(later: int | None, earlier: int | None) -> float | None:
    return None if later is None or earlier is None else max(0.0, (later - earlier) / _SECOND_US)


def _state(told: Json) -> Json:
    """``state`` ok, late, unread, waiting, failing or empty, with the sentence that says why."""
    if told["last_error"]:
        return {"state": "failing", "why": told["last_error"]}
    if (told["waiting_seconds"] or 0) * _SECOND_US > _WAITS_US:
        return {"state": "waiting", "why": f"{plural(told['waiting'], 'delivery')} wait longer than a minute."}
    if told["unread"] and not told["records"]:
        return {
            "state": "unread",
            "why": f"None of it is stored; {plural(told['unread'], 'record')} could not be read.",
        }
    if not told["records"]:
        return {"state": "empty", "why": "Nothing of it is stored."}
    if told["lag_seconds"] * _SECOND_US > _LATE_US:
        return {
            "state": "late",
            "why": "Its newest event is older than a day: quiet, not read, or not delivered; the records cannot say.",
        }
    if told["unread"]:
        return {"state": "unread", "why": f"{plural(told['unread'], 'record')} of it could not be read."}
    return {"state": "ok", "why": ""}


def _run(run: Json) -> Json:
    return {name: run[name] for name in ("target", "started", "finished", "counts")}


def _note(found: Sequence[Json]) -> str:
    if not found:
        return "There is no feed yet. Bring records in with remit ingest, remit watch or a delivery to the API."
    stored = plural(sum(feed["records"] for feed in found), "record")
    unread = sum(feed["unread"] for feed in found)
    more = f" The {MOST_FEEDS} busiest are looked at." if len(found) >= MOST_FEEDS else ""
    could_not = f"{plural(unread, 'record')} could not be read" if unread else "nothing is in quarantine"
    return f"{plural(len(found), 'feed')} with {stored}; {could_not}.{more}"


def _retried(rows: int, resolved: int, there: int, gone: int, left_out: int) -> str:
    if not rows:
        return "Nothing of this feed is in quarantine."
    said = [f"{plural(resolved, 'record')} of {rows:,} can be read now and left the quarantine."]
    said.append(f"{plural(there, 'source')} read again.")
    if gone:
        said.append(f"{plural(gone, 'source')} not there any more, or delivered by push: send their records again.")
    if left_out:
        said.append(f"{left_out:,} more sources were not tried: at most {MOST_SOURCES:,} are at once.")
    return " ".join(said)
