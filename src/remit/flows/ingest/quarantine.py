"""Rows of the quarantine: what could not be read, where it stood, why, and enough of it to recognise it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from remit.flows.ingest.gather import Batch
from remit.rooms.events.decoded import Reject

SAMPLE_BYTES = 2_000
Row = dict[str, Any]
Redact = Callable[[Sequence[bytes]], list[str]]
"""Samples -> the same as text without credentials. Asked once for many, as one search costs as much as thousands."""
Rejected = tuple[str, str, str, bytes, bytes]
"""(place, reason, detail, sample, what makes it the same trouble again)"""


def from_faults(batch: Batch, feed: str, redact: Redact) -> list[Row]:
    """What the reader could not even cut into records."""
    found = [
        (fault.place, fault.reason, fault.detail, fault.sample, f"{fault.place}{fault.detail}".encode())
        for fault in batch.faults
    ]
    return _rows(feed, found, redact)


def from_rejects(batch: Batch, feed: str, rejects: Iterable[Reject], redact: Redact) -> list[Row]:
    """Records that no decoder could read. The id is the record's own digest: read again, it is the same row."""
    found = []
    for reject in rejects:
        record = bytes(batch.records[reject.index])
        found.append((batch.place_of(reject.index), reject.reason, reject.detail, record, record))
    return _rows(feed, found, redact)


def _rows(feed: str, found: Sequence[Rejected], redact: Redact) -> list[Row]:
    samples = redact([bytes(sample[: SAMPLE_BYTES * 4]) for _, _, _, sample, _ in found])
    return [
        {
            "quarantine_id": blake2b(reason.encode() + b"\x00" + identity, digest_size=12).hexdigest(),
            "feed": feed,
            "place": place,
            "reason": reason,
            "detail": detail,
            "sample": sample[:SAMPLE_BYTES],
        }
        for (place, reason, detail, _, identity), sample in zip(found, samples, strict=True)
    ]
