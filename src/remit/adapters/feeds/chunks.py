"""What a feed hands on: chunks of raw JSON records, the faults met on the way, and the sources they come from.

A *place* is text for people that names where something was read (a path, an ``s3://`` address, a path with a line);
control and bidirectional characters in it are escaped. A *record* is the bytes of one JSON value. Nothing here
judges what a record means: a record that is JSON but no event is the decoder's to reject.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

CHUNK_BYTES = 24 * 1024 * 1024
CHUNK_RECORDS = 10_000
CHUNK_FAULTS = 1_000
SAMPLE_BYTES = 2048
DETAIL_CHARACTERS = 300
MAX_RECORD = 16 * 1024 * 1024

REASONS = frozenset(
    (
        "truncated-gzip",
        "gzip-bomb",
        "not-json",
        "too-large",
        "wrong-encoding",
        "vanished",
        "unreadable",
        "too-deep",
        "empty",
    )
)

Skipped = Counter[str]
"""How many things were passed over without being read, by stable word; see ``SKIP_MEANINGS``."""

SKIP_MEANINGS = {
    "already-done": "read completely before and unchanged since",
    "cloudtrail-digest": "CloudTrail digest files: checksums of log files, no events",
    "cloudtrail-insight": "CloudTrail Insights files: statistics about events, no events",
    "hidden": "names that begin with a dot, folders counted once",
    "not-a-file": "sockets, pipes, devices and broken links",
    "seen-folder": "a folder already walked under another name",
}

_ILLEGIBLE = re.compile(r"[^\x20-\x7e]")


def legible(text: str, limit: int = 4096) -> str:
    """``text`` with control, format (bidirectional), surrogate and line-breaking characters escaped, cut at
    ``limit``."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return _ILLEGIBLE.sub(_escaped, cut)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode("ascii")
    return character


@dataclass(slots=True, frozen=True)
class Fault:
    """Something that could not be read. ``reason`` is one of ``REASONS``; ``sample`` is unredacted input, at most 2
    KB. ``passing``: the source could not be reached or read, so another attempt may succeed."""

    place: str
    reason: str
    detail: str
    sample: bytes = b""
    passing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", legible(self.place))
        object.__setattr__(self, "detail", legible(self.detail, DETAIL_CHARACTERS))
        object.__setattr__(self, "sample", bytes(self.sample[:SAMPLE_BYTES]))


@dataclass(slots=True)
class Chunk:
    """Records of one source in their order, about 24 MB or 20,000 of them. ``first`` is the zero-based ordinal of the
    first record among the records of its source; faulty input has no ordinal."""

    place: str
    records: list[bytes]
    first: int = 0
    faults: list[Fault] = field(default_factory=list)


class ByteReader(Protocol):
    """An open source. ``read`` gives at most ``size`` bytes and ``b""`` at the end; it may raise ``OSError``."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass(slots=True, frozen=True)
class Source:
    """One thing to read from its start: a file, an object, a pipe, a repository's history.

    ``size`` is in bytes as stored, ``None`` when unknown. ``fingerprint`` changes when the content does (an ETag, or
    size and
    modification time), empty when there is none. ``open`` raises ``Interrupted`` or ``OSError`` when it cannot.
    """

    place: str
    size: int | None
    fingerprint: str
    open: Callable[[], ByteReader]


Done = Callable[[str, str], bool]
"""(place, fingerprint) -> was exactly this read completely before?"""


class Interrupted(Exception):
    """Reading stops here for good; the reader turns it into a ``Fault`` and keeps what came before."""

    def __init__(self, reason: str, detail: str, sample: bytes = b"", *, passing: bool = False) -> None:
        super().__init__(detail)
        self.passing = passing
        self.reason = reason
        self.detail = detail
        self.sample = sample

    def at(self, place: str) -> Fault:
        """The fault this stands for."""
        return Fault(place, self.reason, self.detail, self.sample, self.passing)


def broken_source(place: str, fault: Interrupted, fingerprint: str = "") -> Source:
    """A source that was found but cannot be read: opening it gives the fault, so it is reported like any other."""

    def refuse() -> ByteReader:
        raise fault

    return Source(legible(place), None, fingerprint, refuse)


def in_chunks(place: str, items: Iterable[list[bytes] | Fault]) -> Iterator[Chunk]:
    """Gather batches of records and single faults into chunks, each handed on as soon as it is full."""
    records: list[bytes] = []
    faults: list[Fault] = []
    first = held = 0
    for item in items:
        if isinstance(item, Fault):
            faults.append(item)
        else:
            records += item
            held += sum(map(len, item))
        if held >= CHUNK_BYTES or len(records) >= CHUNK_RECORDS or len(faults) >= CHUNK_FAULTS:
            yield from _split(place, records, first, faults)
            first += len(records)
            records, faults, held = [], [], 0
    if records or faults:
        yield from _split(place, records, first, faults)


def _split(place: str, records: list[bytes], first: int, faults: list[Fault]) -> Iterator[Chunk]:
    if not records:
        yield Chunk(place, [], first, faults)
    for begin in range(0, len(records), CHUNK_RECORDS):
        yield Chunk(place, records[begin : begin + CHUNK_RECORDS], first + begin, faults if begin == 0 else [])
