"""The inbox: what was pushed, synced before its sender is told so, until it is in the lake.

One file a delivery, named by the order of arrival, its format and its feed: ``<ns>-<random>~<key>~<format>~<feed>``. A
file that is still being written begins with a dot and is nobody's; one that is there was acknowledged, or is just about
to be. Reading it twice stores nothing twice.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from remit.adapters.store.lake.disk import Disk, store_error
from remit.model.errors import Unavailable

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 2 * 1024**3
MOST_WRITERS: Final = 32
"""Deliveries taken at the same time."""
_UNPROVEN_SHARE: Final = 4
"""One in so many of them may be of a sender that only the end of its body can prove: whoever sends anything at all
and slowly keeps out nobody who has a token."""
ASIDE: Final = "aside"
"""Where a file goes that makes the ingest itself fail, so that it holds up no other."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a delivery besides its bytes. ``key`` is the sender's own name of it, empty without one. None of
    them holds a ``~`` or a slash."""

    form: str
    feed: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits. ``receipt`` names it."""

    path: Path
    receipt: str
    label: Label
    size: int
    arrived: float


class Inbox:
    """The deliveries of one data folder."""

    def __init__(
        self,
        folder: Path,
        disk: Disk | None = None,
        *,
        most_files: int = MOST_FILES,
        most_bytes: int = MOST_BYTES,
        most_writers: int = MOST_WRITERS,
    ) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self._most = most_files, most_bytes, most_writers
        self._lock = threading.Lock()
        self._writers = 0
        self._unproven = 0
        held = self.waiting()
        self._files, self._bytes = len(held), sum(each.size for each in held)
        self._keys = {each.label.key for each in held if each.label.key}

    def clear_unfinished(self) -> None:
        """Remove what a process that died was still writing; only for the process that keeps the folder."""
        for path in self._folder.glob(".*.part"):
            self._disk.remove(path)

    def begin(self, label: Label, *, room: int, proven: bool = True) -> Arriving:
        """A delivery begins, of at most ``room`` bytes. ``proven``: its sender is known before its body is.

        :raises Unavailable: when the inbox is full, or as many deliveries arrive as are taken at a time.
        """
        most_files, most_bytes, most_writers = self._most
        with self._lock:
            if self._writers >= most_writers or not (proven or self._unproven < self._most_unproven):
                raise Unavailable(f"{self._writers} deliveries arrive at this moment, and no more are taken at a time")
            files = self._files + self._writers
            if files >= most_files or self._bytes + (self._writers + 1) * room > most_bytes:
                raise Unavailable(
                    f"The inbox is full: {self._files:,} deliveries of {self._bytes:,} bytes wait to be stored",
                    remedy="Send it again in a moment.",
                )
            self._writers += 1
            self._unproven += not proven
        receipt = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        return Arriving(self, self._disk, self._folder, receipt, label, proven=proven)

    def holds(self, key: str) -> bool:
        """Whether a delivery of this name waits."""
        with self._lock:
            return key in self._keys

    def waiting(self) -> list[Waiting]:
        """Everything that waits, in the order of arrival."""
        with os.scandir(self._folder) as listing:
            found = [_read(Path(entry.path)) for entry in listing if entry.is_file() and "~" in entry.name]
        return sorted((each for each in found if each is not None), key=lambda each: each.receipt)

    def remove(self, done: Iterable[Waiting]) -> None:
        """Deliveries are in the lake, or set aside."""
        for each in done:
            self._disk.remove(each.path)
            self._forget(each)

    def set_aside(self, each: Waiting) -> Path:
        """Move a delivery out of the way; it is kept."""
        aside = self._folder / ASIDE
        self._disk.make_folder(aside, 0o700)
        kept = aside / each.path.name
        self._disk.rename(each.path, kept)
        self._forget(each)
        return kept

    @property
    def _most_unproven(self) -> int:
        return max(1, self._most[2] // _UNPROVEN_SHARE)

    @property
    def held(self) -> tuple[int, int]:
        """How many deliveries wait, and their bytes."""
        return self._files, self._bytes

    def closed(self, size: int | None, key: str = "", *, proven: bool = True) -> None:
        """A delivery that had begun is there, of ``size`` bytes, or was given up."""
        with self._lock:
            self._writers -= 1
            self._unproven -= not proven
            if size is not None:
                self._files, self._bytes = self._files + 1, self._bytes + size
                self._keys |= {key} - {""}

    def _forget(self, each: Waiting) -> None:
        with self._lock:
            self._files, self._bytes = self._files - 1, self._bytes - each.size
            self._keys.discard(each.label.key)


class Arriving:
    """A delivery being written. ``keep`` or ``drop`` it."""

    def __init__(self, inbox: Inbox, disk: Disk, folder: Path, receipt: str, label: Label, *, proven: bool) -> None:
        self._inbox = inbox
        self._proven = proven
        self._disk = disk
        self._label = label
        self._size = 0
        self.receipt = receipt
        self._path = folder / f".{receipt}.part"
        self._kept = folder / f"{receipt}~{label.key}~{label.form}~{label.feed}"
        self._open = True
        try:
            self._sink: BinaryIO = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            inbox.closed(None, proven=proven)
            raise store_error(error, "taking a delivery", folder) from error

    def write(self, data: bytes) -> None:
        """More of it."""
        self._guarded(lambda: self._sink.write(data))
        self._size += len(data)

    def keep(self) -> str:
        """Sync the file, give it its name, sync the folder; returns the receipt. Only then may its sender be told."""
        self._guarded(self._sink.close)
        self._disk.sync(self._path)
        self._disk.rename(self._path, self._kept)
        self._open = False
        self._inbox.closed(self._size, self._label.key, proven=self._proven)
        return self.receipt

    def drop(self) -> None:
        """Leave nothing of it; does nothing to one that is kept."""
        if self._open:
            self._open = False
            self._sink.close()
            for path in (self._path, self._kept):  # it has its name already when only the folder could not be synced
                self._disk.remove(path)
            self._inbox.closed(None, proven=self._proven)

    def _guarded(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            raise store_error(error, "taking a delivery", self._path) from error


def _read(path: Path) -> Waiting | None:
    """None for a file that went away, or is none of ours."""
    parts = path.name.split("~")
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if len(parts) != 4 or path.name.startswith("."):
        return None
    receipt, key, form, feed = parts
    return Waiting(path, receipt, Label(form, feed, key), found.st_size, found.st_mtime)
