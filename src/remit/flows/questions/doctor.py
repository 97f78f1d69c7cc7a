"""Is the answer to be trusted: what is marked, what arrives, what could not be read, what disagrees."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from remit.flows.questions.agents import unmarked
from remit.flows.questions.novelty import HOUR_US
from remit.flows.questions.ports import ASKING, HOUR, EventIndex, Json, StoreFigures
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import EVERYTHING

_DAY_US: Final = 24 * HOUR_US
_STALE_US: Final = _DAY_US
_GAP_US: Final = _DAY_US
_WARN_SHARE: Final = 0.2
_MAX_FEEDS: Final = 100
_MAX_HOURS: Final = 20_000
_WEEK: Final = 7


def doctor(index: EventIndex, figures: StoreFigures, *, now_us: int) -> list[Json]:
    """``[{check, status: ok|warn|bad|unknown, finding, do}]`` in a stable order. Markers and gaps are of the week up to
    the newest event."""
    store = index.tally(EVERYTHING)
    if not store["records"]:
        return [
            _check("events", "bad", "The store holds no events.", "Run remit ingest PATH or remit connect aws."),
            *_quarantine(figures),
            *_versions(figures),
        ]
    week = Window(max(0, store["last"] + 1 - _WEEK * _DAY_US), store["last"] + 1)
    return [
        _check(
            "events",
            "ok",
            f"{plural(store['records'], 'record')} from {rfc3339(store['first'])} to {rfc3339(store['last'])}.",
            None,
        ),
        *_markers(index, week),
        *_feeds(index, now_us),
        *_gaps(index, week),
        *_quarantine(figures),
        *_versions(figures),
        *_rules(index, figures),
    ]


def _check(check: str, status: str, finding: str, do: str | None) -> Json:
    return {"check": check, "status": status, "finding": finding, "do": do}


def _markers(index: EventIndex, week: Window) -> list[Json]:
    seen = unmarked(index, week)
    if not seen["changes"]:
        return [_check("markers", "unknown", "No changes in the newest week.", None)]
    share = seen["unmarked_changes"] / seen["changes"]
    status = "warn" if share > _WARN_SHARE else "ok"
    finding = f"{share:.0%} of the newest week's changes are unmarked. {seen['sentence']}"
    do = "Map the busiest principal: remit identities suggest." if share else None
    advised = [
        _check("settings", "warn", "Unmarked changes that a setting would mark.", sentence)
        for sentence in seen["settle"]
    ]
    return [_check("markers", status, finding, do), *advised]


def _feeds(index: EventIndex, now_us: int) -> list[Json]:
    return [_feed(row, now_us) for row in index.groups(EVERYTHING, ("feed",), _MAX_FEEDS)]


def _feed(row: dict[str, Any], now_us: int) -> Json:
    late = now_us - row["last"]
    finding = f"{plural(row['count'], 'record')}, the newest of {rfc3339(row['last'])}."
    if late > _STALE_US:
        return _check(
            f"feed {row['feed']}",
            "warn",
            f"{finding} That is {late // _DAY_US} days ago.",
            "Ingest its newer records; if it should be live, see that the feed still delivers.",
        )
    return _check(f"feed {row['feed']}", "ok", finding, None)


def _gaps(index: EventIndex, week: Window) -> list[Json]:
    """The longest silence of each feed within the week; quiet and missing look the same, and it says so."""
    rows = index.groups(week.within, ("feed", HOUR), _MAX_HOURS)
    spans: dict[Any, list[tuple[int, int]]] = {}
    for row in rows:
        spans.setdefault(row["feed"], []).append((row["first"], row["last"]))
    return [_gap(feed, sorted(found)) for feed, found in sorted(spans.items(), key=lambda item: str(item[0]))]


def _gap(feed: str, spans: list[tuple[int, int]]) -> Json:
    silences = [(later[0] - earlier[1], earlier[1], later[0]) for earlier, later in pairwise(spans)]
    length, begin, end = max(silences, default=(0, 0, 0))
    if length < _GAP_US:
        return _check(
            f"gaps {feed}",
            "ok",
            f"No silence of a day in the newest week; the longest is {length // HOUR_US} hours.",
            None,
        )
    return _check(
        f"gaps {feed}",
        "warn",
        f"No record from {rfc3339(begin)} to {rfc3339(end)} ({length // HOUR_US} "
        "hours): quiet or missing, the records cannot say.",
        "See whether the source has files of that time.",
    )


def _quarantine(figures: StoreFigures) -> list[Json]:
    rows = list(figures.quarantine())
    if not rows:
        return [_check("quarantine", "ok", "Nothing is in quarantine.", None)]
    return [_unread(row) for row in rows[:_MAX_FEEDS]]


def _unread(row: Mapping[str, Any]) -> Json:
    sample = f", such as {row['sample']}" if row.get("sample") else ""
    finding = f"{plural(row['count'], 'record')} of feed {row.get('feed')} could not be read: {row['reason']}{sample}"
    return _check(
        f"quarantine {row['reason']}",
        "warn",
        finding if finding.endswith(".") else f"{finding}.",
        "See whether the feed's format is right; the rest of its records went in.",
    )


def _versions(figures: StoreFigures) -> list[Json]:
    known = figures.versions()
    lake, index, keeper = known.get("lake"), known.get("index"), known.get("keeper")
    checks = [
        _check(
            "keeper",
            "ok",
            _kept(keeper),
            None,
        )
    ]
    if place := known.get("place"):
        checks.append(_check("lake", "ok", f"The lake lies at {place}.", None))
    if lake is None or index is None:
        return [
            *checks,
            _check(
                "index",
                "unknown",
                f"Lake version {lake}, index version {index}.",
                "Run a command that takes the lease, such as remit ingest, and look again.",
            ),
        ]
    if lake != index:
        return [
            *checks,
            _check(
                "index",
                "warn",
                f"The index stands at lake version {index}, the lake at {lake}.",
                "It catches up by itself while a keeper runs: remit up.",
            ),
        ]
    return [*checks, _check("index", "ok", f"Lake and index both stand at version {lake}.{_rebuilt(known)}", None)]


def _rebuilt(known: Mapping[str, Any]) -> str:
    """That the index had a gap once, as a sentence to add."""
    rebuilt = known.get("rebuilt")
    return f" It was rebuilt from the lake at {rebuilt['at']}: {rebuilt['why']}." if rebuilt else ""


def _kept(keeper: Any) -> str:
    """Who keeps the data folder, as a sentence."""
    if not keeper:
        return "No process keeps the data folder now."
    if isinstance(keeper, Mapping) and keeper.get("role") == ASKING:
        return "No other process keeps the data folder: this command opened it by itself."
    return f"The data folder is kept by {_holder(keeper)}."


def _holder(keeper: Any) -> str:
    """Who holds the lease, in words: ``a server, process 4711, since 2026-11-20T12:51:59Z``."""
    if not isinstance(keeper, Mapping):
        return str(keeper)
    role = "a server" if keeper.get("role") == "server" else keeper.get("role") or "a process"
    started = str(keeper.get("started") or "").replace("+00:00", "Z")
    pid = keeper.get("pid")
    return ", ".join(filter(None, (role, f"process {pid}" if pid else "", f"since {started}" if started else "")))


def _rules(index: EventIndex, figures: StoreFigures) -> list[Json]:
    rows = index.groups(EVERYTHING, ("rules_version",), 20, BRIEF)
    current = figures.versions().get("rules")
    shown = ", ".join(f"{row['rules_version'] or 'none'}: {row['count']:,}" for row in rows)
    stale = sum(row["count"] for row in rows if row["rules_version"] != current)
    if current is None:
        return [_check("rules", "unknown", f"Records by rules version: {shown}.", None)]
    if stale:
        return [
            _check(
                "rules",
                "warn",
                f"{plural(stale, 'record')} judged by other rules than the current {current} ({shown}).",
                "Run remit reattribute.",
            )
        ]
    return [_check("rules", "ok", f"Every record is judged by the current rules, {current}.", None)]
