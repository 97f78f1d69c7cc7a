"""Reading and mending a Delta table's log of JSON commits.

``delta-rs`` writes a commit without syncing it, so a power cut may leave the newest file empty or cut short. Such a
commit was never acknowledged; left in place, the library would read it as a commit that added nothing, or refuse
to open the table. It is set aside before the library sees it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from remit.adapters.store.datafile import DataFile, time_from_iso
from remit.adapters.store.disk import Disk
from remit.model.errors import IntegrityError

_COMMIT = re.compile(r"(\d{20})\.json")
OWN = "remit"
"""The key of the commit's metadata under which Remit keeps its own."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One parsed commit. ``own`` is what Remit wrote into its metadata, empty for another writer's commit."""

    version: int
    added: tuple[DataFile, ...]
    removed: tuple[str, ...]
    changes_data: bool
    own: dict[str, Any] = field(default_factory=dict)


class Torn(Exception):
    """A commit file that does not hold what its writer meant to write."""


class GapInLog(Exception):
    """The log no longer tells what happened since the version asked for."""


def commit_path(log: Path, version: int) -> Path:
    """The file of one commit."""
    return log / f"{version:020d}.json"


def versions(log: Path) -> list[int]:
    """The versions that have a commit file, ascending."""
    if not log.is_dir():
        return []
    matches = (_COMMIT.fullmatch(entry.name) for entry in log.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def read_commit(log: Path, version: int) -> Commit:
    """Parse one commit.

    :raises Torn: if it is cut short, empty, or adds fewer files than it promised.
    :raises GapInLog: if it is not there.
    """
    try:
        text = commit_path(log, version).read_text(encoding="utf-8")
        actions = [json.loads(line) for line in text.splitlines()]
        return _commit(version, actions)
    except FileNotFoundError:
        raise GapInLog(f"version {version}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Torn(str(error)) from error


def _commit(version: int, actions: list[dict[str, Any]]) -> Commit:
    info = next((action["commitInfo"] for action in actions if "commitInfo" in action), None)
    if info is None:
        raise Torn("no commitInfo")
    adds = [action["add"] for action in actions if "add" in action]
    removes = [action["remove"] for action in actions if "remove" in action]
    own = info.get(OWN) or {}
    if (len(adds), len(removes)) != (own.get("adds", len(adds)), own.get("removes", len(removes))):
        raise Torn("fewer files than promised")
    if version == 0 and not any("metaData" in action for action in actions):
        raise Torn("no metaData")
    changes = any(action["dataChange"] for action in [*adds, *removes])
    return Commit(version, tuple(map(_data_file, adds)), tuple(action["path"] for action in removes), changes, own)


def _data_file(add: dict[str, Any]) -> DataFile:
    stats = json.loads(add["stats"])
    return DataFile(
        path=add["path"],
        month=add["partitionValues"]["month"],
        rows=stats["numRecords"],
        size=add["size"],
        low_us=time_from_iso(stats["minValues"]["time"]),
        high_us=time_from_iso(stats["maxValues"]["time"]),
        modified_ms=add["modificationTime"],
    )


def commits_after(log: Path, version: int, last: int) -> Iterator[Commit]:
    """Every commit after ``version`` up to ``last``, in order.

    :raises GapInLog: if one is missing or unreadable.
    """
    for number in range(version + 1, last + 1):
        try:
            yield read_commit(log, number)
        except Torn as error:
            raise GapInLog(f"version {number}: {error}") from error


def mend(disk: Disk, log: Path, acknowledged: tuple[int, bytes] | None) -> str | None:
    """Make the log readable after a crash; says what was done, or None.

    ``acknowledged`` is the newest commit known to have been acknowledged, with its bytes: if that one is damaged it
    is restored from them, never dropped.

    :raises IntegrityError: if a commit that was, or may have been, acknowledged is damaged.
    """
    for leftover in log.glob("*.tmp") if log.is_dir() else ():
        disk.remove(leftover)
    found = versions(log)
    if not found:
        return None
    _drop_bad_checkpoint(disk, log)
    last = found[-1]
    try:
        read_commit(log, last)
        return None
    except Torn as error:
        if acknowledged and acknowledged[0] == last:
            _restore(disk, log, last, acknowledged[1])
            return f"Commit {last} of {log.parent.name} was damaged and has been restored from the index."
        if acknowledged and acknowledged[0] > last:
            raise _damaged(log, last, error) from error
    path = commit_path(log, last)
    disk.rename(path, path.with_suffix(".json.torn"))
    return f"Commit {last} of {log.parent.name} was cut short before it was acknowledged; it is dropped and read again."


def _restore(disk: Disk, log: Path, version: int, content: bytes) -> None:
    path = commit_path(log, version)
    fresh = path.with_suffix(".json.tmp")
    disk.write(fresh, lambda sink: _write_all(sink, content))
    disk.rename(fresh, path)


def _write_all(sink: Any, content: bytes) -> None:
    sink.write(content)


def _damaged(log: Path, version: int, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"Commit {version} was acknowledged and is damaged: {error}",
        where=str(commit_path(log, version)),
        remedy="Restore the lake folder from a backup; the Parquet files beside it are whole.",
    )


def cleanse(disk: Disk, log: Path, names: Callable[[str], bool]) -> int:
    """Rewrite every commit whose own words (such as the place a batch came from) name somebody; says how many.

    What a commit did to the table stays as it was. Dropped commits that were set aside are removed altogether.
    """
    for torn in log.glob("*.torn"):
        disk.remove(torn)
    rewritten = 0
    for version in versions(log):
        path = commit_path(log, version)
        lines = path.read_text(encoding="utf-8").splitlines()
        clean = [_cleansed(line, names) for line in lines]
        if clean != lines:
            fresh = path.with_suffix(".json.tmp")
            disk.write(fresh, lambda sink, clean=clean: _write_all(sink, "\n".join(clean).encode()))  # type: ignore[misc]
            disk.rename(fresh, path)
            rewritten += 1
    return rewritten


def _cleansed(line: str, names: Callable[[str], bool]) -> str:
    action = json.loads(line)
    meta = action.get("commitInfo", {}).get(OWN, {}).get("meta")
    if not isinstance(meta, dict) or not any(isinstance(said, str) and names(said) for said in meta.values()):
        return line
    action["commitInfo"][OWN]["meta"] = {
        key: "erased" if isinstance(said, str) and names(said) else said for key, said in meta.items()
    }
    return json.dumps(action)


def _drop_bad_checkpoint(disk: Disk, log: Path) -> None:
    """A checkpoint only saves time; one that cannot be read is removed and the JSON commits are replayed."""
    hint = log / "_last_checkpoint"
    if not hint.exists():
        return
    try:
        version = json.loads(hint.read_bytes())["version"]
        pq.read_metadata(log / f"{version:020d}.checkpoint.parquet")
    except (OSError, ValueError, KeyError, TypeError):
        for checkpoint in log.glob("*.checkpoint.parquet"):
            disk.remove(checkpoint)
        disk.remove(hint)
        disk.sync(log)
