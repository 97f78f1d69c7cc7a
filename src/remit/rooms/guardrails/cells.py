"""What a backtest's kernel and a store hand each other: parts of calls with their classes, and labels of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from remit.rooms.guardrails.record import Row, Value

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
    implied: tuple[str, ...] = ()
    """Fields that have one value only for each value of the others, so that a call's class is found without them."""
    edges: tuple[int, ...] = ()
    timed: bool = False
    rows: list[Row] = field(default_factory=list)
    """A row of each class."""
    classes: dict[Values, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of calls: by their cell, or by the values of ``fields`` (and the class of time, if a part is timed) where
    the cell does not settle it. Calls without a label are left out of what is asked by labels."""

    cells: Mapping[Cell, str]
    fields: tuple[str, ...] = ()
    rows: Sequence[tuple[Values, int | None, str]] = ()
