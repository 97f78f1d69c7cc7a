"""Maintenance of a lake without a store, as the store does it."""

from __future__ import annotations

from collections.abc import Callable

from remit.adapters.store.lake import compaction
from remit.adapters.store.lake.compaction import Step
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.merging import merged
from remit.adapters.store.lake.schema import KINDS


def compact(lake: Lake) -> int:
    """Merge small files until there are no more to merge; returns the files merged."""
    return sum(_passes(lake, lambda kind=kind: compaction.merges(kind, lake.files(kind).added)) for kind in KINDS)


def fold(lake: Lake) -> int:
    """Fold corrections until none overlap; returns the files merged."""
    return _passes(lake, lambda: compaction.folds(lake, lake.files("corrections").added))


def _passes(lake: Lake, plan: Callable[[], list[Step]]) -> int:
    count = 0
    while steps := plan():
        for step in steps:
            lake.replace(step.kind, step.files, merged(lake, step.kind, step.runs))
            count += len(step.files)
    return count
