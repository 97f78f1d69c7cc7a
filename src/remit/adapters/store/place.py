"""Where a lake lies, how it is opened there, and who may keep it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remit.adapters.store.lake.disk import Disk
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.lake.storage import Storage
from remit.adapters.store.lease import Lease
from remit.model.errors import UsageError

CACHE: Final = "lake-cache"
S3: Final = "s3://"


@dataclass(frozen=True, slots=True)
class LakePlace:
    """What the configuration says of the lake: ``url`` is ``s3://bucket/prefix``, a folder, or empty for the data
    folder's own; ``region`` and ``endpoint`` are for S3."""

    url: str = ""
    region: str = ""
    endpoint: str = ""
    lease_seconds: float = 30.0

    def shown(self, folder: Path) -> str:
        """Where the lake of a data folder is, for people."""
        return self.url if self.url.startswith(S3) else str(self._local(folder))

    def storage(self, folder: Path | None = None, disk: Disk | None = None) -> Storage:
        """The storage, for whichever process of the data folder; without one for a process that has none, reads a lake
        that lies elsewhere, and keeps nothing.

        :raises UsageError: for a URL of a kind that no lake can be at.
        """
        if self.url.startswith(S3):
            from remit.adapters.store.s3.client import Bucket
            from remit.adapters.store.s3.storage import S3Storage

            return S3Storage(Bucket(self.url, self.region, self.endpoint), folder and folder / CACHE)
        if "://" in self.url:
            raise UsageError(
                "A lake cannot be at such an address",
                where=self.url,
                remedy="Give lake.url as s3://bucket/prefix or as a folder.",
            )
        return LocalFolder(self._local(folder or Path()), disk)

    def keep(
        self, folder: Path, role: str, disk: Disk | None, closing: ExitStack, on_notice: Callable[[str], None]
    ) -> tuple[Storage, bool]:
        """Become the lake's keeper until ``closing`` ends. Returns the storage, and True if the lake was taken over
        from a keeper that did not give it back. The data folder's own lease is held already.

        :raises KeeperBusy: naming who keeps it.
        """
        if self.url.startswith(S3):
            return self._keep_bucket(folder, role, closing, on_notice)
        storage = self.storage(folder, disk)
        if self.url and (root := self._local(folder)).resolve() != (folder / "lake").resolve():
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            closing.enter_context(Lease.acquire(root, role))
        return storage, False

    def _keep_bucket(
        self, folder: Path, role: str, closing: ExitStack, on_notice: Callable[[str], None]
    ) -> tuple[Storage, bool]:
        from remit.adapters.store.s3.client import Bucket
        from remit.adapters.store.s3.lease import LakeLease
        from remit.adapters.store.s3.storage import S3Storage

        bucket = Bucket(self.url, self.region, self.endpoint)
        lease = LakeLease.acquire(bucket, role, folder, seconds=self.lease_seconds, on_notice=on_notice)
        storage = S3Storage(bucket, folder / CACHE)
        storage.clear()
        closing.callback(storage.clear)
        closing.enter_context(lease)
        storage.write_while(lease.check)
        return storage, lease.taken_over

    def _local(self, folder: Path) -> Path:
        return folder / self.url if self.url else folder / "lake"
