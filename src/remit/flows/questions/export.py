"""Events as files: JSON Lines, CSV, and OCSF for other tools. Any number passes through bounded memory.

In CSV a cell that a spreadsheet would run as a formula (it begins with = + - @, a tab or a carriage return) gets a
leading apostrophe; take it off again when a program reads the file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from remit.flows.questions.ports import EventIndex
from remit.flows.questions.search import every_row
from remit.model.columns import COLUMNS
from remit.model.event_json import EVENT_COLUMNS, Describe, event_json, rfc3339
from remit.rooms.events.ocsf import to_ocsf
from remit.rooms.query import read_query

FORMATS: Final = ("jsonl", "csv", "ocsf")
CSV_COLUMNS: Final = tuple(column.name for column in COLUMNS if column.name in EVENT_COLUMNS)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_KINDS: Final = {column.name: column.kind for column in COLUMNS}


def export_jsonl(
    index: EventIndex,
    describe: Describe,
    text: str,
    *,
    now_us: int,
    limit: int | None = None,
) -> Iterator[str]:
    """One event's JSON per line, newest first, without line ends."""
    for row in every_row(index, read_query(text, now_us), EVENT_COLUMNS, limit=limit):
        yield json.dumps(event_json(row, describe), ensure_ascii=False)


def export_ocsf(
    index: EventIndex,
    describe: Describe,
    text: str,
    *,
    now_us: int,
    limit: int | None = None,
) -> Iterator[str]:
    """One OCSF API Activity per line, newest first, without line ends."""
    for row in every_row(index, read_query(text, now_us), EVENT_COLUMNS, limit=limit):
        yield json.dumps(to_ocsf(event_json(row, describe)), ensure_ascii=False)


def export_csv(index: EventIndex, text: str, *, now_us: int, limit: int | None = None) -> Iterator[str]:
    """A header and one line per event (RFC 4180, without line ends), newest first; lists are joined by ``; ``."""
    yield _csv_line(list(CSV_COLUMNS))
    for row in every_row(index, read_query(text, now_us), CSV_COLUMNS, limit=limit):
        yield _csv_line([_cell(name, row[name]) for name in CSV_COLUMNS])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if _KINDS[name] == "time":
        return rfc3339(value) or ""
    if _KINDS[name] == "bool":
        return "true" if value else "false"
    text = "; ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().removesuffix("\r\n")
