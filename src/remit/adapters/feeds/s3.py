"""Objects under an S3 prefix as sources, streamed. Needs ``s3:ListBucket`` and ``s3:GetObject``, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from remit.model.errors import FeedError, UsageError

from .chunks import ByteReader, Done, Interrupted, Skipped, Source, legible
from .files import NO_EVENTS

_GONE = {"NoSuchKey", "404", "NotFound", "NoSuchVersion"}
_CHANGED = {"PreconditionFailed", "412"}
_RESUMES = 4


@dataclass(slots=True, frozen=True)
class Access:
    """How to reach S3; everything left out is botocore's usual search for credentials and region."""

    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None

    def client(self) -> Any:
        """A boto3 S3 client that retries by itself."""
        import boto3
        from botocore.config import Config

        style = {"addressing_style": "path"} if self.endpoint_url else {}
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=60, s3=style
        )
        session = boto3.Session(profile_name=self.profile, region_name=self.region)
        return session.client("s3", endpoint_url=self.endpoint_url, config=config)


def discover(
    target: str, access: Access, *, done: Done | None = None, skipped: Skipped | None = None
) -> Iterator[Source]:
    """The objects under ``s3://bucket/prefix`` in key order. Raises ``UsageError`` for an address that names no
    bucket and
    ``FeedError`` when listing fails; an object that is gone when it is read is a fault of that object."""
    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError("An S3 address needs a bucket", where=legible(target), remedy="Write s3://bucket/prefix.")
    return _objects(bucket, prefix, access, done, skipped if skipped is not None else Skipped())


def _objects(bucket: str, prefix: str, access: Access, done: Done | None, tally: Skipped) -> Iterator[Source]:
    client: Any = None
    try:
        client = access.client()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                source = _wanted(client, bucket, entry, done, tally)
                if source is not None:
                    yield source
    except _cloud_errors() as error:
        remedy = "Check the bucket's name, the region or endpoint, the credentials and s3:ListBucket."
        raise FeedError(f"Cannot list: {error}", where=legible(f"s3://{bucket}/{prefix}"), remedy=remedy) from error


def _cloud_errors() -> tuple[type[Exception], ...]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError, Boto3Error)


def _wanted(client: Any, bucket: str, entry: Mapping[str, Any], done: Done | None, tally: Skipped) -> Source | None:
    key, etag = entry["Key"], entry.get("ETag", "").strip('"')
    place = legible(f"s3://{bucket}/{key}")
    segments = key.split("/")
    if key.endswith("/"):
        return None  # a folder marker of the S3 console
    for folder, word in NO_EVENTS.items():
        if folder in segments:
            tally[word] += 1
            return None
    if segments[-1].startswith("."):
        tally["hidden"] += 1
        return None
    if done is not None and done(place, etag):
        tally["already-done"] += 1
        return None
    return Source(place, entry.get("Size"), etag, lambda: _Body(client, bucket, key, etag))


class _Body:
    """An object's bytes. A connection that breaks is taken up again where it broke, from the same version or not at
    all."""

    def __init__(self, client: Any, bucket: str, key: str, etag: str) -> None:
        self._client = client
        self._object = {"Bucket": bucket, "Key": key}
        self._etag = etag
        self._position = 0
        self._resumes = 0
        self._stream = self._get()

    def _get(self) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        wanted = dict(self._object)
        if self._position:
            wanted |= {"Range": f"bytes={self._position}-", "IfMatch": f'"{self._etag}"'}
        try:
            return self._client.get_object(**wanted)["Body"]
        except ClientError as error:
            raise _refusal(error.response) from error
        except BotoCoreError as error:
            raise Interrupted("unreadable", str(error), passing=True) from error

    def read(self, size: int, /) -> bytes:
        from botocore.exceptions import BotoCoreError, HTTPClientError
        from urllib3.exceptions import HTTPError

        while True:
            try:
                data = bytes(self._stream.read(size))
            except (BotoCoreError, HTTPClientError, HTTPError, OSError) as error:
                self._resumes += 1
                if self._resumes > _RESUMES:
                    detail = f"the connection broke {self._resumes} times, last at byte {self._position}: {error}"
                    raise Interrupted("unreadable", detail, passing=True) from error
                self._stream.close()
                self._stream = self._get()
            else:
                self._position += len(data)
                return data

    def close(self) -> None:
        """Give the connection back."""
        self._stream.close()


def _refusal(response: Mapping[str, Any]) -> Interrupted:
    error = response.get("Error", {})
    code = str(error.get("Code", ""))
    if code in _GONE:
        return Interrupted("vanished", "it was listed and is gone", passing=True)
    if code in _CHANGED:
        return Interrupted("vanished", "it was replaced while it was read; read it again", passing=True)
    return Interrupted("unreadable", f"{code}: {error.get('Message', '')}", passing=True)


__all__ = ["Access", "ByteReader", "discover"]
