"""Ingest whole feeds in this process: every source, every chunk, one summary."""

from __future__ import annotations

from collections.abc import Callable

from remit.flows.ingest.batch import Pipeline
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
    for source in sources:
        ingest_source(source, read, pipeline, feed, total, progress)
        finished(source)
    return total


def ingest_source(
    source: SourceLike, read: Reader, pipeline: Pipeline, feed: str, total: Summary, progress: Progress
) -> None:
    """Read one source to its end into ``total``."""
    for chunk in read(source):
        total.add(pipeline.ingest(chunk, feed))
        progress(total, chunk.place)
    total.sources += 1
