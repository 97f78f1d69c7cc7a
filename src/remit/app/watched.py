"""The index as alerting asks for it: its events, and what of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from remit.adapters.store.index.changes import IndexChanges
from remit.adapters.store.index.index import Index
from remit.adapters.store.index.lookups import KeyedDialect
from remit.adapters.store.index.narrowed import QuickReader
from remit.flows.questions.ports import Place, Standing
from remit.rooms.query.predicate import Predicate


class WatchedEvents(QuickReader):
    """``flows.alerting.ports.WatchedIndex`` over the index of a store."""

    def __init__(self, index: Index) -> None:
        super().__init__(index, KeyedDialect())  # as ``reader_of`` reads it
        self._changes = IndexChanges(index)

    @property
    def sequence(self) -> Standing:
        """Where the index stands now."""
        return self._changes.sequence

    def wait(self, seen: Standing, seconds: float) -> Standing:
        """Where the index stands, as soon as that is not ``seen`` any more."""
        return self._changes.wait(seen, seconds)

    def changed(
        self, predicate: Predicate, columns: Sequence[str], after: Place, limit: int, *, lost: bool = False
    ) -> list[dict[str, Any]]:
        """Matching rows that changed after a place, in the order in which they did."""
        return self._changes.changed(predicate, columns, after, limit, lost=lost)

    def count_changed(self, predicate: Predicate, after: Place, *, lost: bool = False) -> int:
        """How many rows that ``changed`` would give changed after a place."""
        return self._changes.count_changed(predicate, after, lost=lost)
