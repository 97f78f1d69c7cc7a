"""Files and folders as sources: sorted, without surprises from names, links, pipes or things that disappear."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from remit.model.errors import FeedError

from .chunks import ByteReader, Done, Interrupted, Skipped, Source, broken_source, legible

STANDARD_INPUT = "-"
NO_EVENTS = {"CloudTrail-Digest": "cloudtrail-digest", "CloudTrail-Insight": "cloudtrail-insight"}


def discover(target: str, *, done: Done | None = None, skipped: Skipped | None = None) -> Iterator[Source]:
    """The file, the files under the folder in sorted order, or standard input for ``-``.

    Raises ``FeedError`` when ``target`` does not exist or cannot be looked at.
    """
    tally = skipped if skipped is not None else Skipped()
    if target == STANDARD_INPUT:
        return iter([Source("standard input", None, "", _standard_input)])
    path = Path(target)
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FeedError(
            f"Cannot read the input: {reason}", where=legible(target), remedy="Check the path and its permissions."
        ) from error
    if stat.S_ISDIR(found.st_mode):
        return _unread(_walk(path, tally, set()), done, tally)
    return _unread(iter([_file(path, found)]), done, tally)


def _unread(sources: Iterator[Source], done: Done | None, tally: Skipped) -> Iterator[Source]:
    for source in sources:
        if done is not None and source.fingerprint and done(source.place, source.fingerprint):
            tally["already-done"] += 1
        else:
            yield source


def _walk(folder: Path, tally: Skipped, seen: set[tuple[int, int]]) -> Iterator[Source]:
    # An explicit stack: folders nested thousands deep must not end in a RecursionError.
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            status = here.stat()
            if stat.S_ISDIR(status.st_mode):
                identity = (status.st_dev, status.st_ino)
                if identity in seen:
                    tally["seen-folder"] += 1
                    continue
                seen.add(identity)
                waiting += _entries(here, tally)
            elif stat.S_ISREG(status.st_mode):
                yield _file(here, status)
            else:
                tally["not-a-file"] += 1
        except FileNotFoundError:
            yield broken_source(os.fspath(here), Interrupted("vanished", "it was listed and is gone", passing=True))
        except OSError as error:
            yield broken_source(os.fspath(here), Interrupted("unreadable", str(error.strerror or error), passing=True))


def _entries(folder: Path, tally: Skipped) -> list[Path]:
    """What is in ``folder``, last name first, as the stack wants it."""
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
    kept = []
    for entry in entries:
        if entry.name.startswith("."):
            tally["hidden"] += 1
        elif entry.name in NO_EVENTS:
            tally[NO_EVENTS[entry.name]] += _files_in(entry.path)
        elif entry.is_symlink() and not os.path.exists(entry.path):
            tally["not-a-file"] += 1
        else:
            kept.append(folder / entry.name)
    return kept


def _files_in(folder: str) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def _file(path: Path, status: os.stat_result) -> Source:
    def opened() -> ByteReader:
        return open(path, "rb", buffering=0)

    size = status.st_size if stat.S_ISREG(status.st_mode) else None
    fingerprint = f"{status.st_size}-{status.st_mtime_ns}" if size is not None else ""
    return Source(legible(os.fspath(path)), size, fingerprint, opened)


class _StandardInput:
    def read(self, size: int, /) -> bytes:
        return os.read(sys.stdin.fileno(), size)

    def close(self) -> None:
        """Standard input is not ours to close."""


def _standard_input() -> ByteReader:
    return _StandardInput()
