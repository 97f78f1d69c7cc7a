"""Records of the code side read one by one into columns, with what every one of them must say filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from remit.model.columns import FACTS
from remit.model.errors import RecordError
from remit.rooms.events.change.reading import Object
from remit.rooms.events.decoded import Decoded, Reject
from remit.rooms.events.redaction import redact_record, redact_text, suspects
from remit.rooms.events.rows import Row, identify, read_object
from remit.rooms.events.visible import visible

Facts = Row


@dataclass(slots=True)
class Reading:
    """One record's facts, and what makes it this record and no other.

    ``identity`` is the provider's id of the record, made unique across repositories; ``None`` when it has none, and
    then ``body``, the record without the wrapper it travelled in, identifies it.
    """

    facts: Facts
    identity: str | None
    body: Object


@dataclass(frozen=True, slots=True)
class Origin:
    """The two columns that every record of one decoder shares, and how one of its records is read.

    ``read`` raises ``RecordError`` for a record that cannot become an event. ``by_content``: ids are digests of what
    they name.
    """

    provider: str
    data_source: str
    read: Callable[[dict[str, Any]], Reading]
    by_content: bool = False


def decode_each(records: Sequence[bytes], feed: str, origin: Origin) -> Decoded:
    """Read every record; one that cannot be read is a ``Reject`` and stops nothing else."""
    accepted: list[Facts] = []
    rows: list[int] = []
    rejects: list[Reject] = []
    for index, (record, suspect) in enumerate(zip(records, suspects(records), strict=True)):
        try:
            accepted.append(_facts(record, suspect, feed, origin))
        except RecordError as error:
            rejects.append(Reject(index, error.reason, visible(redact_text(error.what) or "")))
        except RecursionError:
            rejects.append(Reject(index, "too-deep", "The record is nested too deeply to read."))
        else:
            rows.append(index)
    return Decoded(_columns(accepted), rows, rejects)


def _facts(record: bytes, suspect: bool, feed: str, origin: Origin) -> Facts:
    """The facts, read from the redacted text, so that no column can hold what the raw record may not.

    A suspect is read as it came first: redacting a document of megabytes only to refuse it takes seconds.
    """
    reading = origin.read(read_object(record))
    kept = record.decode("utf-8", "replace")
    if suspect:
        kept = redact_record(kept)
        reading = origin.read(read_object(kept.encode()))
    facts = reading.facts
    facts["provider"] = origin.provider
    facts["data_source"] = origin.data_source
    facts["feed"] = feed
    facts["raw"] = kept
    facts.setdefault("outcome", "success")
    facts.setdefault("denied", False)
    facts["event_id"] = identify(facts, reading.identity, reading.body, by_content=origin.by_content)
    return facts


def _columns(accepted: Sequence[Facts]) -> dict[str, list[Any]]:
    if not accepted:
        return {}
    columns: dict[str, list[Any]] = {}
    for column in FACTS:
        values = [facts.get(column.name) for facts in accepted]
        columns[column.name] = [value or [] for value in values] if column.kind == "strings" else values
    columns["raw"] = [facts["raw"] for facts in accepted]
    return columns
