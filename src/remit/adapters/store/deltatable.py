"""One Delta table in a local folder, with the durability that ``delta-rs`` leaves to its caller.

A commit is acknowledged (``commit`` returns) only after its Parquet files, its log file and their folders have been
synced. The single writer never retries: a foreign commit shows as a failure instead of being merged silently.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from remit.adapters.store import deltalog
from remit.adapters.store.datafile import DataFile
from remit.adapters.store.disk import Disk
from remit.adapters.store.schema import PARTITION, table_schema
from remit.model.errors import IntegrityError, StoreError

CHECKPOINT_EVERY = 25
"""The library reads every commit since the last checkpoint again for each new one: 25 is measured fastest."""
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_CONFIGURATION = {
    "delta.checkpointInterval": "1000000",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
}
"""We write checkpoints ourselves, and keep every JSON commit: the index follows them."""


class LakeTable:
    """A handle on one of the lake's tables; used by one writer, under the lake's lock."""

    def __init__(self, kind: str, root: Path, disk: Disk) -> None:
        self.kind = kind
        self.root = root
        self.log = root / "_delta_log"
        self._disk = disk
        self._table = self._open()
        self._version = int(self._table.version())
        self._files = {file.path: file for file in self._current()}
        self._since_checkpoint = self._unsaved_commits()

    @property
    def version(self) -> int:
        """The newest acknowledged version; the library knows a commit a moment before it is synced."""
        return self._version

    @property
    def table_id(self) -> str:
        """Differs for a table created anew in the same place."""
        return str(self._table.metadata().id)

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
        """Commit files that are already synced; returns the new version once it is durable.

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
                where=str(self.log),
                remedy="Check the disk and that nothing else writes here, then start again: "
                "what was acknowledged is kept, the rest is read again.",
            ) from error
        self._disk.sync(deltalog.commit_path(self.log, version))
        self._disk.sync(self.log)
        self._remember(added, removed)
        self._version = version
        return version

    def maybe_checkpoint(self) -> None:
        """Save the log's state now and then: opening and committing get slower with each commit since."""
        if self._since_checkpoint < CHECKPOINT_EVERY:
            return
        self._table.create_checkpoint()
        for path in self.log.glob(f"{self.version:020d}.checkpoint*.parquet"):
            self._disk.sync(path)
        self._disk.sync(self.log / "_last_checkpoint")
        self._disk.sync(self.log)
        self._table = DeltaTable(self.root)
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

    def _remember(self, added: Sequence[DataFile], removed: Sequence[DataFile]) -> None:
        files = {path: file for path, file in self._files.items() if path not in {gone.path for gone in removed}}
        self._files = files | {file.path: file for file in added}
        self._since_checkpoint += 1

    def _open(self) -> DeltaTable:
        try:
            if deltalog.versions(self.log):
                return self._checked(DeltaTable(self.root))
            return self._create()
        except DeltaError as error:
            raise IntegrityError(
                f"The lake's table cannot be opened: {error}",
                where=str(self.root),
                remedy="Restore the folder from a backup, or move it away to start empty.",
            ) from error

    def _checked(self, table: DeltaTable) -> DeltaTable:
        stored = set(pa.schema(table.schema().to_arrow()).names)
        expected = set(table_schema(self.kind).names)
        if stored != expected:
            raise IntegrityError(
                f"The lake was written with other columns: {', '.join(sorted(stored ^ expected))}",
                where=str(self.root),
                remedy="Use the version of Remit that wrote it, or ingest the sources into a new data folder.",
            )
        return table

    def _create(self) -> DeltaTable:
        self._disk.make_folder(self.log)
        table = DeltaTable.create(
            self.root,
            schema=table_schema(self.kind),
            mode="error",
            partition_by=[PARTITION],
            name=self.kind,
            configuration=_CONFIGURATION,
            commit_properties=CommitProperties(custom_metadata={deltalog.OWN: {"adds": 0, "removes": 0}}),
        )
        self._disk.sync(deltalog.commit_path(self.log, 0))
        self._disk.sync(self.log)
        return table

    def _current(self) -> list[DataFile]:
        actions = pa.table(self._table.get_add_actions(flatten=True))
        if actions.num_rows == 0:
            return []
        columns = [_column(actions, name) for name in _ADD_COLUMNS]
        return [DataFile(*row) for row in zip(*columns, strict=True)]

    def _unsaved_commits(self) -> int:
        saved = [int(path.name[:20]) for path in self.log.glob("*.checkpoint*.parquet")]
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
