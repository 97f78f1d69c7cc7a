"""The commonest values of many columns at once, each counted over the query less what it says of the column itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from remit.flows.questions.population import ACTS
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.model.columns import BY_NAME, FACETS
from remit.model.errors import UsageError
from remit.rooms.query import parse, plan
from remit.rooms.query.less import without_column
from remit.rooms.query.predicate import Predicate, both

MAX_VALUES: Final = 200
_NAMES: Final = tuple(column.name for column in FACETS)


def facets(index: EventIndex, text: str, columns: Sequence[str] = (), *, now_us: int, limit: int = 20) -> Json:
    """``{facets: [{column, title, values: [{value, count, denied}], more}]}``, in the order asked (every facet when
    none is named): what a person may choose next, so a value already chosen does not hide its neighbours.

    Counts are exact and of acts. Columns of which the query says nothing are counted together, in one reading.
    Raises QueryError for a query that cannot be read, UsageError for a column that is no facet.
    """
    asked = _known(columns)
    size = max(1, min(limit, MAX_VALUES))
    counted: dict[str, list[Row]] = {}
    for predicate, together in _by_predicate(text, asked, now_us).items():
        counted |= index.facets(both(predicate, ACTS), together, size + 1)
    return {"facets": [facet_json(column, counted[column], size) for column in asked]}


def facet_json(column: str, rows: list[Row], size: int) -> Json:
    """One facet's answer from at most ``size + 1`` rows ``{value, count, denied}``."""
    return {"column": column, "title": BY_NAME[column].facet, "values": rows[:size], "more": len(rows) > size}


def known_facet(column: str) -> str:
    """The column's name. Raises UsageError when it is no facet."""
    if column not in _NAMES:
        raise UsageError(f"There is no facet {column[:60]!r}", remedy=f"One of {', '.join(_NAMES)}.")
    return column


def _known(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known_facet(column) for column in columns)) or _NAMES


def _by_predicate(text: str, columns: Sequence[str], now_us: int) -> dict[Predicate, list[str]]:
    """The columns that are counted over the same events."""
    node = parse(text)
    found: dict[Any, list[str]] = {}
    for column in columns:
        found.setdefault(plan(without_column(node, column), text, now_us), []).append(column)
    return found
