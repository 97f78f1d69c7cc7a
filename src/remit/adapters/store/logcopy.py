"""A copy of a Delta table's log in a local folder, for the library to work on: as much of it as opening needs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from remit.adapters.store.deltalog import LOG, Read, Torn, commit_name, commit_path, parse_commit


def copy_log(read: Read, table: str, folder: Path) -> int:
    """Copy the newest checkpoint and every whole commit after it; returns the newest version, -1 for no table.

    ``folder`` is the table's; what it held of a log is removed first. A commit that is cut short counts as not there:
    nobody was told of it.
    """
    log = folder / LOG
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir(parents=True, mode=0o700)
    version = _copy_checkpoint(read, table, log)
    while True:
        try:
            content = read(commit_name(table, version + 1))
            parse_commit(version + 1, content)
        except (FileNotFoundError, Torn):
            return version
        version += 1
        commit_path(log, version).write_bytes(content)


def _copy_checkpoint(read: Read, table: str, log: Path) -> int:
    """The version of the newest checkpoint, copied; -1 for none. It only saves time: a bad one is left out."""
    try:
        hint = read(f"{table}/{LOG}/_last_checkpoint")
        version = int(json.loads(hint)["version"])
        name = f"{version:020d}.checkpoint.parquet"
        content, commit = read(f"{table}/{LOG}/{name}"), read(commit_name(table, version))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return -1
    (log / name).write_bytes(content)
    (log / "_last_checkpoint").write_bytes(hint)
    commit_path(log, version).write_bytes(commit)
    return version
