"""Rows of the quarantine: what could not be read, where it stood, why, and enough of it to recognise it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from remit.flows.ingest.gather import Batch
from remit.rooms.events.decoded import Reject

SAMPLE_BYTES = 2_000
Row = dict[str, Any]
Redact = Callable[[bytes], str]


def from_faults(batch: Batch, feed: str, redact: Redact) -> list[Row]:
    """What the reader could not even cut into records."""
    return [
        _row(
            feed, fault.place, fault.reason, fault.detail, fault.sample, f"{fault.place}{fault.detail}".encode(), redact
        )
        for fault in batch.faults
    ]


def from_rejects(batch: Batch, feed: str, rejects: Iterable[Reject], redact: Redact) -> list[Row]:
    """Records that no decoder could read. The id is the record's own digest: read again, it is the same row."""
    rows = []
    for reject in rejects:
        record = bytes(batch.records[reject.index])
        place = batch.place_of(reject.index)
        rows.append(_row(feed, place, reject.reason, reject.detail, record, record, redact))
    return rows


def _row(feed: str, place: str, reason: str, detail: str, sample: bytes, identity: bytes, redact: Redact) -> Row:
    digest = blake2b(reason.encode() + b"\x00" + identity, digest_size=12).hexdigest()
    return {
        "quarantine_id": digest,
        "feed": feed,
        "place": place,
        "reason": reason,
        "detail": detail,
        "sample": redact(bytes(sample[: SAMPLE_BYTES * 4]))[:SAMPLE_BYTES],
    }
