"""A batch of raw records as typed, redacted ones: the first half of decoding."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from operator import attrgetter
from typing import Final

import msgspec

from remit.model.errors import RecordError
from remit.rooms.events.aws.keys import Keys, as_bytes
from remit.rooms.events.aws.record import Record, read_leniently, read_plain
from remit.rooms.events.aws.splicing import clean_payloads
from remit.rooms.events.decoded import Reject
from remit.rooms.events.redaction import parsed, redact_record, redact_text, suspects, without_session_token
from remit.rooms.events.secrets import WATCHED
from remit.rooms.events.visible import visible

_BOM: Final = b"\xef\xbb\xbf"
_MOST_REMEMBERED: Final = 50_000
_written: Final = msgspec.json.Encoder().encode
_FREE: Final = attrgetter(
    "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "resources", "addendum",
    "edgeDeviceDetails", "mcpEventDetails", "eventContext",
)  # fmt: skip
"""Members of free content."""


@dataclass(slots=True)
class Batch:
    """Parallel lists: position in the input, typed record, redacted text, original bytes; and the records' keys.

    ``loose`` has the places of the records whose members say not all of what is in them.
    """

    rows: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    originals: list[bytes] = field(default_factory=list)
    keys: Keys = field(default_factory=lambda: Keys([]))
    loose: set[int] = field(default_factory=set)
    rejects: list[Reject] = field(default_factory=list)

    def keep_all_but(self, places: Iterable[int]) -> None:
        """Drop the records at these places."""
        keep = [True] * len(self.rows)
        for at in places:
            keep[at] = False
        self.rows[:] = compress(self.rows, keep)
        self.records[:] = compress(self.records, keep)
        self.texts[:] = compress(self.texts, keep)
        self.originals[:] = compress(self.originals, keep)
        self.keys.keep(keep)


class Reader:
    """Reads batches. Remembers of identities, clients and other repeating values whether they hold credentials."""

    def __init__(self) -> None:
        self._doubtful: dict[Hashable, bool] = {}

    def read(self, records: Sequence[bytes]) -> Batch:
        """Every readable record, credentials gone; a reject for every other."""
        if len(self._doubtful) > _MOST_REMEMBERED:
            self._doubtful.clear()
        batch = Batch()
        self._type(records, batch)
        batch.texts = [str(raw, "utf-8", "replace") for raw in batch.originals]
        batch.keys = Keys(batch.records)
        wholly = self._doubtful_keys(batch.keys) | _doubtful_ids(batch.records)
        partly = _doubtful_payloads(batch)
        wholly |= partly & batch.loose | _repeating(batch)
        wholly |= clean_payloads(batch.texts, batch.records, sorted(partly - wholly))
        _redact(batch, sorted(wholly))
        return batch

    def _type(self, records: Sequence[bytes], batch: Batch) -> None:
        rows, typed, originals = batch.rows, batch.records, batch.originals
        for index, raw in enumerate(records):
            try:
                typed.append(read_plain(raw))
            except (msgspec.MsgspecError, ValueError, RecursionError, TypeError):
                _lenient(index, raw, batch)
            else:
                rows.append(index)
                originals.append(raw)

    def _doubtful_keys(self, keys: Keys) -> set[int]:
        """Places of records with a repeating value that may hold a credential; each value is searched once."""
        known = self._doubtful
        present = set(chain.from_iterable(group.values for group in keys.groups))
        unseen = list(present.difference(known))
        known.update(zip(unseen, suspects([*map(as_bytes, unseen)]), strict=True))
        return set(chain.from_iterable(group.having(known.__getitem__) for group in keys.groups))


def _lenient(index: int, raw: bytes, batch: Batch) -> None:
    try:
        record, inner = read_leniently(_utf8(raw))
    except RecordError as error:
        batch.rejects.append(reject(index, error.reason, error.what))
        return
    batch.loose.add(len(batch.rows))
    batch.rows.append(index)
    batch.records.append(record)
    batch.originals.append(inner)


def _doubtful_ids(records: list[Record]) -> set[int]:
    """Places of records one of whose ids may hold a credential; all are searched at once, for none ever does."""
    ids = ([each.requestID for each in records], [each.eventID for each in records],
           [each.sharedEventID for each in records])  # fmt: skip
    together = "\n".join(["\n".join(filter(None, column)) for column in ids]).encode("utf-8", "replace")
    if not suspects([together], payload=True)[0]:
        return set()
    doubts = suspects([as_bytes(each) for each in zip(*ids, strict=True)], payload=True)
    return {at for at, doubt in enumerate(doubts) if doubt}


def _doubtful_payloads(batch: Batch) -> set[int]:
    """Places of records whose operation or free content is reason to look closer."""
    probes = list(map(b"\n".join, map(_FREE, batch.records)))
    for at in batch.loose:
        probes[at] = batch.originals[at]
    found = {at for at, doubt in enumerate(suspects(probes, payload=True)) if doubt}
    return found.union(batch.keys.operations.having(lambda key: key[1] in WATCHED))


def _repeating(batch: Batch) -> set[int]:
    """Places of records that have a member twice and may hold a credential where it is not read: in the first.

    A record as long as what was read of it, written anew, has nothing twice; only the others are looked at.
    """
    raws = batch.originals
    lengths = zip(map(len, map(_written, batch.records)), map(len, raws), strict=True)
    odd = [at for at, (written, came) in enumerate(lengths) if written != came and at not in batch.loose]
    doubts = suspects([raws[at] for at in odd])
    return {at for at, doubt in zip(odd, doubts, strict=True) if doubt and _repeats(batch.texts[at])}


def _repeats(text: str) -> bool:
    try:
        return parsed(text)[1]
    except (ValueError, RecursionError):
        return True  # not known to be without


def _redact(batch: Batch, places: list[int]) -> None:
    """Put redacted records in the suspect ones' places; what is read from them then is clean."""
    anew: dict[int, Record] = {}
    quick = [without_session_token(batch.texts[at].encode("utf-8", "replace")) for at in places]
    for at, raw, doubt in zip(places, quick, suspects(quick), strict=True):
        text = redact_record(raw.decode("utf-8")) if doubt else raw.decode("utf-8")
        if text != batch.texts[at]:
            batch.texts[at] = text
            batch.records[at] = anew[at] = _reread(text, batch.records[at])
    batch.keys.replace(anew)


def _reread(text: str, before: Record) -> Record:
    try:
        return read_leniently(text.encode("utf-8", "replace"))[0]
    except RecordError:
        return Record(eventTime=before.eventTime, eventName=before.eventName, eventSource=before.eventSource)


def _utf8(raw: bytes) -> bytes:
    """The record without a byte order mark, invalid bytes replaced."""
    raw = raw.removeprefix(_BOM)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace").encode("utf-8")
    return raw


def reject(index: int, reason: str, detail: str) -> Reject:
    """A reject whose detail is fit to show."""
    return Reject(index, reason, visible(redact_text(detail) or ""))
