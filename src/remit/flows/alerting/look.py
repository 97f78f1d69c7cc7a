"""One look of one alert: ask, answer, judge, and write down what is to be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from remit.flows.alerting.answers import answer_past
from remit.flows.alerting.facts import facts_of, grown
from remit.flows.alerting.fresh import Fresh, fresh, start
from remit.flows.alerting.ports import Alert, AlertBook, Json, Look, WatchedIndex
from remit.flows.alerting.query import watched
from remit.rooms.alerts import Settled, judge, look_at, needs, settle, step_of
from remit.rooms.alerts.questions import NewMatches, NewValues
from remit.rooms.query.predicate import EVERYTHING

_MISSED: Final = 48
"""Looks by the clock that are caught up with after a pause; what is further back is left."""


def begin(index: WatchedIndex, alert: Alert, now_us: int) -> Look:
    """Where a new or changed alert starts: nothing that is stored now is told.

    :raises QueryError: when its query cannot be read. :raises UsageError: when it cannot be watched.
    """
    predicate = watched(alert.query, now_us)
    asked = needs(alert.watch, now_us)[0]
    if isinstance(asked, (NewMatches, NewValues)):
        found = start(index, predicate, asked)
        return Look({**found.place, "looked": now_us}, remember=found.remember)
    return Look({"end": look_at(alert.watch, until(index, now_us)), "looked": now_us})


def until(index: WatchedIndex, now_us: int) -> int:
    """Where windows end: at the newest record, so that late delivery is not taken for quiet; never after now."""
    newest = index.tally(EVERYTHING)["last"]
    return now_us if newest is None else min(now_us, int(newest) + 1)


def look(index: WatchedIndex, book: AlertBook, alert: Alert, now_us: int, newest: int) -> bool:
    """Look once and write it down; ``newest`` is where windows end (see ``until``). True when there is more to look
    at already. Raises QueryError, UsageError, StoreError as the question does."""
    predicate = watched(alert.query, now_us)
    asked = needs(alert.watch, now_us)[0]
    if isinstance(asked, (NewMatches, NewValues)):
        found = fresh(index, book, alert, predicate, asked, now_us)
        if not found.rows and found.place["after"] == alert.place.get("after") and not alert.last_error:
            return False
        return _told(book, alert, asked, found, now_us) and found.more
    return _by_the_clock(index, book, alert, predicate, now_us, newest)


def _told(book: AlertBook, alert: Alert, asked: NewMatches | NewValues, found: Fresh, now_us: int) -> bool:
    judged = judge(alert.watch, (asked,), (found.rows,))
    settled = settle(alert.watch, judged.findings, book.began(alert.id), now_us)
    place = {**found.place, "looked": now_us, "note": found.note}
    return _record(book, alert, Look(place, remember=found.remember), settled, now_us)


def _by_the_clock(index: WatchedIndex, book: AlertBook, alert: Alert, predicate: Any, now_us: int, newest: int) -> bool:
    """Every look due since the last, each with its own window."""
    step = step_of(alert.settings.micros("window"), 12 if alert.watch.kind == "rate" else 4)
    end = look_at(alert.watch, newest)
    last = int(alert.place.get("end") or end)
    if end <= last and not alert.last_error:
        return False
    place: Json = {**alert.place, "looked": now_us}
    for at in range(max(last + step, end - _MISSED * step), end + 1, step) or (end,):
        questions = needs(alert.watch, at)
        judged = judge(alert.watch, questions, [answer_past(index, predicate, each) for each in questions])
        settled = settle(alert.watch, judged.findings, book.began(alert.id), at)
        place = {**place, "end": at, "note": judged.note}
        if not _record(book, alert, Look(place), settled, at):
            return False
        alert = replace(alert, place=place)
    return False


def _record(book: AlertBook, alert: Alert, seen: Look, settled: Settled, at: int) -> bool:
    fired = [(found, facts_of(alert, found)) for found in settled.fired]
    told = book.facts(alert.id, settled.again) if settled.again else {}
    again = {
        name: (found.count, grown(alert, told[name], found)) for name, found in settled.again.items() if name in told
    }
    return book.record(alert, replace(seen, fired=fired, again=again), at)
