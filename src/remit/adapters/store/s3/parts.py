"""Parts of a Parquet file that lies on S3: what a reader asks for, or the columns it needs, and never the rest.

``fetch_columns`` makes a local file with holes: the footer and the wanted columns stand where they stand in the whole
file, and nothing stands where the rest would. Whoever reads only these columns cannot tell the difference, and the raw
records, which are most of a file, are neither sent nor held.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from remit.adapters.store.s3.client import Bucket

TAIL: Final = 64 << 10
"""The first request brings so many bytes of the end: nearly always the whole footer."""
SMALL: Final = 512 << 10
NEAR: Final = 256 << 10
"""Two parts so near one another are asked for in one request: a request costs more than the bytes between them."""
PIECE: Final = 8 << 20


class ObjectFile(io.RawIOBase):
    """An object as a file of which parts are read; each part is one request. For one thread."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._tail, self._size, self._etag = bucket.tail(key, TAIL)
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readall(self) -> bytes:
        """Everything from here on."""
        return self.read(-1)

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes."""
        left = max(0, self._size - self._position)
        length = left if size is None or size < 0 else min(size, left)
        content = self._between(self._position, length) if length else b""
        self._position += len(content)
        return content

    def _between(self, start: int, length: int) -> bytes:
        tail = self._size - len(self._tail)
        if start >= tail:
            return self._tail[start - tail : start - tail + length]
        return self._bucket.part(self._key, start, length, self._etag)


def fetch_columns(bucket: Bucket, key: str, columns: Collection[str] | None, path: Path) -> None:
    """Make a local file of an object: whole for None or when that is hardly more, otherwise with these columns alone.

    Raises ``FileNotFoundError``.
    """
    tail, size, etag = bucket.tail(key, TAIL)
    spans = [(0, size)] if columns is None or size <= SMALL else list(_spans(bucket, key, tail, size, etag, columns))
    with path.open("xb") as file:
        file.truncate(size)
        file.write(b"PAR1")
        for start, end in spans:
            end = min(end, size - len(tail))
            for place in range(start, end, PIECE):
                content = bucket.part(key, place, min(PIECE, end - place), etag)
                file.seek(place)
                file.write(content)
        file.seek(size - len(tail))
        file.write(tail)


def _spans(
    bucket: Bucket, key: str, tail: bytes, size: int, etag: str, columns: Collection[str]
) -> Iterator[tuple[int, int]]:
    """(start, end) of what these columns and the footer take, near ones together."""
    footer = int.from_bytes(tail[-8:-4], "little") + 8
    if footer > len(tail):
        tail = bucket.part(key, size - footer, footer, etag)
    wanted = sorted(_chunks(pq.read_metadata(pa.BufferReader(tail)), columns))
    start, end = 0, 0
    for low, high in [*wanted, (size - footer, size)]:
        if low > end + NEAR:
            yield start, end
            start = low
        end = max(end, high)
    yield start, end


def _chunks(metadata: Any, columns: Collection[str]) -> Iterator[tuple[int, int]]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index in range(group.num_columns):
            chunk = group.column(index)
            if chunk.path_in_schema.partition(".")[0] in columns:
                first = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
                yield first, first + chunk.total_compressed_size
