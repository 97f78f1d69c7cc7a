"""Ingest whole feeds in this process: every source, every chunk, one summary."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from remit.flows.ingest.batch import Pipeline, Prepared
from remit.flows.ingest.behind import Behind
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
    with Behind() as behind:
        for source in sources:
            for chunk in read(source):
                behind(partial(_store, pipeline, pipeline.prepare(chunk, feed), total, progress))
            behind(partial(_finish, source, total, finished))
    return total


def _store(pipeline: Pipeline, prepared: Prepared, total: Summary, progress: Progress) -> None:
    pipeline.store(prepared)
    total.add(prepared.summary)
    progress(total, prepared.place)


def _finish(source: SourceLike, total: Summary, finished: Callable[[SourceLike], None]) -> None:
    total.sources += 1
    finished(source)
