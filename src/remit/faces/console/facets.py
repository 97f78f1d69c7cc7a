"""The facets: for each column the values there are, with counts, and the questions that include or leave out each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from remit.faces.console.asking import Ask
from remit.faces.console.ports import ConsoleDesk, Json
from remit.faces.console.words import source_class
from remit.model.columns import BY_NAME
from remit.model.errors import QueryError
from remit.model.vocabulary import POLICY_WORDS
from remit.rooms.query import parse

COLUMNS: Final = (
    "source",
    "actor_kind",
    "agent",
    "actor_name",
    "environment",
    "account",
    "service",
    "action_kind",
    "deny_policy_type",
    "governed",
    "data_source",
)
VALUES: Final = 8
_OPEN: Final = ("source", "actor_kind", "agent", "environment", "deny_policy_type")
_ABSENT_SAYS_NOTHING: Final = ("agent", "deny_policy_type")
_CLOSED_LABELS: Final = {"deny_policy_type": POLICY_WORDS}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value: how often, what the query says of it, and where its links lead (None: no query can name it)."""

    label: str | None
    count: int
    denied: int
    standing: str
    css: str
    toggle: str | None
    exclude: str | None


@dataclass(frozen=True, slots=True)
class Facet:
    """One column's values."""

    column: str
    title: str
    values: tuple[FacetValue, ...]
    more: bool
    open: bool


def read_facets(desk: ConsoleDesk, ask: Ask) -> list[Facet]:
    """Every facet with something to choose, counted over the query less what it says of the facet's own column."""
    answers = desk.facets(ask.text, COLUMNS, VALUES)["facets"]
    found = [_facet(ask, answer) for answer in answers]
    return [facet for facet in found if facet.values]


def _facet(ask: Ask, answer: Json) -> Facet:
    column = answer["column"]
    values = [
        _value(ask, column, row)
        for row in answer["values"]
        if row["value"] is not None or column not in _ABSENT_SAYS_NOTHING
    ]
    if [each for each in values if each.label is None] == values:
        values = []
    chosen = any(each.standing for each in values)
    return Facet(column, BY_NAME[column].facet, tuple(values), answer["more"], chosen or column in _OPEN)


def _value(ask: Ask, column: str, row: dict[str, Any]) -> FacetValue:
    value = row["value"]
    label = None if value is None else _CLOSED_LABELS.get(column, {}).get(value, str(value))
    css = source_class(value) if column == "source" else ""
    try:
        standing = ask.standing(column, value)
        toggle = ask.dropping(column, value) if standing else ask.only(column, value)
        exclude = None if standing else ask.excluding(column, value)
        for each in (toggle, exclude):
            parse(each.q if each else "")
        return FacetValue(
            label, row["count"], row["denied"], standing, css, toggle.url(), exclude.url() if exclude else None
        )
    except QueryError:
        return FacetValue(label, row["count"], row["denied"], "", css, None, None)
