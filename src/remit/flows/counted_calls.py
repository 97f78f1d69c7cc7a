"""Stored calls, counted by what policies look at: what backtests, causes of denials and permissions ask of a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from remit.rooms.guardrails.cells import Values
from remit.rooms.query.predicate import Predicate

Row = dict[str, Any]


class CountedCalls(Protocol):
    """Fields are those of ``rooms.guardrails.record``. Rows have ``count``, ``denied`` (how many of them were),
    ``first`` and ``last`` (microseconds) beside what each question names. Every count is exact."""

    def operations(self, predicate: Predicate) -> list[Row]:
        """Rows with ``provider``, ``service``, ``operation``, ``permissions`` (a field) and ``counted``, of all
        events."""
        ...

    def distinct(
        self,
        predicate: Predicate,
        fields: Sequence[str],
        calls: Sequence[Values] | None = None,
        commonest: int | None = None,
    ) -> list[Row]:
        """Rows with ``values``, one for each distinct combination of fields, of events that needed a permission; of
        these ``calls``, each (service, operation), if given; the commonest alone if so many are asked for."""
        ...
