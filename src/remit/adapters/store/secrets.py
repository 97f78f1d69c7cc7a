"""Secrets that this server must be able to use: ``<data>/secrets.json``, for its owner alone, written whole or not.

They are nowhere else: not in the state, a log, an answer or a page. What is shown of one is ``shown_url``.
"""

from __future__ import annotations

import json
import os
import stat
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from remit.adapters.store.lake.disk import Disk, store_error
from remit.model.errors import StoreError

FILE_NAME: Final = "secrets.json"
_LAST: Final = 4


class Secrets:
    """Named sets of secrets, such as ``channel:ops`` -> ``{"url": ...}``."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._lock = threading.Lock()

    def get(self, name: str) -> dict[str, str]:
        """What is kept under a name; empty when there is nothing.

        :raises StoreError: when the file cannot be read, or others may read it.
        """
        with self._lock:
            return dict(self._read().get(name, {}))

    def put(self, name: str, values: Mapping[str, str]) -> None:
        """Keep secrets under a name, instead of what was there; durable when this returns."""
        with self._lock:
            self._write({**self._read(), name: dict(values)})

    def remove(self, name: str) -> None:
        """Forget what is kept under a name."""
        with self._lock:
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            mode = self.path.stat().st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise StoreError(
                    "Others on this machine may read the file of secrets",
                    where=str(self.path),
                    remedy=f"Run chmod 600 on it, and replace what is in it (mode was {stat.S_IMODE(mode):o}).",
                )
            found: Any = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise store_error(error, "reading secrets", self.path) from error
        except ValueError as error:
            raise _unreadable(self.path) from error
        if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
            raise _unreadable(self.path)
        return found

    def _write(self, secrets: Mapping[str, Mapping[str, str]]) -> None:
        content = json.dumps(secrets, indent=1).encode()
        fresh = self.path.with_name(f".{FILE_NAME}.{uuid.uuid4().hex}")
        disk = _Private()
        try:
            disk.write(fresh, lambda sink: _fill(sink, content))
            disk.rename(fresh, self.path)
        finally:
            fresh.unlink(missing_ok=True)


class _Private(Disk):
    """A disk whose new files belong to their owner alone from the first byte on."""

    def _create(self, path: Path) -> BinaryIO:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _fill(sink: BinaryIO, content: bytes) -> None:
    sink.write(content)


def _unreadable(path: Path) -> StoreError:
    # The parser's message would quote the file, so it is not passed on.
    return StoreError(
        "The file of secrets is damaged", where=str(path), remedy="Remove it, and set the channels again."
    )


def shown_url(url: str) -> str:
    """A secret address as it may be shown: ``https://hooks.slack.com/…a1b2``."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    hidden = url.rpartition(parts.netloc)[2].lstrip("/")
    last = hidden[-_LAST:] if len(hidden) > 3 * _LAST else ""
    return f"{parts.scheme}://{host}{port}/{f'…{last}' if hidden else ''}"
