"""Looking for a subject in every byte of a data folder, after it was removed.

* Parquet files: every value of every column, unpacked, and the footer's bytes.
* The index (DuckDB) and the state (SQLite): every value of every table, and every byte of the files and their logs.
  In such bytes one value follows another without a mark between, so there any run of the subject's letters counts,
  unless a longer word that is still stored holds them (``joanna`` for ``ann``).
* Everything else: its text, with escapes undone.

Only the subject as it is written is looked for, in any case, with its escapes in JSON and URLs; see LIMITATIONS.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from remit.adapters.store.lake.finding import rows_naming
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.lake.storage import Storage
from remit.rooms.removal.subject import Subject

PIECE: Final = 4 << 20
OVERLAP: Final = 8 << 10
TELLING: Final = 6
"""Fewer letters than this turn up by chance in packed bytes, and prove nothing there."""
Values = Iterable[str]
Databases = Mapping[str, Callable[[], Values]]
"""The beginning of a database's file names -> every text that its tables hold."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One file: its bytes, how often the subject was found, and in words why occurrences were not counted."""

    path: str
    size: int
    found: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at and what was found; ``left`` are the files that still name the subject."""

    files: int
    bytes: int
    found: int
    left: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For the journal and the command line."""
        return {**asdict(self), "left": list(self.left), "notes": list(self.notes)}


def prove(
    folder: Path, subject: Subject, databases: Databases, skip: set[Path], elsewhere: Storage | None = None
) -> Proof:
    """Read every file of the folder, but for those to skip, and every file of a lake that lies elsewhere."""
    scanned = list(_scan(folder, subject, databases, skip))
    beyond: list[str] = []
    if elsewhere is not None:
        scanned += _scan_lake(elsewhere, subject)
        beyond = [said for kind in KINDS for said in elsewhere.beyond(kind)]
    return Proof(
        files=len(scanned),
        bytes=sum(file.size for file in scanned),
        found=sum(file.found for file in scanned),
        left=tuple(file.path for file in scanned if file.found),
        notes=(*(f"{file.path}: {file.note}" for file in scanned if file.note), *beyond),
    )


def _scan(folder: Path, subject: Subject, databases: Databases, skip: set[Path]) -> Iterator[Scanned]:
    logical = {start: _logical(subject, values()) for start, values in databases.items()}
    for start, (named, _) in logical.items():
        yield Scanned(f"{start} (its tables)", 0, named)
    for path in sorted(folder.rglob("*")):
        if path in skip or not stat.S_ISREG(path.lstat().st_mode):
            continue
        shown, size = path.relative_to(folder).as_posix(), path.stat().st_size
        if subject.names_in_source(shown):
            yield Scanned(shown, 0, 1, "its name")
        if of := [start for start in databases if path.name.startswith(start) and path.parent == folder]:
            yield _packed(path, shown, size, subject, inside=logical[of[0]][1], compressed=of[0].startswith("index"))
        else:
            yield Scanned(shown, size, _file(path, path.parts, subject))


def _scan_lake(storage: Storage, subject: Subject) -> Iterator[Scanned]:
    for entry in storage.entries(""):
        shown = storage.address(entry.name)
        if subject.names_in_source(entry.name):
            yield Scanned(shown, 0, 1, "its name")
        with storage.here(entry.name) as path:
            yield Scanned(shown, entry.size, _file(path, tuple(entry.name.split("/")), subject))


def _file(path: Path, parts: tuple[str, ...], subject: Subject) -> int:
    """Mentions in a file of which ``parts`` are the folders and the name."""
    if parts[-1].endswith(".parquet") and len(parts) > 2 and parts[-2].startswith("month="):
        return _parquet(path, parts[-3], subject)
    return _text(path, subject)


def _logical(subject: Subject, values: Values) -> tuple[int, int]:
    """(texts that name the subject, texts that hold its letters)."""
    named = held = 0
    for value in values:
        named += subject.names_in_source(value)
        held += any(needle in value.encode(errors="replace").lower() for needle in subject.needles)
    return named, held


def _parquet(path: Path, kind: str, subject: Subject) -> int:
    found = 0
    with pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(batch_size=4_096, use_threads=False):
            found += len(rows_naming(batch, kind, subject)) if kind in KINDS else _any_column(batch, subject)
    return found + _footer(path, subject)


def _any_column(batch: pa.RecordBatch, subject: Subject) -> int:
    """Rows of a file that is none of ours, every column as text."""
    return sum(subject.names_in_source(str(row)) for row in batch.to_pylist())


def _footer(path: Path, subject: Subject) -> int:
    """Mentions in a Parquet file's description of itself: column bounds, key-value pairs."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        length = int.from_bytes(file.read(4), "little")
        file.seek(max(0, size - 8 - length))
        return int(subject.names_in_source(file.read(length).decode("utf-8", "replace")))


def _text(path: Path, subject: Subject) -> int:
    return sum(subject.names_in_source(piece.decode("utf-8", "replace")) for piece in _pieces(path))


def _packed(path: Path, shown: str, size: int, subject: Subject, *, inside: int, compressed: bool) -> Scanned:
    """A database's file. What its tables say was counted already; here the bytes that no table shows any more."""
    pattern = re.compile(b"|".join(map(re.escape, subject.needles)))
    hits = sum(len(pattern.findall(piece.lower())) for piece in _pieces(path))
    if hits and inside:
        return Scanned(shown, size, 0, f"its letters stand {hits} times, and {inside} stored longer words hold them")
    if hits and compressed and min(map(len, subject.needles)) < TELLING:
        return Scanned(shown, size, 0, f"its letters stand {hits} times in packed bytes, as so few do by chance")
    return Scanned(shown, size, hits)


def _pieces(path: Path) -> Iterator[bytes]:
    """A file in pieces that overlap, so that no mention is cut in two."""
    with path.open("rb") as file:
        before = b""
        while piece := file.read(PIECE):
            yield before + piece
            before = piece[-OVERLAP:]


def older_than(lake: Lake, time_us: int) -> int:
    """Rows of the lake before a time, by reading the times themselves."""
    older = 0
    for kind in KINDS:
        for file in lake.files(kind).added:
            if file.low_us < time_us:
                with lake.reading(kind, file, {"time"}) as parquet:
                    times = parquet.read(columns=["time"])["time"]
                older += pc.sum(pc.less(times.cast(pa.int64()), time_us)).as_py() or 0
    return older
