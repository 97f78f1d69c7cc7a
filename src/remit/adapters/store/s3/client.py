"""A prefix of an S3 bucket: the requests the lake makes, each retried for a bounded time, and its refusals in words.

Credentials come from where AWS's own tools look for them (environment, profile, instance or pod role) and are never
kept. Whatever a request writes is durable once S3 has answered it with success.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from remit.adapters.store.s3.errors import cloud_errors, code_of, refusal, status_of
from remit.model.errors import LakeUnreachable, StoreError, UsageError

ATTEMPTS: Final = 6
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 30
LARGE_BYTES: Final = 64 << 20
"""Larger files are sent in parts, several at a time."""
PART_BYTES: Final = 16 << 20
_KEYS_AT_ONCE: Final = 1_000
_CONFLICTS: Final = 5
_RESUMES: Final = 5


class Taken(Exception):
    """What was to be written under a condition is there already, and is not what we meant to write."""


@dataclass(frozen=True, slots=True)
class Got:
    """An object's bytes, its version tag, and its age in seconds by the store's own clock."""

    content: bytes
    etag: str
    age_seconds: float


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of a listing; its age is by the store's own clock."""

    key: str
    size: int
    age_seconds: float


class Bucket:
    """One prefix of one bucket; keys are relative to it. Used by any number of threads."""

    def __init__(self, url: str, region: str = "", endpoint: str = "") -> None:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket:
            raise UsageError("A lake on S3 needs a bucket", where=url, remedy="Write s3://bucket/prefix.")
        self.url = f"s3://{bucket}/{prefix.strip('/')}".rstrip("/")
        self.requests: Counter[str] = Counter()
        """How many requests of each operation were answered or given up, without botocore's own repetitions."""
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = _client(region, endpoint)
        self._counting = threading.Lock()

    def get(self, key: str) -> Got:
        """A whole object. Raises ``FileNotFoundError``."""
        answer, content = self._read(key, "")
        return Got(content, str(answer["ETag"]), _age(answer, answer["LastModified"]))

    def tail(self, key: str, size: int) -> tuple[bytes, int, str]:
        """The last bytes of an object, its whole size and its version tag. Raises ``FileNotFoundError``."""
        answer, content = self._read(key, f"bytes=-{size}")
        total = str(answer.get("ContentRange") or "").rpartition("/")[2]
        return content, int(total) if total.isdigit() else len(content), str(answer["ETag"])

    def part(self, key: str, start: int, length: int, etag: str) -> bytes:
        """Some bytes of one version of an object; a connection that breaks is taken up again where it broke.

        Raises ``FileNotFoundError`` if that version is not there.
        """
        content = b""
        for _ in range(_RESUMES):
            span = f"bytes={start + len(content)}-{start + length - 1}"
            try:
                return content + self._request(key, span, etag)[1]
            except _Cut as cut:
                content += cut.content
                broken = cut
        raise self._broken(key, broken)

    def create(self, key: str, content: bytes) -> str:
        """Write an object that must not be there yet; returns its version tag.

        An earlier attempt whose answer was lost counts as this one: then the same bytes are there.

        :raises Taken: if something else is there.
        """
        return self._conditional(key, content, {"IfNoneMatch": "*"})

    def change(self, key: str, content: bytes, etag: str) -> str:
        """Write an object in the place of one version of it; returns the new version's tag.

        :raises Taken: if another version is there, or none.
        """
        return self._conditional(key, content, {"IfMatch": etag})

    def put(self, key: str, content: bytes) -> None:
        """Write an object, whatever was there."""
        with self._asking("PutObject", key):
            self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=content)

    def upload(self, key: str, path: Path) -> None:
        """Write an object from a file, in parts if it is large; an upload that fails leaves nothing."""
        size = path.stat().st_size
        if size <= LARGE_BYTES:
            with self._asking("PutObject", key), path.open("rb") as content:
                self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=content)
            return
        from boto3.s3.transfer import TransferConfig

        parts = TransferConfig(multipart_threshold=LARGE_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4)
        with self._asking("UploadPart", key, times=-(-size // PART_BYTES) + 2), path.open("rb") as content:
            self._client.upload_fileobj(content, self._bucket, self._key(key), Config=parts)

    def keys(self, folder: str) -> Iterator[Listed]:
        """Every object below a folder, in order of its key."""
        with self._asking("ListObjectsV2", folder, times=0):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._folder(folder)):
                self._count("ListObjectsV2", 1)
                for entry in page.get("Contents", ()):
                    key = entry["Key"].removeprefix(self._prefix)
                    yield Listed(key, entry["Size"], _age(page, entry["LastModified"]))

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects that are there; of a bucket that keeps versions, see ``versions``."""
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = [{"Key": self._key(key)} for key in keys[start : start + _KEYS_AT_ONCE]]
            self._delete(some)

    def versions(self, folder: str) -> list[dict[str, str]]:
        """What a bucket that keeps versions still has of objects that were removed or replaced.

        :raises StoreError: if listing them is not allowed.
        """
        found = []
        with self._asking("ListObjectVersions", folder):
            pages = self._client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._folder(folder)):
                entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                live = {each["Key"] for each in page.get("Versions", ()) if each["IsLatest"]}
                old = [each for each in entries if not (each["IsLatest"] and each["Key"] in live)]
                found += [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in old]
        return found

    def remove_versions(self, versions: Sequence[Mapping[str, str]]) -> None:
        """Remove these versions for good."""
        for start in range(0, len(versions), _KEYS_AT_ONCE):
            self._delete([dict(version) for version in versions[start : start + _KEYS_AT_ONCE]])

    def keeps_versions(self) -> bool | None:
        """Whether removed objects stay as older versions; None if that may not be asked."""
        try:
            with self._asking("GetBucketVersioning", ""):
                return bool(self._client.get_bucket_versioning(Bucket=self._bucket).get("Status"))
        except StoreError:
            return None

    def address(self, key: str) -> str:
        """The object's URL."""
        return f"{self.url}/{key}" if key else self.url

    def _delete(self, objects: list[dict[str, str]]) -> None:
        with self._asking("DeleteObjects", objects[0]["Key"].removeprefix(self._prefix)):
            wanted = {"Objects": objects, "Quiet": True}
            answer = self._client.delete_objects(Bucket=self._bucket, Delete=wanted)
        for fault in answer.get("Errors", ()):
            what = f"An object cannot be removed: {fault.get('Code')} {fault.get('Message', '')}"
            raise StoreError(what, where=self.address(fault.get("Key", "").removeprefix(self._prefix)))

    def _conditional(self, key: str, content: bytes, condition: Mapping[str, str]) -> str:
        for turn in range(_CONFLICTS):
            try:
                with self._asking("PutObject", key):
                    answer = self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=content, **condition)
                    return str(answer["ETag"])
            except _Conflicting:  # two at the same moment: S3 says neither which nor whether
                time.sleep(0.05 * 2**turn)
            except (_Unmet, FileNotFoundError):
                break
            except LakeUnreachable as error:  # it may have been written all the same
                with suppress(Taken, StoreError):
                    return self._own(key, content)
                raise error from None
        return self._own(key, content)

    def _own(self, key: str, content: bytes) -> str:
        """The tag of an object that holds what we meant to write: our answer was lost, the write was not."""
        try:
            found = self.get(key)
        except FileNotFoundError:
            raise Taken(key) from None
        if found.content != content:
            raise Taken(key)
        return found.etag

    def _read(self, key: str, span: str) -> tuple[dict[str, Any], bytes]:
        """An answer and its whole body; a body that breaks off is asked for again."""
        for _ in range(_RESUMES):
            try:
                return self._request(key, span, "")
            except _Cut as cut:
                broken = cut
        raise self._broken(key, broken)

    def _request(self, key: str, span: str, etag: str) -> tuple[dict[str, Any], bytes]:
        wanted = {"Bucket": self._bucket, "Key": self._key(key)}
        wanted |= {"Range": span} if span else {}
        wanted |= {"IfMatch": etag} if etag else {}
        try:
            with self._asking("GetObject", key):
                answer = self._client.get_object(**wanted)
                return answer, _body(answer)
        except _Unmet:
            raise FileNotFoundError(self.address(key)) from None

    def _broken(self, key: str, cut: _Cut) -> StoreError:
        return refusal(cut.cause, "GetObject", self.address(key))

    def _key(self, key: str) -> str:
        return f"{self._prefix}{key}"

    def _folder(self, name: str) -> str:
        return f"{self._prefix}{name.rstrip('/')}/" if name else self._prefix

    def _count(self, operation: str, times: int) -> None:
        with self._counting:
            self.requests[operation] += times

    @contextmanager
    def _asking(self, operation: str, key: str, times: int = 1) -> Iterator[None]:
        """Turn S3's refusals into the store's words, or into what the caller acts on."""
        self._count(operation, times)
        try:
            yield
        except cloud_errors() as error:
            if code_of(error) in ("NoSuchKey", "404", "NoSuchVersion") and operation != "ListObjectsV2":
                raise FileNotFoundError(self.address(key)) from error
            if status_of(error) == 412:
                raise _Unmet(key) from error
            if code_of(error) == "ConditionalRequestConflict":
                raise _Conflicting(key) from error
            raise refusal(error, operation, self.address(key)) from error


class _Unmet(Exception):
    """The condition of a request did not hold."""


class _Conflicting(Exception):
    """Another request on the same key was under way."""


class _Cut(Exception):
    """A body that ended before its end."""

    def __init__(self, content: bytes, cause: Exception) -> None:
        super().__init__(str(cause))
        self.content = content
        self.cause = cause


def _body(answer: Mapping[str, Any]) -> bytes:
    content = bytearray()
    stream = answer["Body"]
    try:
        for piece in stream.iter_chunks(1 << 20):
            content += piece
    except cloud_errors(OSError) as error:
        raise _Cut(bytes(content), error) from error
    finally:
        stream.close()
    return bytes(content)


def _age(answer: Mapping[str, Any], modified: Any) -> float:
    """Seconds since an object was written, both moments by the store's clock, so that ours does not matter."""
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(said).timestamp() if said else time.time()
    return max(0.0, now - float(modified.timestamp()))


def _client(region: str, endpoint: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        s3={"addressing_style": "path"} if endpoint else {},
        max_pool_connections=16,
    )
    try:
        return boto3.Session(region_name=region or None).client("s3", endpoint_url=endpoint or None, config=config)
    except cloud_errors(ValueError) as error:
        raise refusal(error, "CreateClient", endpoint or region) from error
