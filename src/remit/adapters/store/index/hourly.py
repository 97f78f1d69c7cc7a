"""Questions confined by nothing but time, answered from the counts per hour: whole hours from there, the broken hours
at both ends from the events themselves. The answers are exact, and the same as a scan's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.adapters.store.index.hours import ACT, LISTS, few_values, list_values
from remit.adapters.store.sql import as_timestamp
from remit.model.columns import BY_NAME
from remit.rooms.query.predicate import And, Equals, Not, Predicate, Range, time_bounds

Row = dict[str, Any]
Ask = Callable[[str, Sequence[object]], list[Row]]
HOUR: Final = 3_600_000_000
_ACTS: Final = Not(Equals("counted", False))


@dataclass(frozen=True, slots=True)
class Span:
    """``[low, high)`` in microseconds since the epoch, None for an open end; ``acts``: of records that count only."""

    low: int | None = None
    high: int | None = None
    acts: bool = False

    @property
    def first_whole(self) -> int | None:
        """Where the first whole hour begins."""
        return None if self.low is None else -(-self.low // HOUR) * HOUR

    @property
    def end_whole(self) -> int | None:
        """Where the last whole hour ends."""
        return None if self.high is None else self.high // HOUR * HOUR

    @property
    def has_whole(self) -> bool:
        """Whether there is a whole hour in it."""
        return self.first_whole is None or self.end_whole is None or self.first_whole < self.end_whole

    def within(self, low: int, high: int) -> Span:
        """What of it lies in ``[low, high)``."""
        return Span(
            low if self.low is None else max(low, self.low),
            high if self.high is None else min(high, self.high),
            self.acts,
        )


def span_of(predicate: Predicate) -> Span | None:
    """The span that a predicate is, when it says nothing of any column but the time and whether a record counts."""
    terms = predicate.terms if isinstance(predicate, And) else (predicate,)
    if not all(term == _ACTS or _is_span(term) for term in terms):
        return None
    return Span(*time_bounds(predicate), _ACTS in terms)


def _is_span(term: Predicate) -> bool:
    return isinstance(term, Range) and term.column == "time" and not (term.above or term.closed)


class Hourly:
    """Answers from the tables of ``hours`` over one index. ``ask`` runs SQL with parameters and gives rows."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def tally(self, predicate: Predicate) -> Row | None:
        """``records, acts, denied, first, last``; None when only a scan can tell."""
        span = span_of(predicate)
        if span is None or span.acts or not span.has_whole:
            return None
        hours, params = _whole(span)
        parts = [f"SELECT records, acts, denied, first, last FROM hours WHERE {hours}"]
        for edge, bounds in _edges(span):
            measures = f"count(*), count(*) FILTER (WHERE {ACT}), count(*) FILTER (WHERE denied AND {ACT})"
            parts.append(f'SELECT {measures}, min("time"), max("time") FROM {edge}')
            params += bounds
        sums = ", ".join(
            f"CAST(coalesce(sum({name}), 0) AS BIGINT) AS {name}" for name in ("records", "acts", "denied")
        )
        span_of_time = "epoch_us(min(first)) AS first, epoch_us(max(last)) AS last"
        return self._ask(f"SELECT {sums}, {span_of_time} FROM ({' UNION ALL '.join(parts)})", params)[0]

    def facets(self, predicate: Predicate, columns: Sequence[str], limit: int) -> dict[str, list[Row]] | None:
        """The commonest values of each column; None when only a scan can tell."""
        span = span_of(predicate)
        if span is None or not span.acts or not span.has_whole:
            return None
        counted, params = self._values(span, columns)
        place = "row_number() OVER (PARTITION BY facet ORDER BY sum(count) DESC, value NULLS LAST)"
        ranked = (
            f"SELECT facet, value, CAST(sum(count) AS BIGINT) AS count, CAST(sum(denied) AS BIGINT) AS denied, "
            f"{place} AS place FROM ({counted}) GROUP BY facet, value HAVING sum(count) > 0"
        )
        sql = f"SELECT * FROM ({ranked}) WHERE place <= {int(limit)} ORDER BY facet, place"
        found: dict[str, list[Row]] = {name: [] for name in columns}
        for row in self._ask(sql, params):
            name = row["facet"]
            found[name].append({"value": _value(name, row["value"]), "count": row["count"], "denied": row["denied"]})
        return found

    def histogram(self, predicate: Predicate, low: int, high: int, width: int) -> list[Row] | None:
        """Acts per bucket and source; None when buckets cut hours, or only a scan can tell."""
        span = span_of(predicate)
        if span is None or low % HOUR or width % HOUR:
            return None
        span = span.within(low, high)
        if not span.has_whole:
            return None
        counted, params = self._values(span, ("source",))
        start = f"{int(low)} + (epoch_us(hour) - {int(low)}) // {int(width)} * {int(width)}"
        return self._ask(
            f"SELECT {start} AS start, value AS source, CAST(sum(count) AS BIGINT) AS count, "
            f"CAST(sum(denied) AS BIGINT) AS denied FROM ({counted}) GROUP BY 1, 2 HAVING sum(count) > 0 "
            "ORDER BY start, source",
            params,
        )

    def reaching_back(self, before: int | None, records: int) -> int | None:
        """The beginning of the hour since which at least so many records lie before a time (or before the end of all);
        None when there are not as many."""
        condition, params = ("true", []) if before is None else ("hour < ?", [as_timestamp(before // HOUR * HOUR)])
        so_far = "sum(sum(records)) OVER (ORDER BY hour DESC) AS so_far"
        counted = f"SELECT hour, {so_far} FROM hours WHERE {condition} GROUP BY hour"
        found = self._ask(
            f"SELECT epoch_us(max(hour)) AS hour FROM ({counted}) WHERE so_far >= {int(records)}", params
        )[0]
        hour: int | None = found["hour"]
        return hour

    def _values(self, span: Span, columns: Sequence[str]) -> tuple[str, list[object]]:
        """A relation ``hour, facet, value, count, denied`` of a span, and its parameters."""
        hours, params = _whole(span)
        named = ", ".join(f"'{name}'" for name in columns)
        parts = [f"SELECT hour, facet, value, count, denied FROM hour_values WHERE facet IN ({named}) AND {hours}"]
        scalars = [name for name in columns if name not in LISTS]
        for edge, bounds in _edges(span):
            counted = [few_values(edge, scalars)] if scalars else []
            counted += [list_values(edge, name) for name in columns if name in LISTS]
            parts += counted
            params += bounds * len(counted)
        return " UNION ALL ".join(parts), params


def _whole(span: Span) -> tuple[str, list[object]]:
    """The condition on ``hour`` of the whole hours of a span."""
    bounds = [(span.first_whole, "hour >= ?"), (span.end_whole, "hour < ?")]
    said = [(sql, as_timestamp(edge)) for edge, sql in bounds if edge is not None]
    return " AND ".join(sql for sql, _ in said) or "true", [moment for _, moment in said]


def _edges(span: Span) -> list[tuple[str, list[object]]]:
    """The events of the broken hours at the ends, each a relation with its parameters."""
    ends = ((span.low, span.first_whole), (span.end_whole, span.high))
    relation = '(SELECT * FROM events WHERE "time" >= ? AND "time" < ?)'
    return [
        (relation, [as_timestamp(low), as_timestamp(high)])
        for low, high in ends
        if low is not None and high is not None and low < high
    ]


def _value(column: str, text: str | None) -> object:
    return text == "true" if text is not None and BY_NAME[column].kind == "bool" else text
