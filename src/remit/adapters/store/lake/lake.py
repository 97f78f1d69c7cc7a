"""The lake: three Delta tables, the record of truth for events.

One ingest batch may touch all three. Its Parquet files are written first; then the *leading* table commits (events
when the batch has events, else corrections, else quarantine) with the other tables' files named in its metadata; then
the others commit. The leading commit is the commit of the whole batch: when the process dies after it, ``Lake.open``
finishes the others from that metadata, and when it dies before, nothing of the batch was stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from remit.adapters.store.lake import deltalog, logcleansing
from remit.adapters.store.lake.datafile import DataFile, month_of, write_files
from remit.adapters.store.lake.deltalog import GapInLog, Replaced
from remit.adapters.store.lake.deltatable import LakeTable
from remit.adapters.store.lake.disk import Disk, SyncFailed
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.lake.logtrimming import trim
from remit.adapters.store.lake.rawread import raw_of
from remit.adapters.store.lake.readonly import ReadOnly, tables_to_read
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.lake.storage import Entry, Storage
from remit.model.errors import CommitTaken, StoreError

Acknowledged = Mapping[str, tuple[int, bytes]]
"""Per table the newest commit known to be acknowledged, and the bytes of its log file."""
Batch = Mapping[str, Sequence[DataFile]]
_Changes = Mapping[str, tuple[Sequence[DataFile], Sequence[DataFile]]]
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one table: files whose rows are new, paths no longer in the table, and the version reached."""

    added: tuple[DataFile, ...]
    removed: tuple[str, ...]
    version: int


class Lake:
    """The three tables under one root, for one writer, or for a reader that never writes."""

    def __init__(self, storage: Storage, tables: Mapping[str, LakeTable], *, keeps: bool = True) -> None:
        self.storage = storage
        self.keeps = keeps
        """False for a lake that another process keeps: it is read, and never mended or written."""
        self._tables = tables
        self._allowed: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._poisoned: StoreError | None = None

    @classmethod
    def open(
        cls,
        root: str,
        *,
        disk: Disk | None = None,
        acknowledged: Acknowledged | None = None,
        on_notice: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Open the lake of a local folder; see ``open_in``."""
        return cls.open_in(LocalFolder(Path(root), disk), acknowledged=acknowledged, on_notice=on_notice)

    @classmethod
    def open_in(
        cls,
        storage: Storage,
        *,
        acknowledged: Acknowledged | None = None,
        on_notice: Callable[[str], None] = lambda _: None,
        taken_over: bool = False,
    ) -> Self:
        """Open the lake, creating it on first use, after mending what a crash left.

        With ``taken_over`` the keeper before may still be about to commit. Then the next version of every table is
        written at once, so that whatever it commits finds its version taken; what it commits meanwhile is taken up.

        :raises IntegrityError: if an acknowledged commit is damaged and cannot be restored.
        """
        for _ in range(_LOOKS):
            lake = cls(storage, _tables(storage, acknowledged or {}, on_notice))
            try:
                lake._finish_batch(on_notice)
                if taken_over:
                    lake._fence()
            except CommitTaken as error:
                taken = error
            else:
                return lake
        raise taken

    @classmethod
    def open_to_read(cls, storage: Storage) -> Self:
        """Open a lake that another process may keep and go on writing; ``refresh`` sees what it wrote since.

        :raises StoreError: if there is no lake yet.
        """
        return cls(ReadOnly(storage), tables_to_read(storage), keeps=False)

    def write_while(self, allowed: Callable[[], None]) -> None:
        """From now on ask this too before every commit and removal; it raises when the process may write no more."""
        self._allowed = allowed

    def check(self) -> None:
        """Raise if this process may write no more."""
        self._allowed()
        self.storage.check()

    def refresh(self) -> bool:
        """Take up the commits that the keeper made since; True if there were any. Nothing for the keeper itself.

        A commit that is not whole yet is seen the next time. Where the newest one known turns out to be another one
        now, the tables are read from the start; ``followed`` tells whoever followed that one.
        """
        if self.keeps:
            return False
        with self._lock:
            try:
                moved = [table.catch_up() for table in self._tables.values()]
            except Replaced:
                self._tables = tables_to_read(self.storage)
                return True
        return any(moved)

    def followed(self, kind: str, version: int, mark: bytes) -> bool:
        """Whether a commit that ``commit_bytes`` gave this mark of, in a process that only reads, is there still."""
        table = self._tables[kind]
        if version == table.version:
            return not table.mark or mark == table.mark
        try:
            return deltalog.read_commit(self.storage.read, kind, version).mark == mark
        except (GapInLog, deltalog.Torn):
            return False

    def write(self, kind: str, table: pa.Table) -> list[DataFile]:
        """Write rows as durable Parquet files, one per month; they belong to nothing until committed."""
        with self.heeding_syncs():
            return write_files(self.storage, kind, table)

    @contextmanager
    def heeding_syncs(self) -> Iterator[None]:
        """Around writing files that are to be committed here, in whichever process: after a sync that failed the lake
        takes no more commits."""
        try:
            yield
        except SyncFailed as error:
            self._poisoned = self._poisoned or error
            raise

    def commit(self, kind: str, files: Sequence[DataFile], meta: Mapping[str, str]) -> int:
        """Commit files to one table; returns its version once durable."""
        self.commit_batch({kind: files}, meta)
        return self.version(kind)

    def commit_batch(self, batch: Batch, meta: Mapping[str, str]) -> dict[str, int]:
        """Commit one batch over several tables, all or nothing; returns the version each touched table reached.

        :raises StoreError: the lake is then poisoned, because what reached the disk is no longer certain.
        """
        return self._commit({kind: (files, ()) for kind, files in batch.items()}, meta)

    def withdraw(self, changes: Mapping[str, tuple[Sequence[DataFile], Sequence[DataFile]]], why: str) -> None:
        """Commit, all or nothing over the tables, files (old, new) of which the new hold fewer rows than the old.

        The old stay on disk until they are purged.

        :raises StoreError: the lake is then poisoned, as by ``commit_batch``.
        """
        self._commit({kind: (new, old) for kind, (old, new) in changes.items()}, {"why": why})

    def _commit(self, batch: _Changes, meta: Mapping[str, str]) -> dict[str, int]:
        """One batch over several tables as (added, removed); the first of them leads."""
        touched = [kind for kind in KINDS if kind in batch and any(batch[kind])]
        if not touched:
            return {}
        with self._writing():
            leader, *others = touched
            own = {"meta": dict(meta), "then": {kind: self._promise(kind, *batch[kind]) for kind in others}}
            reached = {leader: self._tables[leader].commit(*batch[leader], own=own)}
            for kind in others:
                reached[kind] = self._tables[kind].commit(*batch[kind], own={"meta": dict(meta)})
            for kind in touched:
                self._tables[kind].maybe_checkpoint()
        return reached

    def purge(self, kind: str) -> int:
        """Remove every Parquet file that the newest version does not name; returns their bytes.

        Only for a keeper that lets nothing be written meanwhile: a file on its way to a commit would be lost.

        :raises LeaseLost: if this process may write no more.
        """
        gone = list(self.unnamed(kind))
        self.remove(gone)
        self.storage.forget(kind)
        return sum(entry.size for entry in gone)

    def unnamed(self, kind: str) -> Iterator[Entry]:
        """Every Parquet file of a table that its newest version does not name."""
        named = {f"{kind}/{file.path}" for file in self._tables[kind].files()}
        for entry in self.storage.entries(kind):
            if entry.name.endswith(".parquet") and "/month=" in entry.name and entry.name not in named:
                yield entry

    def remove(self, unnamed: Sequence[Entry]) -> None:
        """Remove files that were found to be unnamed. Asks only now whether it may: had another keeper taken over while
        this one slept over the list, files of that one's would be on it."""
        self.check()
        self.storage.remove([entry.name for entry in unnamed])

    def cleanse_log(self, kind: str, names: Callable[[str], bool]) -> int:
        """Replace what names somebody in the log's own words (never in its actions); returns the commits rewritten."""
        rewritten = logcleansing.cleanse(self.storage, kind, names)
        self.storage.forget(kind)
        return rewritten

    def replace(self, kind: str, old: Sequence[DataFile], new: Sequence[DataFile]) -> int:
        """Swap files for others that hold the same rows (compaction); the old stay on disk for their readers."""
        with self._writing():
            version = self._tables[kind].commit(new, old, {"meta": {"why": "compaction"}}, changes_data=False)
            self._tables[kind].maybe_checkpoint()
        return version

    def trim(self, kind: str, needed_from: int, older_than_seconds: float) -> tuple[int, int]:
        """Remove old commits of a table's log that neither a checkpoint nor an index that stands at ``needed_from``
        needs; how many and their bytes."""
        with self._writing():
            return trim(self.storage, kind, needed_from=needed_from, older_than_seconds=older_than_seconds)

    def version(self, kind: str) -> int:
        """The newest acknowledged version of one table."""
        return self._tables[kind].version

    def table_id(self, kind: str) -> str:
        """Tells a table from another one created later in its place."""
        return self._tables[kind].table_id

    def commit_bytes(self, kind: str, version: int) -> bytes:
        """The bytes of a commit's file, for whoever keeps a second copy of the newest: the keeper, and nobody else.
        To a reader the newest one's mark is given, by which it knows it again, or nothing."""
        if not self.keeps:
            table = self._tables[kind]
            return table.mark if table.version == version else b""
        return self.storage.read(deltalog.commit_name(kind, version))

    @contextmanager
    def here(self, kind: str, file: DataFile, columns: Collection[str] | None = None) -> Iterator[Path]:
        """A local path at which a file can be read, meanwhile; at least these columns of it, or all for None.

        :raises FileNotFoundError: if it is not there any more.
        """
        with self.storage.here(f"{kind}/{file.path}", columns) as path:
            yield path

    @contextmanager
    def reading(self, kind: str, file: DataFile, columns: Collection[str] | None = None) -> Iterator[pq.ParquetFile]:
        """As ``here``, opened."""
        with self.here(kind, file, columns) as path, pq.ParquetFile(path) as parquet:
            yield parquet

    def address(self, kind: str, file: DataFile) -> str:
        """Where a file lies, as another engine is told: a path or a URL."""
        return self.storage.address(f"{kind}/{file.path}")

    @property
    def root(self) -> Path:
        """The folder of a local lake."""
        return Path(self.storage.place)

    def path(self, kind: str, file: DataFile) -> Path:
        """Where a file of a local lake lies."""
        return Path(self.address(kind, file))

    def files(self, kind: str, since: int | None = None) -> Change:
        """Files added and removed after version ``since`` by commits that changed data, or all files for None.

        Compactions add no rows and so no files here; a file that a later compaction replaced is still listed.

        :raises GapInLog: if the log does not reach back to ``since``, or ends before it.
        """
        table = self._tables[kind]
        last = table.version
        if since is None:
            return Change(tuple(table.files()), (), last)
        if since > last:
            raise GapInLog(f"version {since} is past the newest, {last}")
        commits = [
            commit for commit in deltalog.commits_after(self.storage.read, kind, since, last) if commit.changes_data
        ]
        added = tuple(file for commit in commits for file in commit.added)
        return Change(added, tuple(path for commit in commits for path in commit.removed), last)

    def raw(self, event_id: str, time_us: int) -> str | None:
        """The redacted source record of one event, read from the files of its month; None if it is not stored."""
        for _ in range(_LOOKS):
            try:
                return self._raw(event_id, time_us)
            except FileNotFoundError:  # replaced since it was named: the newer version has the row, if any
                self.refresh()
        return None

    def _raw(self, event_id: str, time_us: int) -> str | None:
        month = month_of(time_us)
        for file in self._tables["events"].files():
            if file.month == month and file.low_us <= time_us <= file.high_us:
                found = raw_of(self.storage.source(f"events/{file.path}"), event_id, time_us)
                if found is not None:
                    return found
        return None

    def _promise(self, kind: str, files: Sequence[DataFile], removed: Sequence[DataFile]) -> dict[str, Any]:
        promise = {"version": self.version(kind) + 1, "files": [file.as_json() for file in files]}
        return {**promise, "removed": [file.as_json() for file in removed]} if removed else promise

    def _fence(self) -> None:
        """Take the next version of every table. In this order a batch that another process has begun is seen whole:
        its leading table comes first, and a table that it reaches later is not taken before."""
        for table in self._tables.values():
            with self._writing():
                table.commit((), (), {"meta": {"why": "the lake was taken over"}}, changes_data=False)

    def _finish_batch(self, on_notice: Callable[[str], None]) -> None:
        """Commit what a leading commit promised to the other tables and a crash prevented."""
        for leader in KINDS:
            promised = self._last_promise(leader)
            for kind, promise in promised.items():
                if self.version(kind) < promise["version"]:
                    with self._writing():
                        removed = [DataFile(**file) for file in promise.get("removed", ())]
                        self._tables[kind].commit([DataFile(**file) for file in promise["files"]], removed)
                    on_notice(f"A batch interrupted between two tables has been finished in {kind}.")

    def _last_promise(self, leader: str) -> dict[str, Any]:
        table = self._tables[leader]
        with suppress(GapInLog):  # a commit that is no longer kept is long finished
            for version in range(table.version, -1, -1):
                commit = deltalog.read_commit(self.storage.read, leader, version)
                if commit.changes_data or version == 0:
                    return dict(commit.own.get("then") or {})
        return {}

    def _writing(self) -> _Writing:
        return _Writing(self)

    @property
    def poisoned(self) -> bool:
        """True after a failed write or sync: this handle refuses further commits."""
        return self._poisoned is not None


def _tables(storage: Storage, acknowledged: Acknowledged, on_notice: Callable[[str], None]) -> dict[str, LakeTable]:
    tables = {}
    for kind in KINDS:
        if notice := storage.prepare_log(kind, acknowledged.get(kind)):
            on_notice(notice)
        tables[kind] = LakeTable(kind, storage)
    return tables


class _Writing:
    """The writer's lock; an error inside poisons the lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def __enter__(self) -> None:
        self._lake.check()
        self._lake._lock.acquire()
        if self._lake._poisoned:
            self._lake._lock.release()
            raise StoreError(
                f"The lake takes no more commits after an earlier failure: {self._lake._poisoned.what}",
                where=self._lake.storage.place,
                remedy="Stop this process, mend the disk, and start again.",
            )

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            wrapped = error if isinstance(error, StoreError) else StoreError(f"Interrupted: {error!r}")
            self._lake._poisoned = wrapped
        self._lake._lock.release()
