"""What a store can do towards its maintenance, step by step; ``flows.maintain`` orders the steps.

Events arrive and questions are answered meanwhile. A merge holds up nobody but whoever must be alone with the store,
such as an erasure. Being alone is needed only to remove files: storing waits for that. While the index is written anew
events are stored, and shown when it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Final

from remit.adapters.store.lake import compaction
from remit.adapters.store.lake.compaction import Step
from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.merging import merged
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.lake.vacuum import vacuum
from remit.adapters.store.store import Store

Json = dict[str, Any]
Tell = Callable[[Json], None]
Plan = Callable[[str, Sequence[DataFile]], list[Step]]
_SLACK: Final = 0.25
_SLACK_BYTES: Final = 64 << 20
"""The index is renewed when so large a part of its file, and so many bytes, hold nothing any more."""


class StoreUpkeep:
    """``flows.maintain.UpkeepSteps`` over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def turn(self) -> AbstractContextManager[Any]:
        """While no other maintenance goes on."""
        return self._store.maintaining

    def sizes(self) -> Json:
        """Bytes on disk of the lake (files that no version names included) and of the index, and the lake's files."""
        lake = self._store.lake
        return {
            "lake_bytes": sum(entry.size for kind in KINDS for entry in lake.storage.entries(kind)),
            "index_bytes": sum(map(_size, self._store.folder.glob("index*.duckdb*"))),
            "files": sum(len(lake.files(kind).added) for kind in KINDS),
        }

    def fold(self, tell: Tell) -> Json:
        """Drop every correction but the newest of each event."""
        return self._passes(("corrections",), lambda _, files: compaction.folds(self._store.lake, files), tell)

    def compact(self, tell: Tell) -> Json:
        """Merge small files of each month."""
        return self._passes(KINDS, compaction.merges, tell)

    def vacuum(self, grace_seconds: float) -> Json:
        """Remove files that nothing has referred to for longer than the grace."""
        with self._store.alone():
            sizes = [size for kind in KINDS for size in vacuum(self._store.lake, kind, grace_seconds)]
        return {"files": len(sizes), "bytes": sum(sizes)}

    def trim_log(self, older_than_seconds: float) -> Json:
        """Remove commits that are old and that the index has followed; not while an erasure reads through them."""
        with self._store.structure:
            self._store.follow()
            followed = self._store.index.followed()
            trimmed = [self._store.lake.trim(kind, followed[kind], older_than_seconds) for kind in KINDS]
        return {"commits": sum(commits for commits, _ in trimmed), "bytes": sum(freed for _, freed in trimmed)}

    def renew_index(self) -> Json:
        """Write the index anew when much of its file is empty."""
        index = self._store.index
        held, empty = index.space()
        if empty < max(_SLACK * held, _SLACK_BYTES):
            return {"bytes": 0}
        with self._store.still():
            index.renew()
        return {"bytes": held - index.space()[0]}

    def record(self, who: str, what: str, facts: Json) -> None:
        """Write the maintenance into the journal."""
        self._store.state.journal(who, what, facts)

    def _passes(self, kinds: Iterable[str], plan: Plan, tell: Tell) -> Json:
        """Plan and merge until nothing is left to merge of what was there at the start: what arrives meanwhile waits
        for the next maintenance, or this one would never end."""
        done = {"merged": 0, "into": 0, "rows_dropped": 0, "bytes_read": 0, "bytes_written": 0}
        for kind in kinds:
            ours = {file.path for file in self._store.lake.files(kind).added}
            while steps := plan(kind, [file for file in self._store.lake.files(kind).added if file.path in ours]):
                for step in steps:
                    for name, count in self._take(step, ours).items():
                        done[name] += count
                    tell(done)
        return done

    def _take(self, step: Step, ours: set[str]) -> Json:
        """Merge, commit and add to ours what was made, unless somebody else replaced a file of it meanwhile."""
        lake = self._store.lake
        with self._store.merging():
            if not {file.path for file in lake.files(step.kind).added}.issuperset(file.path for file in step.files):
                return {}
            with lake.heeding_syncs():
                made = merged(lake, step.kind, step.runs)
            self._store.replace(step.kind, step.files, made)
            ours.update(file.path for file in made)
        return {
            "merged": len(step.files),
            "into": len(made),
            "rows_dropped": sum(file.rows for file in step.files) - sum(file.rows for file in made),
            "bytes_read": sum(file.size for file in step.files),
            "bytes_written": sum(file.size for file in made),
        }


def _size(path: Path) -> int:
    """A file's bytes; none of one that is gone again, as DuckDB's log is once it was taken in."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
