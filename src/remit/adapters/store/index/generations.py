"""Files that take another's place while it is still read: ``index.duckdb``, then ``index.1.duckdb``, and so on.

Readers of the earlier file go on with what they have open; it has no name any more. The newest generation gets the
plain name back when nothing has it open: on closing, or on the next opening after a crash.
"""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = ".building"


def following(path: Path) -> Path:
    """The name of the generation after the newest."""
    return _named(path, max((number for number, _ in _generations(path)), default=0) + 1)


def unfinished(path: Path) -> Path:
    """Where a generation is built before it gets its name, empty."""
    building = path.with_name(f"{path.name}{UNFINISHED}")
    remove(building)
    return building


def settle(path: Path) -> None:
    """Give the newest generation the plain name and remove every other. Nothing may have any of them open."""
    for leftover in path.parent.glob(f"{path.stem}.*{UNFINISHED}*"):
        leftover.unlink()
    generations = sorted(_generations(path))
    for _, older in generations[:-1]:
        remove(older)
    for _, newest in generations[-1:]:
        if path.exists():
            remove(path)
        # Its log first: cut off in between, the next settling finds the file and its log under one name again.
        for suffix in (".wal", ""):
            if (part := Path(f"{newest}{suffix}")).exists():
                part.replace(f"{path}{suffix}")
        sync_folder(path)
    for orphan in path.parent.glob(f"{path.stem}.*{path.suffix}.wal"):
        orphan.unlink()


def remove(path: Path) -> None:
    """Remove a file and its write-ahead log."""
    for part in (path, Path(f"{path}.wal")):
        part.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Make the names in a file's folder durable."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _named(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}")


def _generations(path: Path) -> list[tuple[int, Path]]:
    found = []
    for candidate in path.parent.glob(f"{path.stem}.*{path.suffix}"):
        number = candidate.name[len(path.stem) + 1 : -len(path.suffix)]
        if number.isdigit():
            found.append((int(number), candidate))
    return found
