"""One Delta table, with the durability that ``delta-rs`` leaves to its caller.

The library works on a local folder; a commit is acknowledged (``commit`` returns) only after its Parquet files and its
log file are durable in the lake's storage. The single writer never retries: a foreign commit shows as a failure
instead of being merged silently.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from remit.adapters.store.lake import deltalog
from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.logtrimming import drop_old_checkpoints
from remit.adapters.store.lake.schema import PARTITION, table_schema
from remit.adapters.store.lake.storage import Storage
from remit.model.errors import IntegrityError, StoreError

CHECKPOINT_EVERY = 25
"""The library reads every commit since the last checkpoint again for each new one: 25 is measured fastest."""
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_CONFIGURATION = {
    "delta.checkpointInterval": "1000000",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
}
"""We write checkpoints ourselves, and remove commits ourselves, once no index needs them any more."""


class LakeTable:
    """A handle on one of the lake's tables; used by one writer, under the lake's lock."""

    def __init__(self, kind: str, storage: Storage) -> None:
        self.kind = kind
        self._storage = storage
        self._root = storage.library_folder(kind)
        self._log = self._root / deltalog.LOG
        self._table = self._open()
        self._version = int(self._table.version())
        self._id = str(self._table.metadata().id)
        self._files = {file.path: file for file in self._current()}
        self._since_checkpoint = self._unsaved_commits()
        self._mark = b""

    @property
    def version(self) -> int:
        """The newest acknowledged version; the library knows a commit a moment before it is synced."""
        return self._version

    @property
    def table_id(self) -> str:
        """Differs for a table created anew in the same place."""
        return self._id

    def files(self) -> list[DataFile]:
        """The files of the newest version."""
        return list(self._files.values())

    def commit(
        self,
        added: Sequence[DataFile],
        removed: Sequence[DataFile] = (),
        own: Mapping[str, Any] | None = None,
        *,
        changes_data: bool = True,
    ) -> int:
        """Commit files that are already durable; returns the new version once it is durable.

        :raises StoreError: if the library or the disk refuses; the lake must then not be used further.
        """
        version = self.version + 1
        promised = {**(own or {}), "adds": len(added), "removes": len(removed)}
        actions: list[AddAction | RemoveAction] = [_add(file, changes_data) for file in added]
        actions += [_remove(file, changes_data) for file in removed]
        try:
            self._write(actions, promised)
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"The lake refused a commit: {error}",
                where=self._place,
                remedy="Check the disk and that nothing else writes here, then start again: "
                "what was acknowledged is kept, the rest is read again.",
            ) from error
        self._storage.publish(deltalog.commit_name(self.kind, version), new=True)
        self._remember(added, [file.path for file in removed])
        self._version = version
        return version

    def catch_up(self) -> bool:
        """Take up commits of another process that come after the newest one known; True if there were any.

        :raises deltalog.Replaced: if the newest one known is not what is there any more; nothing is taken up then.
        """
        before = self._version
        if self._mark and not self._storage.lasting and self._mark_of(before) != self._mark:
            raise deltalog.Replaced(f"commit {before} of {self.kind}")
        with suppress(deltalog.GapInLog, deltalog.Torn):
            while True:
                commit = deltalog.read_commit(self._storage.read, self.kind, self._version + 1)
                self._remember(commit.added, commit.removed)
                self._version, self._mark = commit.version, commit.mark
        return self._version > before

    @property
    def mark(self) -> bytes:
        """Tells the newest commit known to a process that only reads; empty where that is not known."""
        return self._mark

    def take_mark(self) -> None:
        """Remember what the newest commit did, to notice when it is another one."""
        self._mark = self._mark_of(self._version)

    def _mark_of(self, version: int) -> bytes:
        """What a commit did as it is now; empty if it cannot be read."""
        with suppress(deltalog.GapInLog, deltalog.Torn):
            return deltalog.read_commit(self._storage.read, self.kind, version).mark
        return b""

    def maybe_checkpoint(self) -> None:
        """Save the log's state now and then: opening and committing get slower with each commit since."""
        if self._since_checkpoint < CHECKPOINT_EVERY:
            return
        try:
            self._table.create_checkpoint()
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"The lake's log could not be summed up: {str(error).splitlines()[0]}",
                where=str(self._storage.place),
                remedy="Check the disk and its space, then start again: what was acknowledged is kept.",
            ) from error
        saved = sorted(path.name for path in self._log.glob(f"{self.version:020d}.checkpoint*.parquet"))
        for name in (*saved, "_last_checkpoint"):
            self._storage.publish(f"{self.kind}/{deltalog.LOG}/{name}", new=False)
        drop_old_checkpoints(self._storage, self.kind)
        self._table = DeltaTable(self._root)
        self._since_checkpoint = 0

    def _write(self, actions: Sequence[AddAction | RemoveAction], own: Mapping[str, Any]) -> None:
        self._table.create_write_transaction(
            actions,
            mode="append",
            schema=table_schema(self.kind),
            partition_by=[PARTITION],
            commit_properties=CommitProperties(custom_metadata={deltalog.OWN: dict(own)}, max_commit_retries=0),
            post_commithook_properties=_NO_HOOKS,
        )
        self._table.update_incremental()

    def _remember(self, added: Sequence[DataFile], removed: Sequence[str]) -> None:
        gone = set(removed)
        files = {path: file for path, file in self._files.items() if path not in gone}
        self._files = files | {file.path: file for file in added}
        self._since_checkpoint += 1

    def _open(self) -> DeltaTable:
        try:
            if deltalog.versions(self._log) or (self._log / "_last_checkpoint").exists():
                return self._checked(DeltaTable(self._root))
            return self._create()
        except DeltaError as error:
            raise IntegrityError(
                f"The lake's table cannot be opened: {error}",
                where=self._place,
                remedy="Restore the folder from a backup, or move it away to start empty.",
            ) from error

    def _checked(self, table: DeltaTable) -> DeltaTable:
        stored = set(pa.schema(table.schema().to_arrow()).names)
        expected = set(table_schema(self.kind).names)
        if stored != expected:
            raise IntegrityError(
                f"The lake was written with other columns: {', '.join(sorted(stored ^ expected))}",
                where=self._place,
                remedy="Use the version of Remit that wrote it, or ingest the sources into a new data folder.",
            )
        return table

    def _create(self) -> DeltaTable:
        table = DeltaTable.create(
            self._root,
            schema=table_schema(self.kind),
            mode="error",
            partition_by=[PARTITION],
            name=self.kind,
            configuration=_CONFIGURATION,
            commit_properties=CommitProperties(custom_metadata={deltalog.OWN: {"adds": 0, "removes": 0}}),
        )
        self._storage.publish(deltalog.commit_name(self.kind, 0), new=True)
        return table

    @property
    def _place(self) -> str:
        return self._storage.address(f"{self.kind}/{deltalog.LOG}")

    def _current(self) -> list[DataFile]:
        actions = pa.table(self._table.get_add_actions(flatten=True))
        if actions.num_rows == 0:
            return []
        columns = [_column(actions, name) for name in _ADD_COLUMNS]
        return [DataFile(*row) for row in zip(*columns, strict=True)]

    def _unsaved_commits(self) -> int:
        saved = [int(path.name[:20]) for path in self._log.glob("*.checkpoint*.parquet")]
        return self.version - max(saved, default=-1)


_ADD_COLUMNS = ("path", "partition.month", "num_records", "size_bytes", "min.time", "max.time", "modification_time")


def _column(actions: pa.Table, name: str) -> list[Any]:
    values = actions[name]
    if name in ("min.time", "max.time"):
        values = values.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    elif pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
    result: list[Any] = values.to_pylist()
    return result


def _add(file: DataFile, changes_data: bool) -> AddAction:
    return AddAction(
        path=file.path,
        size=file.size,
        partition_values={PARTITION: file.month},
        modification_time=file.modified_ms,
        data_change=changes_data,
        stats=file.stats(),
    )


def _remove(file: DataFile, changes_data: bool) -> RemoveAction:
    return RemoveAction(
        path=file.path,
        data_change=changes_data,
        deletion_timestamp=int(time.time() * 1000),
        size=file.size,
        partition_values={PARTITION: file.month},
    )
