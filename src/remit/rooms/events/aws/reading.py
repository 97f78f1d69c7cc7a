"""A batch of raw records as typed, redacted ones: the first half of decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Final

import msgspec

from remit.model.errors import RecordError
from remit.rooms.events.aws.record import Record, read_leniently, read_plain
from remit.rooms.events.decoded import Reject
from remit.rooms.events.redaction import redact_record, redact_text, suspects, without_session_token
from remit.rooms.events.visible import visible

_BOM: Final = b"\xef\xbb\xbf"
_MOST_REMEMBERED: Final = 50_000


Value = bytes | str | tuple[object, ...] | None
Repeating = tuple[Value, Value, bytes, bytes, Value, Value]
"""User agent, message, identity, TLS, address, and the members of few values together."""


@dataclass(slots=True)
class Batch:
    """Parallel lists: position in the input, typed record, redacted text, original bytes, repeating members."""

    rows: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    originals: list[bytes] = field(default_factory=list)
    repeating: list[Repeating] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def keep_all_but(self, places: list[int]) -> None:
        """Drop the records at these places."""
        keep = [True] * len(self.rows)
        for at in places:
            keep[at] = False
        self.rows[:] = compress(self.rows, keep)
        self.records[:] = compress(self.records, keep)
        self.texts[:] = compress(self.texts, keep)
        self.originals[:] = compress(self.originals, keep)
        self.repeating[:] = compress(self.repeating, keep)


class Reader:
    """Reads batches. Remembers of identities, user agents and messages whether they are free of credentials."""

    def __init__(self) -> None:
        self._clean: dict[Value, bool] = {}

    def read(self, records: Sequence[bytes]) -> Batch:
        """Every readable record, credentials gone; a reject for every other."""
        if len(self._clean) > _MOST_REMEMBERED:
            self._clean.clear()
        batch = Batch()
        unseen: dict[Value, None] = {}
        probes = self._type(records, batch, unseen)
        batch.texts = [raw.decode("utf-8", "replace") for raw in batch.originals]
        self._learn(batch, dict(zip(unseen, suspects([*map(_as_bytes, unseen)]), strict=True)))
        self._redact(batch, [at for at, doubt in enumerate(suspects(probes, payload=True)) if doubt])
        return batch

    def _type(self, records: Sequence[bytes], batch: Batch, unseen: dict[Value, None]) -> list[bytes]:
        """Fill the batch; return for each record the bytes that have yet to be searched for credentials."""
        rows, typed, originals, clean = batch.rows, batch.records, batch.originals, self._clean
        repeating = batch.repeating
        probes: list[bytes] = []
        for index, raw in enumerate(records):
            try:
                record = read_plain(raw)
            except (msgspec.MsgspecError, ValueError, RecursionError, TypeError):
                if self._lenient(index, raw, batch):
                    probes.append(originals[-1])
                continue
            rows.append(index)
            typed.append(record)
            originals.append(raw)
            sure = True
            members = _repeating(record)
            repeating.append(members)
            for value in members:
                known = clean.get(value)
                if known is None:
                    unseen[value] = None
                elif not known:
                    sure = False
            probes.append(_probe(record) if sure else raw)
        return probes

    def _learn(self, batch: Batch, seen: dict[Value, bool]) -> None:
        """Remember the verdict on new values; redact every record that has one of the bad ones."""
        self._clean.update((value, not doubt) for value, doubt in seen.items())
        bad = {value for value, doubt in seen.items() if doubt}
        if bad:
            self._redact(batch, [at for at, members in enumerate(batch.repeating) if not bad.isdisjoint(members)])

    def _lenient(self, index: int, raw: bytes, batch: Batch) -> bool:
        try:
            record, inner = read_leniently(_utf8(raw))
        except RecordError as error:
            batch.rejects.append(reject(index, error.reason, error.what))
            return False
        batch.rows.append(index)
        batch.records.append(record)
        batch.originals.append(inner)
        batch.repeating.append(_repeating(record))
        return True

    def _redact(self, batch: Batch, places: list[int]) -> None:
        """Put redacted records in the suspect ones' places; what is read from them then is clean."""
        quick = [without_session_token(batch.texts[at].encode("utf-8", "replace")) for at in places]
        for at, raw, doubt in zip(places, quick, suspects(quick), strict=True):
            text = redact_record(raw.decode("utf-8")) if doubt else raw.decode("utf-8")
            if text != batch.texts[at]:
                batch.texts[at] = text
                batch.records[at] = _reread(text, batch.records[at])
                batch.repeating[at] = _repeating(batch.records[at])


def _repeating(record: Record) -> Repeating:
    """Members with few distinct values, each searched once."""
    return (
        record.userAgent,
        record.errorMessage,
        bytes(record.userIdentity),
        bytes(record.tlsDetails),
        record.sourceIPAddress,
        (
            record.eventSource,
            record.eventName,
            record.awsRegion,
            record.recipientAccountId,
            record.errorCode,
            record.eventCategory,
            record.eventType,
            record.eventVersion,
            record.apiVersion,
            record.vpcEndpointId,
            record.vpcEndpointAccountId,
            record.sessionCredentialFromConsole,
        ),
    )


def _as_bytes(value: Value) -> bytes:
    if isinstance(value, tuple):
        return "\n".join(map(str, value)).encode("utf-8", "replace")
    return value.encode("utf-8", "replace") if isinstance(value, str) else value or b""


def _probe(record: Record) -> bytes:
    """The members of free content, with the ids, as one string of bytes."""
    ids = f'"eventName":"{record.eventName}"{record.requestID} {record.eventID} {record.sharedEventID}'
    return b"\n".join(
        (
            record.requestParameters,
            record.responseElements,
            record.additionalEventData,
            record.serviceEventDetails,
            record.resources,
            record.addendum,
            record.edgeDeviceDetails,
            record.mcpEventDetails,
            record.eventContext,
            ids.encode("utf-8", "replace"),
        )
    )


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
