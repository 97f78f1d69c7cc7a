"""What a backtest needs of a store: calls counted by what policies look at. Every count is exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from remit.flows.counted_calls import CountedCalls
from remit.rooms.guardrails.cells import Cell, Kinds, Labels, Part, Values
from remit.rooms.query.predicate import Predicate

Row = dict[str, Any]
Json = dict[str, Any]


class ContextStore(CountedCalls, Protocol):
    """Rows and fields are as ``CountedCalls`` says; ``calls`` are (service, operation)."""

    def pinned(self) -> ContextStore:
        """The same store without what arrives from now on: questions that follow are of one set of events."""
        ...

    def cells(self, predicate: Predicate, parts: Sequence[Part], calls: Sequence[Values]) -> list[Row]:
        """Rows with ``values``, a class of each part."""
        ...

    def combinations(
        self,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        cells: Sequence[Cell],
        kinds: Kinds,
    ) -> Iterator[list[Row]]:
        """Batches of rows, one for each kind of the calls in these cells, with ``values``, ``classes`` and ``judged``
        (the values of one of its calls)."""
        ...

    def breakdown(
        self,
        predicate: Predicate,
        parts: Sequence[Part],
        calls: Sequence[Values],
        labels: Labels,
        by: Sequence[Sequence[str]],
        limit: int,
    ) -> dict[int, list[Row]]:
        """For each set of columns, by its place, rows with ``label``, ``values`` and ``values_in_all`` (how many there
        are under the label), most calls first, at most ``limit`` under each label."""
        ...

    def samples(
        self, predicate: Predicate, parts: Sequence[Part], calls: Sequence[Values], labels: Labels, limit: int
    ) -> list[Row]:
        """The newest events under each label, in columns for people."""
        ...
