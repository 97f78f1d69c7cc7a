"""What is new to an alert: matches that were not told before, values that no match had before.

A place is ``{epoch, after}``: which life of the index, and the last change that was looked at. What changed since is
read in order, a bounded lot at a time. Memory tells a match that was corrected, and still matches, from one that
matches only now; when the index was rebuilt and every place in it is lost, memory and time tell old from new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from remit.flows.alerting.ports import Alert, AlertBook, WatchedIndex
from remit.flows.questions.ports import Place, Row, Standing
from remit.model.canonical import event_digest
from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.alerts.first import known_key
from remit.rooms.alerts.questions import NewMatches, NewValues
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import Predicate, Range, both

LOT: Final = 10_000
"""Changed rows of one look; more are looked at in the next, at once."""
REMEMBERED: Final = 10_000
"""Matches an alert remembers, the newest; and the most values at which firsts are still told."""
_PAGE: Final = 1000
_LATE_US: Final = 86_400_000_000
"""How late a record may come and still be told, when the index was rebuilt since the last look."""
_NOWHERE: Final[Place] = (0, 0, "")
MOST_COMBINATIONS: Final = 100


@dataclass(slots=True)
class Fresh:
    """The answer to a question about what is new, and what the alert knows after it."""

    rows: list[Row]
    place: dict[str, Any]
    remember: list[tuple[str, int]]
    more: bool = False
    note: str = ""


def start(index: WatchedIndex, predicate: Predicate, question: NewMatches | NewValues) -> Fresh:
    """Where an alert begins: everything stored now is known.

    :raises UsageError: when a value has so many values already that a new one would tell nothing.
    """
    epoch, number = index.sequence
    place: dict[str, Any] = {"epoch": epoch, "after": [number + 1, 0, ""], "horizon": None}
    if isinstance(question, NewValues):
        return Fresh([], place, _values(index, predicate, question))
    rows = index.search(predicate, ("event_id", "time"), REMEMBERED + 1)
    if len(rows) > REMEMBERED:
        place["horizon"] = rows[REMEMBERED - 1]["time"]
    return Fresh([], place, [(row["event_id"], row["time"]) for row in rows[:REMEMBERED]])


def _values(index: WatchedIndex, predicate: Predicate, question: NewValues) -> list[tuple[str, int]]:
    groups = index.groups(predicate, question.by, REMEMBERED + 1, BRIEF)
    if len(groups) > REMEMBERED:
        raise UsageError(
            f"The matches have more than {REMEMBERED:,} different values already, so a new one says little",
            where=", ".join(question.by),
            remedy="Choose another value, or narrow the query.",
        )
    return [(_digest(known_key(question.by, row)), 0) for row in groups]


def fresh(
    index: WatchedIndex, book: AlertBook, alert: Alert, predicate: Predicate, question: NewMatches | NewValues, at: int
) -> Fresh:
    """What is new since the alert's place, at most a lot of it."""
    since = _since(index, alert, at)
    within = predicate
    if since.lost is not None and isinstance(question, NewMatches):
        within = both(predicate, Range("time", low=since.lost))
    columns = (*question.columns, "same_as") if isinstance(question, NewMatches) else question.by
    rows = _changed(index, within, columns, since.after)
    more = len(rows) >= LOT
    reached = _of(rows[-1]) if more else (since.standing[1] + 1, 0, "")
    place = {**alert.place, "epoch": since.standing[0], "after": list(max(reached, since.after))}
    place["lost"] = since.lost if more else None
    if isinstance(question, NewValues):
        return _new_values(book, alert, question, rows, place, more)
    return _new_matches(book, alert, rows, place, more, since)


@dataclass(frozen=True, slots=True)
class _Since:
    """From where on to look: ``lost`` is set while places from before a rebuild are made up for, and is the time of
    the oldest event that may still be told."""

    standing: Standing
    after: Place
    lost: int | None


def _since(index: WatchedIndex, alert: Alert, at: int) -> _Since:
    standing, place = index.sequence, alert.place
    if place.get("epoch") != standing[0]:
        return _Since(standing, _NOWHERE, int(place.get("looked") or at) - _LATE_US)
    return _Since(standing, _place(place["after"]), place.get("lost"))


def _changed(index: WatchedIndex, predicate: Predicate, columns: Sequence[str], after: Place) -> list[Row]:
    rows: list[Row] = []
    while len(rows) < LOT:
        page = index.changed(predicate, columns, after, _PAGE)
        rows += page
        if len(page) < _PAGE:
            break
        after = _of(page[-1])
    return rows


def _new_matches(
    book: AlertBook, alert: Alert, rows: list[Row], place: dict[str, Any], more: bool, since: _Since
) -> Fresh:
    """Rows that were not told, nor another record of the same act."""
    asked = [row["event_id"] for row in rows] + [same for row in rows for same in row["same_as"] or ()]
    known = book.known(alert.id, asked)
    horizon = place.get("horizon")
    told: list[Row] = []
    unsure = 0
    for row in rows:
        if row["event_id"] in known or not known.isdisjoint(row["same_as"] or ()):
            continue
        was_there = since.lost is not None or row["born_seq"] < since.after[0]
        if was_there and horizon is not None and row["time"] <= horizon:
            unsure += 1
            continue
        told.append(row)
        known.add(row["event_id"])
    remember = [(row["event_id"], row["time"]) for row in told]
    return Fresh(told, place, remember, more, _note(since.lost, unsure, horizon))


def _note(lost: int | None, unsure: int, horizon: int | None) -> str:
    """What could not be told apart."""
    said = []
    if lost is not None:
        said.append(
            f"The index was rebuilt since the last look: records of before {rfc3339(lost)} that came meanwhile are "
            "not told."
        )
    if unsure:
        said.append(
            f"{unsure:,} corrected records of up to {rfc3339(horizon)} match; whether they did before is no longer "
            f"known ({REMEMBERED:,} matches are remembered), so they are not told."
        )
    return " ".join(said)


def _new_values(
    book: AlertBook, alert: Alert, question: NewValues, rows: list[Row], place: dict[str, Any], more: bool
) -> Fresh:
    groups: dict[str, Row] = {}
    for row in rows:
        for values in _combinations(question.by, row):
            _add(groups, _digest(known_key(question.by, values)), values, row)
    known = book.known(alert.id, list(groups))
    new = {key: group for key, group in groups.items() if key not in known}
    return Fresh(list(new.values()), place, [(key, group["first"]) for key, group in new.items()], more)


def _combinations(by: Sequence[str], row: Row) -> Iterator[Row]:
    """A row once for each combination of its lists' elements, as grouping by them would give, within bounds."""
    choices: list[Iterable[Any]] = [row[name] if isinstance(row[name], list) else [row[name]] for name in by]
    for count, values in enumerate(product(*(dict.fromkeys(each) for each in choices))):
        if count == MOST_COMBINATIONS:
            return
        yield dict(zip(by, values, strict=True))


def _add(groups: dict[str, Row], key: str, values: Mapping[str, Any], row: Row) -> None:
    time, event_id = row["time"], row["event_id"]
    group = groups.setdefault(key, {**values, "count": 0, "first": time, "last": time, "sample": event_id})
    group["count"] += 1
    group["first"] = min(group["first"], time)
    if (time, event_id) >= (group["last"], group["sample"]):
        group |= {"last": time, "sample": event_id}


def _digest(key: str) -> str:
    return event_digest((key,))


def _of(row: Row) -> Place:
    return int(row["change_seq"]), int(row["time"]), str(row["event_id"])


def _place(written: Sequence[Any]) -> Place:
    return int(written[0]), int(written[1]), str(written[2])
