"""A lake as a process sees it that does not keep it: it reads what is there, mends nothing and writes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

from remit.adapters.store.lake.deltatable import LakeTable
from remit.adapters.store.lake.logcopy import copy_log
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.lake.storage import Entry, Fill, Storage, Written
from remit.model.errors import StoreError


class ReadOnly:
    """Another storage without its writing half; the library works on copies of the logs."""

    def __init__(self, storage: Storage, copies: Path | None = None) -> None:
        """``copies`` is where the copies go, while tables are opened."""
        self._storage = storage
        self._copies = copies

    @property
    def place(self) -> str:
        """The lake's address."""
        return self._storage.place

    @property
    def lasting(self) -> bool:
        """As of the storage."""
        return self._storage.lasting

    def library_folder(self, table: str) -> Path:
        """The copy."""
        if self._copies is None:
            self._refuse(table)
        return self._copies / table

    def prepare_log(self, table: str, acknowledged: tuple[int, bytes] | None) -> str | None:  # noqa: ARG002
        """Copy the log.

        :raises StoreError: if there is no such table.
        """
        if copy_log(self._storage.read, self._storage.entries, table, self.library_folder(table)) < 0:
            raise StoreError(
                "There is no lake here yet",
                where=self.place,
                remedy="Start the process that keeps it, or ingest something; then run this again.",
            )
        return None

    def read(self, name: str) -> bytes:
        """A small file's content."""
        return self._storage.read(name)

    def here(self, name: str, columns: Collection[str] | None = None) -> AbstractContextManager[Path]:
        """A local path at which the file can be read."""
        return self._storage.here(name, columns)

    def source(self, name: str) -> Any:
        """What ``pyarrow`` reads a few parts of a file from."""
        return self._storage.source(name)

    def entries(self, folder: str) -> Iterator[Entry]:
        """Every file below a folder."""
        return self._storage.entries(folder)

    def beyond(self, folder: str) -> list[str]:
        """In words, what may still hold what was removed."""
        return self._storage.beyond(folder)

    def address(self, name: str) -> str:
        """Where a file lies."""
        return self._storage.address(name)

    def publish(self, name: str, *, new: bool) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self._refuse(name)

    def check(self) -> None:
        """Refused: whoever asks is about to write."""
        self._refuse("")

    def put(self, name: str, fill: Fill, *, read_soon: bool = False) -> Written:  # noqa: ARG002
        """Refused."""
        self._refuse(name)

    def replace(self, name: str, content: bytes) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self._refuse(name)

    def remove(self, names: Sequence[str]) -> None:
        """Refused."""
        self._refuse(*names)

    def forget(self, folder: str) -> None:
        """Refused."""
        self._refuse(folder)

    def _refuse(self, *names: str) -> NoReturn:
        raise StoreError(
            "This process reads the lake and does not write to it",
            where=self.address(names[0] if names else ""),
            remedy="Ask the process that keeps it.",
        )


def tables_to_read(storage: Storage) -> dict[str, LakeTable]:
    """The tables of a process that only reads, from copies of their logs that are needed for opening alone."""
    with tempfile.TemporaryDirectory(prefix="remit-log-") as copies:
        reading = ReadOnly(storage, Path(copies))
        for kind in KINDS:
            reading.prepare_log(kind, None)
        tables = {kind: LakeTable(kind, reading) for kind in KINDS}
    for table in tables.values():
        table.take_mark()
    return tables
