"""The dry run: what an alert would have told in a stretch of the past, had every record come when it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from typing import Any, Final

from remit.flows.alerting.answers import AgentReach, history_start, reach, reaches
from remit.flows.alerting.facts import facts_of
from remit.flows.alerting.look import until
from remit.flows.alerting.ports import Alert, Json, WatchedIndex
from remit.flows.alerting.query import watched
from remit.flows.questions.ports import Row
from remit.flows.questions.search import every_row
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.rooms.alerts import Judgement, judge, look_at, needs, settle, step_of
from remit.rooms.alerts.questions import Counts, NewMatches, NewValues, Reach
from remit.rooms.query.asked import Grouping
from remit.rooms.query.predicate import Predicate, Range, both

DAYS: Final = 30
_DAY_US: Final = 86_400_000_000
_MINUTE_US: Final = 60_000_000
_MOST_ROWS: Final = 20_000
_MOST_VALUES: Final = 1000
_SHOWN: Final = 10
Looks = Iterator[tuple[int, Judgement]]
OutOfTime = Callable[[], bool]
"""Whether the dry run has taken as long as it may."""


@dataclass(slots=True)
class _Rehearsal:
    """One dry run: the alert over ``[low, high)``, and what it says about its own limits."""

    index: WatchedIndex
    alert: Alert
    predicate: Predicate
    low: int
    high: int
    out_of_time: OutOfTime
    notes: list[str] = field(default_factory=list)


def rehearse(
    index: WatchedIndex, alert: Alert, now_us: int, out_of_time: OutOfTime = lambda: False, days: int = DAYS
) -> Json:
    """``{from, to, days, matches, firings, shown: [{at, sentence, count, query}], note}``: matching acts of the last
    ``days`` up to the newest record, and messages that would have been sent; the newest of them are shown. Raises
    QueryError and UsageError as saving the alert would."""
    high = until(index, now_us)
    run = _Rehearsal(index, alert, watched(alert.query, now_us), high - days * _DAY_US, high, out_of_time)
    matches = index.tally(both(run.predicate, Range("time", run.low, run.high)))["acts"]
    began: dict[str, int] = {}
    told: list[Json] = []
    quiet = ""
    for at, judged in _looks(run):
        settled = settle(alert.watch, judged.findings, began, at)
        began |= {each.fingerprint: at for each in settled.fired}
        told += [{"at": rfc3339(at), **facts_of(alert, each)} for each in settled.fired]
        quiet = judged.note
    return {
        "from": rfc3339(run.low),
        "to": rfc3339(run.high),
        "days": days,
        "matches": matches,
        "firings": len(told),
        "shown": told[: -_SHOWN - 1 : -1],
        "note": " ".join(each for each in (*run.notes, quiet if not told else "") if each),
    }


def _looks(run: _Rehearsal) -> Looks:
    asked = needs(run.alert.watch, run.high)[0]
    if isinstance(asked, NewMatches):
        return _of_matches(run, asked)
    if isinstance(asked, NewValues):
        return _of_values(run, asked)
    return _of_counts(run) if isinstance(asked, Counts) else _of_reach(run)


def _of_matches(run: _Rehearsal, asked: NewMatches) -> Looks:
    """One look for each minute that has matches."""
    within = both(run.predicate, Range("time", run.low, run.high))
    newest = list(every_row(run.index, within, asked.columns, limit=_MOST_ROWS + 1))
    if len(newest) > _MOST_ROWS:
        run.notes.append(f"Only the newest {_MOST_ROWS:,} matches were looked at.")
    for at, rows in _by_minute(reversed(newest[:_MOST_ROWS]), "time"):
        yield at, judge(run.alert.watch, (asked,), (rows,))


def _of_values(run: _Rehearsal, asked: NewValues) -> Looks:
    """One look for each minute in which a value came up for the first time."""
    so_far = both(run.predicate, Range("time", high=run.high))
    rows = run.index.groups(so_far, asked.by, _MOST_VALUES + 1, Grouping(first_since=run.low))
    if len(rows) > _MOST_VALUES:
        run.notes.append(f"Only the {_MOST_VALUES:,} commonest new values were looked at.")
    for at, found in _by_minute(sorted(rows[:_MOST_VALUES], key=lambda row: int(row["first"])), "first"):
        yield at, judge(run.alert.watch, (asked,), (found,))


def _by_minute(rows: Iterable[Row], column: str) -> Iterator[tuple[int, list[Row]]]:
    for minute, found in groupby(rows, key=lambda row: int(row[column]) // _MINUTE_US):
        yield (minute + 1) * _MINUTE_US, list(found)


def _of_counts(run: _Rehearsal) -> Looks:
    """Every look that the clock would have brought, from one histogram."""
    ends, step = _grid(run, 12)
    start = history_start(run.index)
    if not ends:
        return
    asked = _counts_at(run, ends[0])
    low = ends[0] - asked.windows * asked.width
    buckets = (ends[-1] - low) // step
    filled = [0] * buckets
    for row in run.index.histogram(run.predicate, low, ends[-1], buckets):
        filled[(row["start"] - low) // step] += row["count"]
    total = [0, *accumulate(filled)]
    per_window = asked.width // step
    for position, end in enumerate(ends):
        edges = range(position, position + asked.windows * per_window + 1, per_window)
        counts = [total[edge] - total[edge - per_window] for edge in edges[1:]]
        questions = needs(run.alert.watch, end)
        yield end, judge(run.alert.watch, questions, (counts, start))


def _counts_at(run: _Rehearsal, end: int) -> Counts:
    asked = needs(run.alert.watch, end)[0]
    assert isinstance(asked, Counts)  # noqa: S101 - what a rate asks
    return asked


def _of_reach(run: _Rehearsal) -> Looks:
    """As ``_of_counts``; a window that several looks share is read once."""
    ends, _ = _grid(run, 4)
    start = history_start(run.index)
    read: dict[int, AgentReach] = {}

    def once(window: Window) -> AgentReach:
        if window.low not in read:
            read[window.low] = reach(run.index, run.predicate, window) if window.high > (start or 0) else {}
        return read[window.low]

    for end in ends:
        if run.out_of_time():
            run.notes.append(f"It took too long: only up to {rfc3339(end)} was looked at.")
            return
        questions = needs(run.alert.watch, end)
        asked: Any = questions[0]
        assert isinstance(asked, Reach)  # noqa: S101 - what a blast radius asks
        yield end, judge(run.alert.watch, questions, (reaches(once, asked), start))


def _grid(run: _Rehearsal, parts: int) -> tuple[list[int], int]:
    """Where the looks of the stretch stand, and how far they are apart."""
    step = step_of(run.alert.settings.micros("window"), parts)
    last = look_at(run.alert.watch, run.high)
    first = run.low - run.low % step + step
    return list(range(first, last + 1, step)), step


def summary(found: Json) -> str:
    """A dry run in a sentence."""
    fired = plural(found["firings"], "message") if found["firings"] else "no message"
    return (
        f"In the {found['days']} days up to {found['to'][:16].replace('T', ' ')} UTC {plural(found['matches'], 'act')} "
        f"matched; this alert would have sent {fired}."
    )
