"""What the page opens with: how much there is, from which sources, over which time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from remit.flows.questions.blast import HOUR_US
from remit.flows.questions.facets import MAX_VALUES, facet_json, facets, known_facet
from remit.flows.questions.population import ACTS
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.window import Window, plural
from remit.model.columns import BY_NAME
from remit.model.event_json import rfc3339
from remit.model.vocabulary import SOURCES
from remit.rooms.query import read_query
from remit.rooms.query.predicate import Glob, Predicate, Range, both, time_bounds, without_time

_DAY: Final = 86_400_000_000
MAX_BUCKETS: Final = 500


def overview(index: EventIndex, text: str, *, now_us: int) -> Json:
    """``{query, records, acts, denied, range: {low, high, first, last}, sources, newest, note}``.

    ``sources`` is ``[{source, count, denied}]``, counting acts, with a row for every source. ``newest`` is set when
    the range asked for is empty while the same question without its range is not: the day up to the newest such
    event, as ``{low, high, query_range, records}``.
    """
    predicate = read_query(text, now_us)
    tally = index.tally(predicate)
    low, high = time_bounds(predicate)
    newest = _newest(index, predicate) if not tally["records"] else None
    return {
        "query": text,
        **{name: tally[name] for name in ("records", "acts", "denied")},
        "range": {
            "low": rfc3339(low),
            "high": rfc3339(high),
            "first": rfc3339(tally["first"]),
            "last": rfc3339(tally["last"]),
        },
        "sources": _sources(index, predicate),
        "newest": newest,
        "note": _note(index, tally["records"], newest),
    }


def facet(index: EventIndex, text: str, column: str, *, now_us: int, limit: int = 20, find: str = "") -> Json:
    """``{column, title, values: [{value, count, denied}], more}``: the commonest values among the acts the query finds;
    with ``find`` those that contain it, without regard to case."""
    size = max(1, min(limit, MAX_VALUES))
    acts = both(read_query(text, now_us), ACTS)
    if not find:
        rows = index.facets(acts, (known_facet(column),), size + 1)[column]
        return facet_json(column, rows, size)
    if BY_NAME[known_facet(column)].kind != "bool":  # of which there are but two
        acts = both(acts, Glob(column, ("", find, ""), fold=True))
    rows = index.facets(acts, (column,), MAX_VALUES + 1)[column]
    mine = [row for row in rows if find.casefold() in str(row["value"]).casefold()]
    return facet_json(column, mine, size) | {"more": len(mine) > size or len(rows) > MAX_VALUES}


def counts(
    index: EventIndex, text: str, columns: Sequence[str], *, now_us: int, limit: int = 20, buckets: int = 60
) -> Json:
    """``{query, records, acts, denied, facets: [facet], histogram, note}``: what a query finds, counted."""
    predicate = read_query(text, now_us)
    tally = index.tally(predicate)
    return {
        "query": text,
        **{name: tally[name] for name in ("records", "acts", "denied")},
        **facets(index, text, columns, now_us=now_us, limit=limit),
        "histogram": _histogram(index, predicate, lambda: tally, buckets),
        "note": None if tally["records"] else nothing_found(index),
    }


def histogram(index: EventIndex, text: str, *, now_us: int, buckets: int = 60) -> Json:
    """``{low, high, origin, bucket_seconds, bars: [{start, source, count, denied}]}`` over the query's or its events'
    range, in at most so many buckets, or one more. Where they last an hour or longer they are whole hours, and the
    first begins at ``origin``, with the hour of ``low``."""
    predicate = read_query(text, now_us)
    return _histogram(index, predicate, lambda: index.tally(predicate), buckets)


def _histogram(index: EventIndex, predicate: Predicate, tallied: Callable[[], Row], buckets: int) -> Json:
    """The bars; ``tallied`` gives the events' own range, where the question bounds none."""
    low, high = time_bounds(predicate)
    if low is None or high is None:
        tally = tallied()
        low = low if low is not None else tally["first"]
        high = high if high is not None else (tally["last"] or 0) + 1
    if low is None or high <= low:
        empty = {"low": rfc3339(low), "high": rfc3339(high), "origin": rfc3339(low)}
        return {**empty, "bucket_seconds": None, "bars": []}
    origin, width, count = _buckets(low, high, max(1, min(buckets, MAX_BUCKETS)))
    within = both(predicate, Range("time", low, high))
    rows = index.histogram(within, origin, origin + width * count, count)
    return {
        "low": rfc3339(low),
        "high": rfc3339(high),
        "origin": rfc3339(origin),
        "bucket_seconds": width / 1_000_000,
        "bars": [{**row, "start": rfc3339(max(low, row["start"]))} for row in rows],
    }


def _buckets(low: int, high: int, most: int) -> tuple[int, int, int]:
    """Where the first bucket begins, how long each is and how many there are. Long ones are whole hours, which people
    read and which counts are kept of."""
    width = -(-(high - low) // most)
    origin = low
    if width >= HOUR_US:
        origin, width = low - low % HOUR_US, -(-width // HOUR_US) * HOUR_US
    return origin, width, -(-(high - origin) // width)


def _sources(index: EventIndex, predicate: Predicate) -> list[dict[str, Any]]:
    found = index.facets(both(predicate, ACTS), ("source",), len(SOURCES) + 1)["source"]
    rows = {row["value"]: row for row in found}
    known = [
        {
            "source": name,
            "count": rows[name]["count"] if name in rows else 0,
            "denied": rows[name]["denied"] if name in rows else 0,
        }
        for name in SOURCES
    ]
    unjudged = [{"source": None, "count": rows[None]["count"], "denied": rows[None]["denied"]}] if None in rows else []
    return known + unjudged


def _newest(index: EventIndex, predicate: Predicate) -> Json | None:
    tally = index.tally(without_time(predicate))
    if not tally["records"]:
        return None
    window = Window(max(0, tally["last"] - _DAY + 1), tally["last"] + 1)
    records = index.tally(both(without_time(predicate), window.within))["records"]
    return {**window.json(), "query_range": window.text(), "records": records, "all_records": tally["records"]}


def _note(index: EventIndex, records: int, newest: Json | None) -> str | None:
    if records:
        return None
    if newest is None:
        return nothing_found(index)
    return (
        f"Nothing in the chosen range; these are the newest {plural(newest['records'], 'record')} that match, "
        f"from {newest['low']} to {newest['high']}."
    )
