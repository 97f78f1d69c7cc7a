"""The lake on S3: a prefix of a bucket, with a cache in the data folder that may be lost at any time, or without one
for who only reads it.

A commit counts when its log file was written under the condition that nobody wrote it before. What a process writes
for the index to read soon stays in the cache until it was read, so that an ingest fetches nothing back.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from remit.adapters.store.lake.disk import store_error
from remit.adapters.store.lake.logcopy import copy_log
from remit.adapters.store.lake.storage import Entry, Fill, Written
from remit.adapters.store.s3.client import Bucket, Taken
from remit.adapters.store.s3.parts import ObjectFile, fetch_columns
from remit.model.errors import CommitTaken, StoreError

_LOGS: Final = "logs"
_FILES: Final = "files"


class S3Storage:
    """A prefix of a bucket as the place of a lake; see ``storage.Storage``."""

    def __init__(self, bucket: Bucket, cache: Path | None = None) -> None:
        self.bucket = bucket
        self._kept = cache
        self._allowed: Callable[[], None] = lambda: None
        self._copies: frozenset[str] = frozenset()
        """Tables whose logs this process copied: what another one left in the cache may never have reached S3."""

    @property
    def place(self) -> str:
        """The URL."""
        return self.bucket.url

    @property
    def lasting(self) -> bool:
        """Yes: an object is there when it is durable."""
        return True

    def write_while(self, allowed: Callable[[], None]) -> None:
        """From now on ask this before every commit; it raises when the process may write no more."""
        self._allowed = allowed

    def check(self) -> None:
        """Raise if this process may write no more."""
        self._allowed()

    def clear(self) -> None:
        """Empty the cache: what an earlier process left of it is not trusted."""
        if self._kept is not None:
            shutil.rmtree(self._kept, ignore_errors=True)

    def library_folder(self, table: str) -> Path:
        """The copy of the table's log."""
        return self._cache / _LOGS / table

    def prepare_log(self, table: str, acknowledged: tuple[int, bytes] | None) -> str | None:  # noqa: ARG002
        """Copy the log. Nothing is ever torn here: S3 has the whole of an object or nothing."""
        copy_log(self._get, self.entries, table, self.library_folder(table))
        self._copies |= {table}
        return None

    def publish(self, name: str, *, new: bool) -> None:
        """Write the library's file to S3.

        :raises CommitTaken: with ``new``, if another process wrote a file of this name.
        """
        content = self._copied(name).read_bytes()
        if not new:
            self.bucket.put(name, content)
            return
        try:
            self.bucket.create(name, content)
        except Taken:
            raise CommitTaken(
                "Another process has committed to the lake",
                where=self.address(name),
                remedy="One process keeps a lake: stop one of the two, then start this one again. What was "
                "acknowledged is kept, the rest is read again.",
            ) from None

    def put(self, name: str, fill: Fill, *, read_soon: bool = False) -> Written:
        """Write a file: to the cache first, so that memory is bounded, then to S3; durable when S3 has answered."""
        path = self._fresh(name)
        try:
            _filled(path, fill)
            size = path.stat().st_size
            self.bucket.upload(name, path)
            if read_soon:
                path.replace(self._waiting(name))
        finally:
            path.unlink(missing_ok=True)
        return Written(size, time.time_ns() // 1_000_000)

    def replace(self, name: str, content: bytes) -> None:
        """Write the object anew."""
        self.bucket.put(name, content)
        copied = self._copied(name)
        if copied.exists():
            copied.write_bytes(content)

    def read(self, name: str) -> bytes:
        """An object's bytes; of a log that was copied, from the copy if it has them."""
        if name.partition("/")[0] in self._copies:
            with suppress(FileNotFoundError):
                return self._copied(name).read_bytes()
        return self._get(name)

    @contextmanager
    def here(self, name: str, columns: Collection[str] | None = None) -> Iterator[Path]:
        """A file of the cache, gone afterwards: what this process wrote, or what is fetched."""
        if self._kept is None:
            with tempfile.TemporaryDirectory(prefix="remit-s3-") as folder:
                path = Path(folder) / name.rpartition("/")[2]
                self._fetch(name, columns, path)
                yield path
            return
        path = self._fresh(name)
        try:
            try:
                self._waiting(name).replace(path)
            except FileNotFoundError:
                self._fetch(name, columns, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def source(self, name: str) -> ObjectFile:
        """The object, of which parts are read."""
        return ObjectFile(self.bucket, name)

    def entries(self, folder: str) -> Iterator[Entry]:
        """Every object below a folder."""
        for found in self.bucket.keys(folder):
            yield Entry(found.key, found.size, found.age_seconds)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; a bucket that keeps versions still has them, see ``forget``."""
        self.bucket.remove(names)
        for name in names:
            self._waiting(name).unlink(missing_ok=True)
            self._copied(name).unlink(missing_ok=True)

    def forget(self, folder: str) -> None:
        """Remove every version that a bucket keeps of what was removed or replaced below a folder."""
        if self.bucket.keeps_versions():
            self.bucket.remove_versions(self.bucket.versions(folder))

    def beyond(self, folder: str) -> list[str]:
        """Versions that the bucket keeps, or that it cannot be asked for."""
        keeps = self.bucket.keeps_versions()
        if keeps is None:
            return ["Whether the bucket keeps versions of removed objects could not be asked (s3:GetBucketVersioning)."]
        count = len(self.bucket.versions(folder)) if keeps else 0
        return [f"The bucket keeps {count} older versions of objects of {folder}, not looked into."] if count else []

    def address(self, name: str) -> str:
        """The object's URL."""
        return self.bucket.address(name)

    @property
    def _cache(self) -> Path:
        """The cache's folder, which whoever writes has."""
        if self._kept is None:
            raise StoreError("This process reads the lake and does not write to it", where=self.place)
        return self._kept

    def _get(self, name: str) -> bytes:
        return self.bucket.get(name).content

    def _fetch(self, name: str, columns: Collection[str] | None, path: Path) -> None:
        try:
            fetch_columns(self.bucket, name, columns, path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise store_error(error, "fetching from S3", path) from error

    def _copied(self, name: str) -> Path:
        """Where the copy of a log has a file of this name; of other files there is none."""
        return self._cache / _LOGS / name

    def _waiting(self, name: str) -> Path:
        """Where a written file waits to be read."""
        return self._cache / _FILES / f"{name.replace('/', '_')}.waiting"

    def _fresh(self, name: str) -> Path:
        folder = self._cache / _FILES
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise store_error(error, "creating a folder", folder) from error
        return folder / f"{name.rpartition('/')[2]}.{uuid.uuid4().hex}"


def _filled(path: Path, fill: Fill) -> None:
    try:
        with path.open("xb") as sink:
            _fill(fill, sink)
    except OSError as error:
        raise store_error(error, "writing", path) from error


def _fill(fill: Fill, sink: BinaryIO) -> None:
    fill(sink)
