"""What a table's log may lose: checkpoints that newer ones replace, and commits that nothing needs any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.adapters.store.lake import deltalog
from remit.adapters.store.lake.storage import Entry, Storage

KEPT_CHECKPOINTS: Final = 2
"""Should the newest be damaged, the one before it still opens the table."""
_CHECKPOINT: Final = ".checkpoint.parquet"


def drop_old_checkpoints(storage: Storage, table: str) -> None:
    """Keep the newest checkpoints only: each lists every file, so together they grow with the square of commits."""
    storage.remove([entry.name for entry in _checkpoints(storage, table)[:-KEPT_CHECKPOINTS]])


def trim(storage: Storage, table: str, *, needed_from: int, older_than_seconds: float) -> tuple[int, int]:
    """Remove commits that are old enough, below the version ``needed_from`` and below the oldest checkpoint; how many
    and their bytes. The oldest goes first, so that what is left never has a hole."""
    saved = _checkpoints(storage, table)
    if len(saved) < KEPT_CHECKPOINTS:
        return 0, 0
    bound = min(needed_from, _version(saved[0]))
    gone = []
    for version, entry in _commits(storage, table):
        if version >= bound or entry.age_seconds < older_than_seconds:
            break
        gone.append(entry)
    storage.remove([entry.name for entry in gone])
    return len(gone), sum(entry.size for entry in gone)


def removed_lately(storage: Storage, table: str, seconds: float) -> set[str]:
    """Names of the files that commits took out of the table in the last so many seconds."""
    gone: set[str] = set()
    for version, entry in reversed(list(_commits(storage, table))):
        if entry.age_seconds > seconds:
            break
        commit = deltalog.read_commit(storage.read, table, version)
        gone.update(f"{table}/{path}" for path in commit.removed)
    return gone


def _commits(storage: Storage, table: str) -> Iterator[tuple[int, Entry]]:
    """Every commit with its version, oldest first."""
    for entry in storage.entries(f"{table}/{deltalog.LOG}"):
        version = deltalog.version_of(entry.name)
        if version is not None:
            yield version, entry


def _checkpoints(storage: Storage, table: str) -> list[Entry]:
    """Every checkpoint, oldest first."""
    found = storage.entries(f"{table}/{deltalog.LOG}")
    return sorted((entry for entry in found if entry.name.endswith(_CHECKPOINT)), key=_version)


def _version(entry: Entry) -> int:
    return int(entry.name.rpartition("/")[2].partition(".")[0])
