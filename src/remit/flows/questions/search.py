"""Events that answer a query, newest first, page by page; and how far a tail has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from remit.flows.questions.cursor import read_cursor, write_cursor
from remit.flows.questions.ports import EventIndex, Json, Position, Row
from remit.flows.questions.window import plural
from remit.model.event_json import EVENT_COLUMNS, Describe, event_json, rfc3339
from remit.rooms.query import canonical, read_query
from remit.rooms.query.asked import Order
from remit.rooms.query.predicate import EVERYTHING, Predicate

MAX_PAGE: Final = 100_000
"""Events in one answer at most; they are fetched a thousand at a time."""
_BATCH: Final = 1000


def search(
    index: EventIndex,
    describe: Describe,
    text: str,
    *,
    now_us: int,
    limit: int = 50,
    cursor: str | None = None,
) -> Json:
    """``{items: [event], next: cursor or None, total, acts, note}``: every record the query finds, newest first.

    ``total`` counts records and ``acts`` counts what happened: several records of one act are listed, and count once.
    Raises QueryError for a query or cursor that cannot be read.
    """
    predicate = read_query(text, now_us)
    asked = canonical(text)
    after = read_cursor(cursor, asked) if cursor else None
    size = max(1, min(limit, MAX_PAGE))
    rows = list(every_row(index, predicate, EVENT_COLUMNS, limit=size + 1, after=after))
    tally = index.tally(predicate)
    page = rows[:size]
    return {
        "items": [event_json(row, describe) for row in page],
        "next": write_cursor(_position(page[-1]), asked) if len(rows) > size else None,
        "total": tally["records"],
        "acts": tally["acts"],
        "note": _note(index, tally, limit),
    }


def _note(index: EventIndex, tally: Row, limit: int) -> str:
    if not tally["records"]:
        return nothing_found(index)
    said = [f"{plural(tally['records'], 'record')} from {rfc3339(tally['first'])} to {rfc3339(tally['last'])}"]
    if tally["records"] != tally["acts"]:
        said.append(f"of {plural(tally['acts'], 'act')}: several records of one act count once")
    if limit > MAX_PAGE:
        said.append(f"at most {MAX_PAGE:,} are given at a time")
    return "; ".join(said) + "."


def nothing_found(index: EventIndex) -> str:
    """The sentence for an empty answer: what was looked at."""
    store = index.tally(EVERYTHING)
    if not store["records"]:
        return "The store holds no events yet. Bring some in with remit ingest PATH or remit connect aws."
    return (
        f"None of the {plural(store['records'], 'record')} in the store matches; they reach from "
        f"{rfc3339(store['first'])} to {rfc3339(store['last'])}."
    )


def every_row(
    index: EventIndex,
    predicate: Predicate,
    columns: tuple[str, ...],
    *,
    limit: int | None = None,
    after: Position | None = None,
    oldest_first: bool = False,
) -> Iterator[Row]:
    """Rows in order, fetched a thousand at a time so that any number passes through bounded memory."""
    needed = tuple(dict.fromkeys((*columns, "time", "event_id")))
    left = limit
    while left is None or left > 0:
        size = _BATCH if left is None else min(_BATCH, left)
        rows = index.search(predicate, needed, size, Order(after, oldest_first))
        yield from rows
        if len(rows) < size:
            return
        after = _position(rows[-1])
        left = None if left is None else left - len(rows)


def _position(row: dict[str, Any]) -> Position:
    return int(row["time"]), str(row["event_id"])
