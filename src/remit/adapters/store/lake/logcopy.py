"""A copy of a Delta table's log in a local folder, for the library to work on: as much of it as opening needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from remit.adapters.store.lake.deltalog import LOG, Read, Torn, commit_name, commit_path, parse_commit, version_of
from remit.adapters.store.lake.storage import Entry
from remit.model.errors import IntegrityError

List = Callable[[str], Iterable[Entry]]
"""A folder of the lake -> the files below it."""
_CHECKPOINT: Final = ".checkpoint.parquet"
_HINT: Final = "_last_checkpoint"


def copy_log(read: Read, listed: List, table: str, folder: Path) -> int:
    """Copy the newest checkpoint and every whole commit after it; returns the newest version, -1 for no table.

    ``folder`` is the table's; what it held of a log is removed first. A commit that is cut short counts as not there:
    nobody was told of it.

    :raises IntegrityError: if there are commits, and neither the first nor a checkpoint that stands for it.
    """
    log = folder / LOG
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir(parents=True, mode=0o700)
    version = _hinted(read, table, log)
    if version < 0:
        version = _searched(read, listed, table, log)
    while True:
        try:
            content = read(commit_name(table, version + 1))
            parse_commit(version + 1, content)
        except (FileNotFoundError, Torn):
            return version
        version += 1
        commit_path(log, version).write_bytes(content)


def _hinted(read: Read, table: str, log: Path) -> int:
    """The version of the checkpoint that the hint names, copied; -1 if there is none or it is damaged."""
    try:
        hint = read(f"{table}/{LOG}/{_HINT}")
        version = int(json.loads(hint)["version"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return -1
    if _copied(read, table, log, version):
        (log / _HINT).write_bytes(hint)
        return version
    return -1


def _searched(read: Read, listed: List, table: str, log: Path) -> int:
    """The version of the newest checkpoint that can be read, copied; -1 if the log begins with its first commit."""
    names = [entry.name.rpartition("/")[2] for entry in listed(f"{table}/{LOG}")]
    for name in sorted((name for name in names if name.endswith(_CHECKPOINT)), reverse=True):
        version = int(name[:20])
        if _copied(read, table, log, version):
            return version
    commits = [found for name in names if (found := version_of(name)) is not None]
    if commits and min(commits) > 0:
        raise IntegrityError(
            "The lake's log does not reach back to its beginning, and no checkpoint of it can be read",
            where=f"{table}/{LOG}",
            remedy="Restore the folder from a backup.",
        )
    return -1


def _copied(read: Read, table: str, log: Path, version: int) -> bool:
    name = f"{version:020d}{_CHECKPOINT}"
    try:
        content, commit = read(f"{table}/{LOG}/{name}"), read(commit_name(table, version))
        pq.read_metadata(pa.BufferReader(content))
    except (FileNotFoundError, OSError, ValueError):
        return False
    (log / name).write_bytes(content)
    commit_path(log, version).write_bytes(commit)
    return True
