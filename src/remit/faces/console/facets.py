"""The facets: for each column the values there are, with counts, and the questions that include or leave out each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from remit.faces.console.asking import Ask, address
from remit.faces.console.ports import ConsoleDesk, Json
from remit.faces.console.words import source_class
from remit.model.columns import BY_NAME
from remit.model.errors import QueryError
from remit.model.vocabulary import POLICY_WORDS, SOURCE_GROUPS
from remit.rooms.query import parse

COLUMNS: Final = (
    "source",
    "denied",
    "actor_kind",
    "agent",
    "actor_name",
    "environment",
    "account",
    "region",
    "owner",
    "resource_types",
    "action_kind",
    "service",
    "operation",
    "governed",
    "deny_policy_type",
    "data_source",
)
VALUES: Final = 8
_OPEN: Final = ("source", "denied", "agent", "actor_name", "environment", "action_kind", "deny_policy_type")
_ABSENT_SAYS_NOTHING: Final = ("agent", "deny_policy_type")
_LABELS: Final[dict[str, dict[Any, str]]] = {
    "deny_policy_type": dict(POLICY_WORDS),
    "denied": {True: "denied", False: "not denied"},
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value: how often, what the query says of it, and where its links lead (None: no query can name it, or the
    link would ask what another one asks)."""

    label: str
    absent: bool
    count: int
    denied: int
    standing: str
    css: str
    toggle: str | None
    only: str | None
    exclude: str | None
    key: str


@dataclass(frozen=True, slots=True)
class Group:
    """Values that stand together under a name, such as the sources of the cloud; ``only`` asks for all of them."""

    name: str
    only: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Facet:
    """One column's values, in groups where it has some. ``all`` leads to more of them."""

    column: str
    title: str
    groups: tuple[Group, ...]
    more: bool
    open: bool
    all: str

    @property
    def values(self) -> tuple[FacetValue, ...]:
        """The values of every group."""
        return tuple(value for group in self.groups for value in group.values)


def read_facets(desk: ConsoleDesk, ask: Ask) -> list[Facet]:
    """Every facet with something to choose, counted over the query less what it says of the facet's own column."""
    answers = desk.facets(ask.text, COLUMNS, VALUES)["facets"]
    found = [_facet(ask, answer) for answer in answers]
    return [facet for facet in found if facet.values]


def _facet(ask: Ask, answer: Json) -> Facet:
    column = answer["column"]
    rows = [row for row in answer["values"] if row["value"] is not None or column not in _ABSENT_SAYS_NOTHING]
    if all(row["value"] is None for row in rows):
        rows = []
    groups = _by_source(ask, rows) if column == "source" else [Group("", "", facet_values(ask, column, rows))]
    chosen = any(value.standing for group in groups for value in group.values)
    every = address(f"/values/{column}", **{name: value for name, value in ask.asked().items() if value})
    return Facet(column, BY_NAME[column].facet, tuple(groups), answer["more"], chosen or column in _OPEN, every)


def facet_values(ask: Ask, column: str, rows: Iterable[Json]) -> tuple[FacetValue, ...]:
    """The values of a facet's answer with the questions they lead to."""
    return tuple(_value(ask, column, row) for row in rows)


def _by_source(ask: Ask, rows: list[Json]) -> list[Group]:
    """The sources of the cloud, those of code, and what is neither."""
    left = {row["value"]: row for row in rows}
    groups = []
    for name, sources in SOURCE_GROUPS.items():
        mine = [row for source, row in left.items() if source in sources]
        if mine:
            groups.append(Group(name, ask.any_of("source", sources).url(), facet_values(ask, "source", mine)))
    grouped = {source for sources in SOURCE_GROUPS.values() for source in sources}
    other = [row for source, row in left.items() if source not in grouped]
    return [*groups, Group("", "", facet_values(ask, "source", other))] if other else groups


def _value(ask: Ask, column: str, row: Json) -> FacetValue:
    value = row["value"]
    absent = value is None
    label = f"no {BY_NAME[column].facet.lower()}" if absent else _LABELS.get(column, {}).get(value, str(value))
    css = source_class(value) if column == "source" else ""
    standing, toggle, only, exclude = _questions(ask, column, value)
    key = f"{column}={'' if absent else value}"[:80]
    return FacetValue(label, absent, row["count"], row["denied"], standing, css, toggle, only, exclude, key)


def _questions(ask: Ask, column: str, value: object) -> tuple[str, str | None, str | None, str | None]:
    """What the query says of a value, and the addresses that turn that round, ask for it alone, and leave it out."""
    try:
        standing, alone = ask.standing(column, value), ask.only(column, value)
        toggle = ask.dropping(column, value) if standing else ask.including(column, value)
        exclude = None if standing == "excluded" else ask.excluding(column, value)
        for each in (toggle, alone, exclude):
            parse(each.q if each else "")
    except QueryError:
        return "", None, None, None
    only = alone.url() if alone.q not in (toggle.q, ask.q) else None
    return standing, toggle.url(), only, exclude.url() if exclude else None
