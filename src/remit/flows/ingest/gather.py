"""Small chunks gathered into batches worth a commit.

CloudTrail delivers many files of a few records each; a commit and its syncs cost the same for ten records as for ten
thousand. A batch holds chunks of one format and knows for every record the place it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from remit.flows.ingest.ports import ChunkLike, FaultLike, Reader, SourceLike, Sources
from remit.rooms.events.sniffing import sniff

BATCH_RECORDS: Final = 10_000
BATCH_BYTES: Final = 24 * 1024 * 1024
BATCH_CHUNKS: Final = 2_000


@dataclass(slots=True)
class Batch:
    """Records of one or more chunks in order. ``ended`` are the sources whose last record is in it or before it."""

    records: list[bytes] = field(default_factory=list)
    faults: list[FaultLike] = field(default_factory=list)
    ended: list[SourceLike] = field(default_factory=list)
    kind: str | None = None
    size: int = 0
    _starts: list[tuple[int, str, int]] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it begins."""
        return self._starts[0][1] if self._starts else ""

    def place_of(self, index: int) -> str:
        """The place of one record: its source, and its number there from one."""
        start, place, first = next(part for part in reversed(self._starts) if part[0] <= index)
        return f"{place}#{first + index - start + 1}"

    def add(self, chunk: ChunkLike, kind: str | None) -> None:
        """Take a chunk in."""
        self._starts.append((len(self.records), chunk.place, chunk.first))
        self.records += chunk.records
        self.faults += chunk.faults
        self.size += sum(map(len, chunk.records))
        self.kind = kind or self.kind

    def takes(self, chunk: ChunkLike, kind: str | None) -> bool:
        """Whether the chunk still fits: by its format, and by what a batch may hold."""
        if not self._starts:
            return True
        fits = self.kind is None or kind is None or kind == self.kind
        room = len(self.records) + len(chunk.records) <= BATCH_RECORDS and len(self._starts) < BATCH_CHUNKS
        return fits and room and self.size + sum(map(len, chunk.records)) <= BATCH_BYTES

    @property
    def empty(self) -> bool:
        """Nothing to store and nothing that ended."""
        return not self._starts and not self.ended


def gathered(sources: Sources, read: Reader) -> Iterator[Batch]:
    """Every record and fault of every source, in order, in batches."""
    batch = Batch()
    for source in sources:
        for chunk in read(source):
            kind = sniff(chunk.records[0]) if chunk.records else None
            if not batch.takes(chunk, kind):
                yield batch
                batch = Batch()
            batch.add(chunk, kind)
        batch.ended.append(source)
    if not batch.empty:
        yield batch


def alone(chunk: ChunkLike) -> Batch:
    """A chunk as a batch of its own, for feeds whose records should be seen at once."""
    batch = Batch()
    batch.add(chunk, None)
    return batch
