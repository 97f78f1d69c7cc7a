"""Mending the log of a Delta table in a local folder, before the library reads it.

``delta-rs`` writes a commit without syncing it, so a power cut may leave the newest file empty or cut short. Such a
commit was never acknowledged; left in place, the library would read it as a commit that added nothing, or refuse
to open the table. It is set aside before the library sees it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from remit.adapters.store.lake.deltalog import Torn, commit_path, is_leftover, parse_commit, versions
from remit.adapters.store.lake.disk import Disk
from remit.model.errors import IntegrityError


def mend(disk: Disk, log: Path, acknowledged: tuple[int, bytes] | None) -> str | None:
    """Make the log readable after a crash; says what was done, or None.

    ``acknowledged`` is the newest commit known to have been acknowledged, with its bytes: if that one is damaged it
    is restored from them, never dropped.

    :raises IntegrityError: if a commit that was, or may have been, acknowledged is damaged.
    """
    _drop_leftovers(disk, log)
    found = versions(log)
    if not found:
        return None
    _drop_bad_checkpoint(disk, log)
    last = found[-1]
    try:
        parse_commit(last, commit_path(log, last).read_bytes())
        return None
    except Torn as error:
        if acknowledged and acknowledged[0] == last:
            disk.replace(commit_path(log, last), acknowledged[1])
            return f"Commit {last} of {log.parent.name} was damaged and has been restored from the index."
        if acknowledged and acknowledged[0] > last:
            raise _damaged(log, last, error) from error
    path = commit_path(log, last)
    disk.rename(path, path.with_suffix(".json.torn"))
    return f"Commit {last} of {log.parent.name} was cut short before it was acknowledged; it is dropped and read again."


def _drop_leftovers(disk: Disk, log: Path) -> None:
    """Nothing reads them, and they say again, beyond the reach of an erasure, what commits say."""
    left = [path for path in log.iterdir() if is_leftover(path.name)] if log.is_dir() else []
    for path in left:
        disk.remove(path)
    if left:
        disk.sync(log)


def _damaged(log: Path, version: int, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"Commit {version} was acknowledged and is damaged: {error}",
        where=str(commit_path(log, version)),
        remedy="Restore the lake folder from a backup; the Parquet files beside it are whole.",
    )


def _drop_bad_checkpoint(disk: Disk, log: Path) -> None:
    """A checkpoint that cannot be read is removed: the one before it, or the first commit, has the rest."""
    hint = log / "_last_checkpoint"
    bad = [path for path in log.glob("*.checkpoint.parquet") if not _readable(path)]
    if bad or (hint.exists() and not _hinted(log, hint)):
        for checkpoint in bad:
            disk.remove(checkpoint)
        disk.remove(hint)
        disk.sync(log)


def _readable(checkpoint: Path) -> bool:
    try:
        pq.read_metadata(checkpoint)
    except (OSError, ValueError):
        return False
    return True


def _hinted(log: Path, hint: Path) -> bool:
    """Whether the checkpoint is there that the hint speaks of."""
    try:
        return (log / f"{json.loads(hint.read_bytes())['version']:020d}.checkpoint.parquet").exists()
    except (ValueError, KeyError, TypeError):
        return False
