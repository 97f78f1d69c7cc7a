"""The one door to the file system for the lake: every write, sync, rename and removal passes here.

Tests put a recording or a failing disk in its place and prove what was durable when.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from remit.model.errors import StoreError


class SyncFailed(StoreError):
    """``fsync`` failed: what the kernel holds and what the disk holds may differ, so nothing more is written."""

    code = "store.sync_failed"


def store_error(error: OSError, doing: str, path: Path) -> StoreError:
    """The store's account of an ``OSError``: what was being done, where, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            f"No space left while {doing}",
            where=str(path),
            remedy="Free some space and run it again: what was acknowledged is kept, the rest is read again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(
            f"Not allowed while {doing}: {error.strerror}",
            where=str(path),
            remedy="Give this user write access to the data folder, or name another with --data.",
        )
    reason = error.strerror or str(error)
    return StoreError(f"Failed while {doing}: {reason}", where=str(path), remedy="Check the disk, then run it again.")


class Disk:
    """Durable writes on a local file system."""

    _known: frozenset[Path] = frozenset()
    """Folders whose own entries are durable."""

    def write(self, path: Path, fill: Callable[[BinaryIO], None]) -> None:
        """Create ``path``, let ``fill`` write it, and sync the file (not yet its folder). A failed file is removed."""
        try:
            with self._create(path) as sink:
                fill(sink)
                sink.flush()
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise store_error(error, "writing", path) from error
            raise
        self.sync(path)

    def sync(self, path: Path) -> None:
        """Make a file's content, or a folder's entries, survive a power cut.

        :raises SyncFailed: never retried, because a second ``fsync`` may report success for pages that were lost.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                self._fsync(descriptor, path)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SyncFailed(
                f"The disk did not confirm a write: {error.strerror or error}",
                where=str(path),
                remedy="Nothing more is written by this process. Check the disk and its space, then start again.",
            ) from error

    def make_folder(self, path: Path, mode: int = 0o777) -> None:
        """Create a folder and its missing parents, each made durable in its parent.

        One that is there already may be the work of a process that was killed, or of one that goes on at this moment,
        before its entry was durable: the first time it is asked for here, its entry is synced too.
        """
        missing = [path]
        while not missing[-1].exists():
            missing.append(missing[-1].parent)
        for folder in reversed(missing[:-1]):
            try:
                folder.mkdir(mode, exist_ok=True)
            except OSError as error:
                raise store_error(error, "creating a folder", folder) from error
            self.sync(folder.parent)
        if missing == [path] and path not in self._known and os.access(path.parent, os.R_OK):
            self.sync(path.parent)
        self._known |= {path}

    def rename(self, path: Path, to: Path) -> None:
        """Rename durably; into another folder, the new name is durable before the old one is gone for good."""
        try:
            path.replace(to)
        except OSError as error:
            raise store_error(error, "renaming", path) from error
        for folder in dict.fromkeys((to.parent, path.parent)):
            self.sync(folder)

    def replace(self, path: Path, content: bytes) -> None:
        """Put a file in the place of another, if there is one, so that at any moment one of the two is there whole."""
        fresh = path.with_name(f"{path.name}.tmp")
        self.remove(fresh)
        self.write(fresh, partial(_write_all, content))
        self.rename(fresh, path)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise store_error(error, "removing", path) from error

    def _create(self, path: Path) -> BinaryIO:
        return path.open("xb")

    def _fsync(self, descriptor: int, path: Path) -> None:  # noqa: ARG002 - a recording disk wants the path
        os.fsync(descriptor)


def _write_all(content: bytes, sink: BinaryIO) -> None:
    sink.write(content)
