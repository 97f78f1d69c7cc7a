"""Compressed bytes -> plain bytes, recognized by their first bytes and never by a file name, in bounded memory.

Only gzip is opened. Anything else that is clearly a container (zstd, zip, Parquet, ...) is named and refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from isal import isal_zlib

from .chunks import ByteReader, Interrupted

_Member = Any  # isal_zlib's decompressor, whose type has no public name
_DAMAGE: tuple[Any, ...] = (getattr(isal_zlib, "IsalError", None) or isal_zlib.error, ValueError)

READ_BYTES = 1024 * 1024
# Small feeds keep the read-ahead small, so that the ratio is known early, and copies of what is left over cheap
# when a file is made of very many members.
_FEED_BYTES = 32 * 1024
_OUTPUT_BYTES = 1024 * 1024
_TRAILER_BYTES = 8
_GZIP_WBITS = 31

GZIP_MAGIC = b"\x1f\x8b"
_CONTAINERS = (
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"PAR1", "Parquet"),
    (b"Obj\x01", "Avro"),
    (b"ORC", "ORC"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "PDF"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG", "a picture"),
)


@dataclass(slots=True, frozen=True)
class GzipLimits:
    """When an expanding file is refused: at ``max_ratio`` to 1 once ``ratio_from`` bytes came out, or at ``ceiling``
    decompressed bytes whatever the ratio."""

    max_ratio: int = 200
    ratio_from: int = 64 * 1024 * 1024
    ceiling: int = 1 << 40


def looks_like(head: bytes) -> str | None:
    """The name of the container format that ``head`` begins like, other than gzip."""
    return next((name for magic, name in _CONTAINERS if head.startswith(magic)), None)


def plain_blocks(stream: ByteReader, limits: GzipLimits | None = None) -> Iterator[bytes]:
    """Blocks of plain bytes of ``stream``. Raises ``Interrupted`` after everything readable was given."""
    head = _at_least(stream, 16)
    if head.startswith(GZIP_MAGIC):
        blocks = _inflated(_feeds(stream, head), limits or GzipLimits())
    else:
        blocks = _raw(stream, head)
    first = next(blocks, b"")
    inner = "gzip inside gzip" if first.startswith(GZIP_MAGIC) else looks_like(first)
    if inner:
        raise Interrupted("unreadable", f"this looks like {inner}, not JSON; unpack it first", first)
    if first:
        yield first
    yield from blocks


def _at_least(stream: ByteReader, size: int) -> bytes:
    head = stream.read(READ_BYTES)
    while len(head) < size and (more := stream.read(READ_BYTES)):
        head += more
    return head


def _raw(stream: ByteReader, head: bytes) -> Iterator[bytes]:
    while head:
        yield head
        head = stream.read(READ_BYTES)


def _feeds(stream: ByteReader, head: bytes) -> Iterator[bytes]:
    for block in _raw(stream, head):
        # The checksum at the end goes in by itself: when it is wrong, what it stands for has already been given.
        body = max(len(block) - _TRAILER_BYTES, 0)
        for start in range(0, body, _FEED_BYTES):
            yield block[start : min(start + _FEED_BYTES, body)]
        yield block[body:]


def _inflated(feeds: Iterator[bytes], limits: GzipLimits) -> Iterator[bytes]:
    member = isal_zlib.decompressobj(_GZIP_WBITS)
    consumed = produced = 0
    ended = False
    for feed in feeds:
        pending = feed
        while pending:
            if ended:
                pending = pending.lstrip(b"\0")  # padding after a member, as tape and block stores leave it
                if not pending:
                    break
                if not GZIP_MAGIC.startswith(pending[:2]):
                    raise Interrupted(
                        "unreadable", "there is something else after the gzip data; it was not read", pending
                    )
                member, ended = isal_zlib.decompressobj(_GZIP_WBITS), False
            output = _step(member, pending)
            left = member.unused_data if member.eof else member.unconsumed_tail
            consumed += len(pending) - len(left)
            produced += len(output)
            if output:
                yield output
            _guard(consumed, produced, limits)
            ended = bool(member.eof)
            if not ended and not output and len(left) == len(pending):
                break
            # A full output may leave more behind even when the whole feed was taken in.
            pending = left
    if not ended:
        yield from _remaining(member)
        if not member.eof:
            raise Interrupted("truncated-gzip", f"the gzip data ends early, after {produced} decompressed bytes")


def _step(member: _Member, pending: bytes) -> bytes:
    try:
        return bytes(member.decompress(pending, _OUTPUT_BYTES))
    except _DAMAGE as error:
        raise Interrupted("unreadable", f"the gzip data is damaged: {error}", pending) from None


def _remaining(member: _Member) -> Iterator[bytes]:
    while output := _step(member, b""):
        yield output


def _guard(consumed: int, produced: int, limits: GzipLimits) -> None:
    if produced > limits.ratio_from and produced > limits.max_ratio * max(consumed, 1):
        raise Interrupted(
            "gzip-bomb", f"{consumed} compressed bytes grew to more than {produced}, over {limits.max_ratio} to 1"
        )
    if produced > limits.ceiling:
        raise Interrupted("gzip-bomb", f"it grew past the ceiling of {limits.ceiling} decompressed bytes")
