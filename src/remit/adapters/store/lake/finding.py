"""Which rows of the lake name a subject: read file by file in bounded memory, and told by column.

A pattern that every mention matches goes over the distinct values of a column first; only what it lets through is read
word by word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import IDENTITY, KINDS, STORED
from remit.rooms.removal.subject import Subject

ROWS_AT_ONCE: Final = 4_096
SOURCE_TEXT: Final = frozenset({"raw", "context", "sample", "detail"})
"""Columns that hold JSON or parts of records: they are read with their escapes undone."""
Progress = Callable[[int], None]
"""Told the bytes of a file that has been read."""


@dataclass(slots=True)
class Found:
    """What names a subject, per table: ids by file, and of the events how many by feed and by column, and their times.

    An event is found when its record or any correction of it names the subject; then so are all its corrections.
    """

    ids: dict[str, dict[DataFile, set[str]]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    feeds: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    first_us: int | None = None
    last_us: int | None = None

    def count(self, kind: str) -> int:
        """How many rows of a table are found; of corrections, how many events they correct."""
        return len(self.all_ids(kind))

    def all_ids(self, kind: str) -> set[str]:
        """The distinct ids found in a table."""
        return set().union(*self.ids[kind].values())

    def saw(self, time_us: int) -> None:
        """Widen the span of the events found."""
        self.first_us = time_us if self.first_us is None else min(self.first_us, time_us)
        self.last_us = time_us if self.last_us is None else max(self.last_us, time_us)


def find(lake: Lake, subject: Subject, progress: Progress) -> Found:
    """Every row that names the subject, and every row that belongs to an event that does."""
    found = Found()
    corrected = set().union(*(ids for _, ids in _naming(lake, "corrections", subject, progress, None, set())))
    for file, ids in _naming(lake, "events", subject, progress, found, corrected):
        found.ids["events"][file] = ids
    events = found.all_ids("events") | corrected
    for file in lake.files("corrections").added if events else ():
        if ids := _of_events(lake, file, events):
            found.ids["corrections"][file] = ids
    for file, ids in _naming(lake, "quarantine", subject, progress, None, set()):
        found.ids["quarantine"][file] = ids
    return found


def _naming(
    lake: Lake, kind: str, subject: Subject, progress: Progress, told: Found | None, also: set[str]
) -> Iterator[tuple[DataFile, set[str]]]:
    """Files with rows that name the subject or whose id is among ``also``, and the ids of these rows."""
    for file in lake.files(kind).added:
        ids: set[str] = set()
        with lake.reading(kind, file) as parquet:
            for batch in parquet.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False):
                rows = rows_naming(batch, kind, subject)
                _belonging(batch, kind, also, rows)
                ids.update(batch.column(IDENTITY[kind])[row].as_py() for row in rows)
                if told is not None:
                    _tell(batch, rows, told)
        progress(file.size)
        if ids:
            yield file, ids


def rows_naming(batch: pa.RecordBatch, kind: str, subject: Subject) -> dict[int, set[str]]:
    """Rows of a batch that name the subject, each with the columns in which it is named."""
    rows: dict[int, set[str]] = {}
    for column in STORED[kind]:
        if column.kind in ("string", "strings"):
            for row in _column_rows(batch.column(column.name), column.name, subject):
                rows.setdefault(row, set()).add(column.name)
    return rows


def _column_rows(values: pa.Array, name: str, subject: Subject) -> list[int]:
    rows: list[int] | None = None
    if pa.types.is_list(values.type):
        rows = pc.list_parent_indices(values).to_pylist()
        values = pc.list_flatten(values)
    names = subject.names_in_source if name in SOURCE_TEXT else subject.names
    if name == "raw":
        hits = [place for place in _candidates(values, subject) if names(values[place].as_py())]
    else:
        encoded = values.dictionary_encode()
        spelled = {code for code in _candidates(encoded.dictionary, subject) if names(encoded.dictionary[code].as_py())}
        hits = [place for place, code in enumerate(encoded.indices.to_pylist()) if code in spelled] if spelled else []
    return hits if rows is None else [rows[place] for place in hits]


def _candidates(values: pa.Array, subject: Subject) -> list[int]:
    matched = pc.match_substring_regex(values, subject.candidates, ignore_case=True)
    places: list[int] = pc.indices_nonzero(matched.fill_null(False)).to_pylist()
    return places


def _belonging(batch: pa.RecordBatch, kind: str, ids: set[str], rows: dict[int, set[str]]) -> None:
    if ids:  # asked of a set, which is made once: Arrow would hash all of them again for each batch
        for row, event_id in enumerate(batch.column(IDENTITY[kind]).to_pylist()):
            if event_id in ids:
                rows.setdefault(row, set()).add("a correction")


def _tell(batch: pa.RecordBatch, rows: dict[int, set[str]], told: Found) -> None:
    times: Any = batch.column("time").cast(pa.int64())
    for row, columns in rows.items():
        told.columns.update(columns)
        told.feeds[batch.column("feed")[row].as_py() or ""] += 1
        told.saw(times[row].as_py())


def _of_events(lake: Lake, file: DataFile, events: set[str]) -> set[str]:
    with lake.reading("corrections", file, {"event_id"}) as parquet:
        stored = parquet.read(columns=["event_id"], use_threads=False)["event_id"]
    return events & set(stored.to_pylist())
