"""A Delta table's log of JSON commits: their names, and what each says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from remit.adapters.store.lake.datafile import DataFile, time_from_iso

_COMMIT: Final = re.compile(r"(\d{20})\.json")
_LEFTOVER: Final = re.compile(r".+(\.tmp|#[0-9]+)")
LOG: Final = "_delta_log"
OWN: Final = "remit"
"""The key of the commit's metadata under which Remit keeps its own."""

MARK: Final = b"sha256:"
"""How the mark of a commit begins; the file of a commit begins with a brace."""


Read = Callable[[str], bytes]
"""A name in the lake -> what is there. Raises ``FileNotFoundError``."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One parsed commit. ``own`` is what Remit wrote into its metadata, empty for another writer's commit."""

    version: int
    added: tuple[DataFile, ...]
    removed: tuple[str, ...]
    changes_data: bool
    own: dict[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> bytes:
        """Tells what it did to the table from what another commit of the same version would have done: files have
        names of their own. Its own words, which an erasure may rewrite, are no part of it."""
        did = [self.version, sorted(file.path for file in self.added), sorted(self.removed)]
        return MARK + sha256(json.dumps(did).encode()).digest()


class Torn(Exception):
    """A commit file that does not hold what its writer meant to write."""


class GapInLog(Exception):
    """The log no longer tells what happened since the version asked for."""


class Replaced(Exception):
    """A commit that was followed is another one now: its writer lost it in a power cut before it was synced."""


def commit_path(log: Path, version: int) -> Path:
    """The file of one commit in a local log."""
    return log / f"{version:020d}.json"


def commit_name(table: str, version: int) -> str:
    """The name of one commit in the lake."""
    return f"{table}/{LOG}/{version:020d}.json"


def versions(log: Path) -> list[int]:
    """The versions that have a commit file in a local log, ascending."""
    if not log.is_dir():
        return []
    found = (version_of(entry.name) for entry in log.iterdir())
    return sorted(version for version in found if version is not None)


def version_of(name: str) -> int | None:
    """The version of a commit's file by its name; None for every other file."""
    match = _COMMIT.fullmatch(name.rpartition("/")[2])
    return int(match[1]) if match else None


def is_leftover(name: str) -> bool:
    """Whether a file of the log is what a process that was killed left of one: our own ``….tmp``, or ``….json#1``, in
    which the Delta library writes what it then gives its name."""
    return _LEFTOVER.fullmatch(name.rpartition("/")[2]) is not None


def read_commit(read: Read, table: str, version: int) -> Commit:
    """Parse one commit.

    :raises Torn: if it is cut short, empty, or adds fewer files than it promised.
    :raises GapInLog: if it is not there.
    """
    try:
        return parse_commit(version, read(commit_name(table, version)))
    except FileNotFoundError:
        raise GapInLog(f"version {version}") from None


def parse_commit(version: int, content: bytes) -> Commit:
    """What a commit's file says.

    :raises Torn: if it is cut short, empty, or adds fewer files than it promised.
    """
    try:
        return _commit(version, [json.loads(line) for line in content.decode().splitlines()])
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


def commits_after(read: Read, table: str, version: int, last: int) -> Iterator[Commit]:
    """Every commit after ``version`` up to ``last``, in order.

    :raises GapInLog: if one is missing or unreadable.
    """
    for number in range(version + 1, last + 1):
        try:
            yield read_commit(read, table, number)
        except Torn as error:
            raise GapInLog(f"version {number}: {error}") from error
