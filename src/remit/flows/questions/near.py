"""What a question that finds nothing may have meant: the store's values that are near to those it names."""

from __future__ import annotations

import difflib
from typing import Any, Final

from remit.flows.questions.facets import MAX_VALUES
from remit.flows.questions.overview import facet
from remit.flows.questions.ports import EventIndex, Json
from remit.rooms.query import parse, render
from remit.rooms.query.completion import counted_column
from remit.rooms.query.less import terms_of
from remit.rooms.query.syntax import Node, Term, Value, all_of

_EACH: Final = 3
_TERMS: Final = 8
_SHORTEST: Final = 2
_LIKE: Final = 0.7


def near(index: EventIndex, text: str, *, now_us: int) -> Json:
    """``{suggestions: [{field, asked, value, count, query}]}``: for each value at the query's top level that no act
    has, the values that contain it, else those spelled most like it among the commonest. ``count`` is of acts ever,
    ``query`` the question with the value in its place. Raises QueryError for a query that cannot be read."""
    terms = terms_of(parse(text))
    found: list[Json] = []
    for place, each in enumerate(terms[:_TERMS]):
        if isinstance(each, Term) and each.field and each.value.literal and len(each.value.literal) >= _SHORTEST:
            found += _of_term(index, terms, place, now_us)
    return {"suggestions": found}


def _of_term(index: EventIndex, terms: tuple[Node, ...], place: int, now_us: int) -> list[Json]:
    node: Any = terms[place]
    asked, column = str(node.value.literal), counted_column(node.field)
    if column is None:
        return []
    holding = facet(index, "", column, now_us=now_us, limit=MAX_VALUES, find=asked)["values"]
    if any(str(row["value"]).casefold() == asked.casefold() for row in holding):
        return []
    rows = holding or _alike(facet(index, "", column, now_us=now_us, limit=MAX_VALUES)["values"], asked)
    found = []
    for row in rows[:_EACH]:
        value = str(row["value"])
        instead = (*terms[:place], Term(node.field, Value((value,))), *terms[place + 1 :])
        told = {"field": node.field, "asked": asked, "value": value, "count": row["count"]}
        found.append({**told, "query": render(all_of(instead))})
    return found


def _alike(rows: list[Json], asked: str) -> list[Json]:
    by_spelling = {str(row["value"]).casefold()[:200]: row for row in rows if row["value"] is not None}
    close = difflib.get_close_matches(asked.casefold()[:200], by_spelling, _EACH, _LIKE)
    return [by_spelling[each] for each in close]
