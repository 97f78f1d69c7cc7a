"""The one way in: a path, ``-``, ``s3://bucket/prefix`` or ``git:PATH`` -> sources, and a source -> chunks of
records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from remit.model.errors import FeedError

from . import files, git_history, s3
from .chunks import MAX_RECORD, ByteReader, Chunk, Done, Fault, Interrupted, Skipped, Source, in_chunks
from .follow import Stop, follow
from .framing import records
from .gzip_stream import GzipLimits, plain_blocks


def sources(
    target: str,
    *,
    endpoint_url: str | None = None,
    profile: str | None = None,
    region: str | None = None,
    done: Done | None = None,
    skipped: Skipped | None = None,
) -> Iterator[Source]:
    """Everything to be read at ``target``, in a stable order. ``skipped`` counts what was passed over, by reason.

    Raises ``remit.model.errors.FeedError`` when the target itself cannot be listed. What goes wrong with a single
    source is
    a fault when it is read.
    """
    tally = skipped if skipped is not None else Skipped()
    if target.startswith("s3://"):
        access = s3.Access(endpoint_url=endpoint_url, profile=profile, region=region)
        return s3.discover(target, access, done=done, skipped=tally)
    if git_history.is_repository_target(target):
        return git_history.discover(target, done=done, skipped=tally)
    return files.discover(target, done=done, skipped=tally)


def watch(
    target: str,
    interval: float,
    stop: Stop,
    *,
    endpoint_url: str | None = None,
    profile: str | None = None,
    region: str | None = None,
    done: Done | None = None,
    trouble: Callable[[FeedError], None] | None = None,
) -> Iterator[Source]:
    """What is at ``target`` now and what appears or grows there, until ``stop`` is set; see ``follow``."""

    def look(known: Done) -> Iterator[Source]:
        return sources(target, endpoint_url=endpoint_url, profile=profile, region=region, done=known)

    return follow(look, interval, stop, done, trouble)


def read(source: Source, *, max_record: int = MAX_RECORD, limits: GzipLimits | None = None) -> Iterator[Chunk]:
    """The records of ``source`` in chunks, with the faults met; memory is bounded whatever the source holds and only a
    programming error raises."""
    return in_chunks(source.place, _items(source, max_record, limits))


def _items(source: Source, max_record: int, limits: GzipLimits | None) -> Iterator[list[bytes] | Fault]:
    try:
        stream = source.open()
    except Interrupted as stop:
        yield stop.at(source.place)
    except FileNotFoundError:
        yield Fault(source.place, "vanished", "it was listed and is gone", passing=True)
    except OSError as error:
        yield Fault(source.place, "unreadable", str(error.strerror or error), passing=True)
    else:
        with closing(stream):
            yield from records(source.place, plain_blocks(stream, limits), max_record)


__all__ = ["ByteReader", "Chunk", "Fault", "Skipped", "Source", "read", "sources", "watch"]
