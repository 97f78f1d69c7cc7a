"""What a backtest's kernel and a store hand each other: parts of calls with their classes, and labels of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from remit.rooms.guardrails.record import CONTEXT, LISTS, MADE, MARKER, Row, Value

Values = tuple[Value, ...]
Cell = tuple[int, ...]
"""A class of each part, in the parts' order."""


@dataclass(slots=True)
class Part:
    """Fields that settle some of the answers together, and the class of each distinct combination of their values.

    The part of time alone may be ``timed``: its classes are the stretches between ``edges`` (seconds), class n from the
    n-th on, and a call's class is how many edges are not after it.
    """

    fields: tuple[str, ...]
    keys: tuple[str, ...]
    edges: tuple[int, ...] = ()
    timed: bool = False
    rows: list[Row] = field(default_factory=list)
    """A row of each class."""
    classes: dict[Values, int] = field(default_factory=dict)
    telling: tuple[tuple[str, ...], Mapping[Values, int]] = ((), MappingProxyType({}))
    """Fields that are enough to tell the class, and the class of each combination of their values: ``told``."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """How calls that no cell settles are told apart: by their values of ``fields`` and their classes of ``parts``
    (given by their places). Calls that agree in both are judged alike, by the values that one has of ``judged``."""

    fields: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    judged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of calls: by their cell, or where that does not settle it by their values and classes as ``kinds`` says.
    Calls without a label are left out of what is asked by labels."""

    cells: Mapping[Cell, str]
    kinds: Kinds = Kinds()
    rows: Sequence[tuple[Values, Cell, str]] = ()


def told(fields: tuple[str, ...], classes: Mapping[Values, int]) -> tuple[tuple[str, ...], Mapping[Values, int]]:
    """Fields that are enough to tell the class of every combination that there is, and the classes by them: a field is
    left out when no two combinations that differ in it alone are of two classes. What is made of columns is left out
    before a column, a column of many values before one of few."""
    many = {name: len({values[at] for values in classes}) for at, name in enumerate(fields)}
    for name in sorted(fields, key=lambda each: (_is_made(each), many[each]), reverse=True):
        fewer = _without(fields.index(name), classes)
        if fewer is not None:
            fields, classes = tuple(each for each in fields if each != name), fewer
    return fields, classes


def _without(at: int, classes: Mapping[Values, int]) -> dict[Values, int] | None:
    """The classes without one field; None when that field makes a difference."""
    found: dict[Values, int] = {}
    for values, number in classes.items():
        if found.setdefault(values[:at] + values[at + 1 :], number) != number:
            return None
    return found


def _is_made(name: str) -> bool:
    return name in LISTS or name.startswith((CONTEXT, MARKER)) or name in MADE
