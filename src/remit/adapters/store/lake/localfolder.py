"""The lake in a local folder."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from remit.adapters.store.lake import logmending
from remit.adapters.store.lake.deltalog import LOG
from remit.adapters.store.lake.disk import Disk, store_error
from remit.adapters.store.lake.storage import Entry, Fill, Written


class LocalFolder:
    """A folder as the place of a lake; see ``storage.Storage``."""

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self.root = root
        self.disk = disk or Disk()

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.root)

    @property
    def lasting(self) -> bool:
        """No: another process sees a commit before it is synced."""
        return False

    def path(self, name: str) -> Path:
        """Where a file lies."""
        return self.root / name

    def library_folder(self, table: str) -> Path:
        """The table itself."""
        return self.root / table

    def prepare_log(self, table: str, acknowledged: tuple[int, bytes] | None) -> str | None:
        """Mend what a crash left of the log, and see to its folder."""
        log = self.root / table / LOG
        notice = logmending.mend(self.disk, log, acknowledged)
        for folder in (self.root, log.parent, log):
            self.disk.make_folder(folder)
        return notice

    def publish(self, name: str, *, new: bool) -> None:  # noqa: ARG002 - the library creates a commit or fails
        """Sync the file, then its folder."""
        path = self.path(name)
        self.disk.sync(path)
        self.disk.sync(path.parent)

    def check(self) -> None:
        """Nothing: the folder's lock lasts as long as the process."""

    def put(self, name: str, fill: Fill, *, read_soon: bool = False) -> Written:  # noqa: ARG002
        """Write and sync the file, and its folder."""
        path = self.path(name)
        self.disk.make_folder(path.parent)
        self.disk.write(path, fill)
        self.disk.sync(path.parent)
        status = path.stat()
        return Written(status.st_size, int(status.st_mtime * 1000))

    def replace(self, name: str, content: bytes) -> None:
        """Write beside it, sync, and rename."""
        path = self.path(name)
        self.disk.replace(path, content)

    def read(self, name: str) -> bytes:
        """The file's bytes."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise store_error(error, "reading", self.path(name)) from error

    @contextmanager
    def here(self, name: str, columns: Collection[str] | None = None) -> Iterator[Path]:  # noqa: ARG002
        """The file itself."""
        path = self.path(name)
        if not path.exists():
            raise FileNotFoundError(str(path))
        yield path

    def source(self, name: str) -> Path:
        """The file itself."""
        return self.path(name)

    def entries(self, folder: str) -> Iterator[Entry]:
        """Every file below a folder; its age is that of its content or its name, whichever is younger."""
        now = time.time()
        for path in sorted((self.root / folder).rglob("*")):
            status = _file(path)
            if status is not None:
                age = now - max(status.st_mtime, status.st_ctime)
                yield Entry(path.relative_to(self.root).as_posix(), status.st_size, age)

    def remove(self, names: Sequence[str]) -> None:
        """Remove the files, then sync their folders."""
        paths = [self.path(name) for name in names]
        for path in paths:
            self.disk.remove(path)
        for folder in sorted({path.parent for path in paths}):
            self.disk.sync(folder)

    def forget(self, folder: str) -> None:
        """Nothing: a folder keeps no versions."""

    def beyond(self, folder: str) -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def address(self, name: str) -> str:
        """The file's path."""
        return str(self.path(name))


def _file(path: Path) -> os.stat_result | None:
    """What the file system says of a file; None for a folder, and for what was removed since it was listed."""
    with suppress(FileNotFoundError):
        status = path.stat()
        return status if stat.S_ISREG(status.st_mode) else None
    return None
