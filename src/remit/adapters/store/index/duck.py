"""One DuckDB file in one process: how it is opened, one cursor per thread, and its errors in the store's words."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa

from remit.adapters.store.index.deadline import interruptible
from remit.model.errors import KeeperBusy, StoreError

CHECKPOINT_AT = "128MB"
"""How large DuckDB's own log may grow. Its default of 16 MB rewrites half-filled row groups again and again."""

_HELD = "IO Error: Could not set lock on file"
"""DuckDB's words for a file that another process has open."""


class UnreadableIndex(Exception):
    """The file is damaged, or of a DuckDB that this one cannot read."""


class Duck:
    """A connection that threads share through cursors of their own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._local = threading.local()
        self.writing = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, memory_mb: int, threads: int) -> Self:
        """Open or create the file.

        :raises KeeperBusy: if another process has it open.
        :raises UnreadableIndex: if it cannot be read.
        """
        config = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "preserve_insertion_order": False,
            "checkpoint_threshold": CHECKPOINT_AT,
            "temp_directory": str(path.with_suffix(".tmp")),
        }
        try:
            connection = duckdb.connect(str(path), config=config)
        except duckdb.Error as error:
            if isinstance(error, duckdb.IOException) and str(error).startswith(_HELD):
                raise KeeperBusy(
                    "Another process has the index open", where=str(path), remedy="Close it, then run this again."
                ) from error
            if os.strerror(errno.ENOSPC).lower() in str(error).lower():  # the file may be whole: it is not given up
                raise StoreError(
                    "No space left while opening the index", where=str(path), remedy="Free some space and run it again."
                ) from error
            raise UnreadableIndex(str(error)) from error
        connection.execute("SET TimeZone = 'UTC'")
        return cls(connection, path)

    def close(self) -> None:
        """Write everything into the file and let it go."""
        self._connection.close()

    def copy_to(self, path: Path) -> None:
        """Write every table, and nothing else, into a new database file, closed and whole on return."""
        quoted = str(path).replace("'", "''")
        with self.writing, self.errors("copying"), self.new_cursor() as cursor:
            cursor.execute(f"ATTACH '{quoted}' AS renewed")
            try:
                cursor.execute('COPY FROM DATABASE "' + self._name(cursor).replace('"', '""') + '" TO renewed')
                cursor.execute("CHECKPOINT renewed")
            finally:
                cursor.execute("DETACH renewed")

    @staticmethod
    def _name(cursor: duckdb.DuckDBPyConnection) -> str:
        """What DuckDB calls this file's database: it depends on the file's name."""
        return str(cursor.execute("SELECT current_database()").fetchall()[0][0])

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor. A cursor of another thread never sees a transaction of this one before its end."""
        found: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if found is None:
            found = self._local.cursor = self.new_cursor()
        return found

    def new_cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for a result that is read step by step."""
        cursor = self._connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor

    def table(self, sql: str, params: Sequence[object] = (), **views: pa.Table) -> pa.Table:
        """Run a query to its end. Keyword arguments are Arrow tables that the query may name."""
        cursor = self.cursor()
        with self.errors("querying"), interruptible(cursor), _registered(cursor, views):
            return cursor.sql(sql, params=list(params)).to_arrow_table()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A write transaction on this thread's cursor; one at a time, rolled back on any error."""
        with self.writing, self.errors("writing"):
            cursor = self.cursor()
            cursor.execute("BEGIN")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Turn DuckDB's errors into the store's."""
        try:
            yield
        except duckdb.Error as error:
            raise StoreError(
                f"The index failed while {doing}: {str(error).splitlines()[0]}",
                where=str(self.path),
                remedy="Check the disk's space. The index can be deleted at any time: it is rebuilt from the lake.",
            ) from error


@contextlib.contextmanager
def _registered(cursor: duckdb.DuckDBPyConnection, views: dict[str, pa.Table]) -> Iterator[None]:
    for name, table in views.items():
        cursor.register(name, table)
    try:
        yield
    finally:
        for name in views:
            cursor.unregister(name)
