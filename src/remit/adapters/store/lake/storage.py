"""What the lake needs of the place where its files lie.

Names are relative to the lake, with ``/`` between their parts: ``events/month=2026-10/3f.parquet``. Whatever writes
returns only when what it wrote survives a power cut. The Delta library works on a local folder in every case: it is
the lake itself, or a copy of its logs, which ``publish`` carries to where they count.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

Fill = Callable[[BinaryIO], None]
"""Writes a file's content into what it is given."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was just written: its bytes, and when, in milliseconds since the epoch."""

    size: int
    modified_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the lake: its bytes and its age, by the clock of the place where it lies."""

    name: str
    size: int
    age_seconds: float


class Storage(Protocol):
    """A place for a lake. Reading what is not there raises ``FileNotFoundError``, other trouble ``StoreError``."""

    @property
    def place(self) -> str:
        """The lake's address, for people."""

    @property
    def lasting(self) -> bool:
        """Whether whatever can be read survives a power cut: a process that only reads need not look back."""

    def library_folder(self, table: str) -> Path:
        """Where the Delta library finds the table's log and writes its commits."""

    def prepare_log(self, table: str, acknowledged: tuple[int, bytes] | None) -> str | None:
        """Make the table's log readable in the library's folder; says what was mended, or None.

        ``acknowledged`` is the newest commit known to have been acknowledged: its version and its bytes.
        """

    def publish(self, name: str, *, new: bool) -> None:
        """Make durable what the library wrote under this name; with ``new`` only if nobody wrote it before."""

    def check(self) -> None:
        """Asked before every commit: raises if this process may write no more."""

    def put(self, name: str, fill: Fill, *, read_soon: bool = False) -> Written:
        """Write a file under a name that nobody else uses; with ``read_soon`` the index is going to read it."""

    def replace(self, name: str, content: bytes) -> None:
        """Write a file in the place of another of the name, if there is one."""

    def read(self, name: str) -> bytes:
        """A small file's content."""

    def here(self, name: str, columns: Collection[str] | None = None) -> AbstractContextManager[Path]:
        """A local path at which the file can be read; of a Parquet file at least these columns, or all for None."""

    def source(self, name: str) -> Any:
        """What ``pyarrow`` reads a few parts of a file from."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Every file below a folder, in order of name."""

    def remove(self, names: Sequence[str]) -> None:
        """Remove files that are there."""

    def forget(self, folder: str) -> None:
        """Remove what the place itself still keeps of files below a folder that were removed or replaced."""

    def beyond(self, folder: str) -> list[str]:
        """In words, what may still hold the content of files below a folder that were removed or replaced."""

    def address(self, name: str) -> str:
        """Where a file lies, as another engine is told: a path or a URL."""
