"""One keeper per data folder, held by an advisory lock that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

from remit.adapters.store.lake.disk import store_error
from remit.model.errors import KeeperBusy

FILE = "keeper.lock"


class Lease:
    """The right to write to a data folder. Never survives its process, so a dead keeper needs no clean-up."""

    def __init__(self, path: Path, handle: IO[str]) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def acquire(cls, folder: Path, role: str, *, control: str = "") -> Self:
        """Take the folder's lease for ``role`` (``server``, ``ingest``, ...).

        ``control`` is the path of this keeper's control socket, if it listens on one.

        :raises KeeperBusy: naming who holds it.
        """
        path = folder / FILE
        try:
            handle = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise store_error(error, "opening the keeper's lock", path) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise _busy(folder) from error
        try:
            _sign(handle, role, control)
        except OSError as error:
            with suppress(OSError):  # what could not be written is tried once more on closing
                handle.close()
            raise store_error(error, "signing the keeper's lock", path) from error
        return cls(path, handle)

    def release(self) -> None:
        """Give the lease back; the file stays, empty."""
        if not self._handle.closed:
            self._handle.seek(0)
            self._handle.truncate()
            self._handle.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(folder: Path) -> dict[str, Any] | None:
    """Who signed the lock file last: ``pid``, ``role``, ``started``, ``control``. Not proof that it still lives."""
    try:
        signed = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return signed if isinstance(signed, dict) else None


def _sign(handle: IO[str], role: str, control: str) -> None:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    handle.seek(0)
    handle.truncate()
    json.dump({"pid": os.getpid(), "role": role, "started": started, "control": control}, handle)
    handle.flush()


def keeper(folder: Path) -> str:
    """Who keeps a folder, as people are told: ``ingest (process 17, since ...)``."""
    who = holder(folder)
    return f"{who.get('role')} (process {who.get('pid')}, since {who.get('started')})" if who else "another process"


def _busy(folder: Path) -> KeeperBusy:
    return KeeperBusy(
        f"The data folder is kept by {keeper(folder)}",
        where=str(folder),
        remedy="Ask that process, stop it, or name another folder with --data.",
    )
