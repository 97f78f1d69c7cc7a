"""Ingest whole feeds in this process: every source, every chunk, one summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from remit.flows.ingest.batch import Pipeline, Prepared
from remit.flows.ingest.behind import Behind
from remit.flows.ingest.gather import gathered
from remit.flows.ingest.ports import Progress, Reader, SourceLike, Sources
from remit.flows.ingest.summary import Summary


def ingest(
    sources: Sources,
    read: Reader,
    pipeline: Pipeline,
    feed: str,
    *,
    progress: Progress,
    finished: Callable[[SourceLike], None],
) -> Summary:
    """Read every source to its end. ``finished`` is called once all records of a source are committed."""
    total = Summary()
    held: set[Any] = set()
    try:
        with Behind() as behind:
            for batch in gathered(sources, read):
                prepared = pipeline.prepare(batch, feed)
                held.add(prepared.token)
                behind(partial(_store, pipeline, prepared, held, total, progress))
                behind(partial(_finish, batch.ended, total, finished))
    finally:
        # What was prepared and never stored must not stay reserved: a keeper that lives on would take it for known.
        for token in held - {None}:
            pipeline.keeper.abort(token)
    return total


def _store(pipeline: Pipeline, prepared: Prepared, held: set[Any], total: Summary, progress: Progress) -> None:
    pipeline.store(prepared)
    held.discard(prepared.token)
    total.add(prepared.summary)
    progress(total, prepared.place)


def _finish(ended: Sequence[SourceLike], total: Summary, finished: Callable[[SourceLike], None]) -> None:
    total.sources += len(ended)
    for source in ended:
        finished(source)
