"""AWS CloudTrail records as event columns.

    decoder = CloudTrailDecoder(reference)
    decoded = decoder.decode(records, "production-trail")

Takes plain records, EventBridge events, ``LookupEvents`` entries, records decorated by a shipper and partial ones, of
every event version. Whatever repeats (identities, operations, payloads, times) is understood once and remembered;
lists in columns of kind ``strings`` are shared between rows and are not to be changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from remit.reference.aws import AwsReference
from remit.rooms.events.aws.columns import KnownIdentity, Rows, columns_of
from remit.rooms.events.aws.identity import read_identity
from remit.rooms.events.aws.marks import Surroundings, context, markers
from remit.rooms.events.aws.operations import KnownOperation
from remit.rooms.events.aws.outcomes import FAILURE, SUCCESS, outcome
from remit.rooms.events.aws.payload import EMPTY, Call, Payload, read_payload
from remit.rooms.events.aws.reading import Batch, Reader, reject
from remit.rooms.events.aws.record import Record, claims
from remit.rooms.events.aws.resources import Place, ResourceNames
from remit.rooms.events.aws.times import micros
from remit.rooms.events.decoded import Decoded

__all__ = ["CloudTrailDecoder", "claims"]

_MOST_REMEMBERED: Final = 20_000
_LONGEST_REMEMBERED: Final = 4096
_NULL: Final = b"null"
_INSIGHT: Final = "AwsCloudTrailInsight"


class CloudTrailDecoder:
    """Decodes batches of CloudTrail records; built once with AWS's reference, used by one thread."""

    data_source: Final = "cloudtrail"

    def __init__(self, reference: AwsReference) -> None:
        self._reference = reference
        self._names = ResourceNames(reference)
        self._reader = Reader()
        self._times: dict[str | None, int | None] = {None: None}
        self._operations: dict[tuple[Any, ...], KnownOperation] = {}
        self._identities: dict[bytes, KnownIdentity] = {}
        self._payloads: dict[tuple[Any, ...], Payload] = {}
        self._marks: dict[tuple[Any, ...], tuple[list[str], str | None]] = {}

    def decode(self, records: Sequence[bytes], feed: str) -> Decoded:
        """Columns for every readable record, a reject for every other. Never raises."""
        self._forget()
        batch = self._reader.read(records)
        kept = self._accept(batch)
        rows = Rows()
        for record, repeating in zip(batch.records, batch.repeating, strict=True):
            self._add(record, repeating[2], repeating[3], rows)
        filled = columns_of(batch, rows, kept, feed, self._names)
        return Decoded(filled, batch.rows, sorted(batch.rejects, key=lambda item: item.index))

    def _forget(self) -> None:
        for memo in (self._times, self._operations, self._identities, self._payloads, self._marks):
            if len(memo) > _MOST_REMEMBERED:
                memo.clear()
        self._times[None] = None

    def _accept(self, batch: Batch) -> list[int]:
        """Drop from the batch what is no event or has no usable time; return the times of the rest."""
        times = self._times
        kept: list[int] = []
        refused: list[int] = []
        for at, record in enumerate(batch.records):
            text = record.eventTime
            moment = times[text] if text in times else times.setdefault(text, micros(text or ""))
            if (
                moment is None
                or record.eventName is None
                or record.eventType == _INSIGHT
                or record.eventCategory == "Insight"
            ):
                refused.append(at)
                batch.rejects.append(reject(batch.rows[at], *_refusal(record)))
            else:
                kept.append(moment)
        if refused:
            batch.keep_all_but(refused)
        return kept

    def _add(self, record: Record, who: bytes, tls: bytes, rows: Rows) -> None:
        """One record's facts, each looked up by its distinct value."""
        key = (record.eventSource, record.eventName, record.readOnly, record.eventType)
        operation = self._operations.get(key)
        if operation is None:
            operation = self._operations[key] = KnownOperation(self._reference, *key)
        known = self._identities.get(who)
        if known is None:
            known = self._identities[who] = KnownIdentity(read_identity(who))
        payload = self._payload(record, operation, known)
        around = (
            known,
            payload.markers,
            payload.context,
            record.sessionCredentialFromConsole,
            record.vpcEndpointId,
            record.vpcEndpointAccountId,
            record.eventCategory,
            record.managementEvent,
            tls,
        )
        marks = self._marks.get(around)
        if marks is None:
            marks = self._marks[around] = self._marks_of(record, known, payload)
        rows.operations.append(operation)
        rows.identities.append(known)
        rows.payloads.append(payload)
        rows.marks.append(marks)
        if record.errorCode is None and record.errorMessage is None:
            rows.outcomes.append(FAILURE if payload.failed else SUCCESS)
        else:
            rows.outcomes.append(outcome(record.errorCode, record.errorMessage, operation.service, operation.name))

    def _payload(self, record: Record, operation: KnownOperation, known: KnownIdentity) -> Payload:
        request = bytes(record.requestParameters)
        response = bytes(record.responseElements) if operation.wants_response else b""
        extra = bytes(record.additionalEventData) if operation.wants_extra else b""
        listed = bytes(record.resources)
        if request in (b"", _NULL) and not listed and response in (b"", _NULL) and extra in (b"", _NULL):
            return EMPTY
        account = record.recipientAccountId or known.identity.account
        key = (operation, account, record.awsRegion, request, response, extra, listed)
        payload = self._payloads.get(key)
        if payload is None:
            place = Place(known.identity.partition, record.awsRegion or "", account or "")
            call = Call(operation.service, operation.name, operation.kind, record.eventType, place)
            payload = read_payload(self._names, call, request, response, extra, listed)
            if len(request) + len(response) + len(extra) + len(listed) < _LONGEST_REMEMBERED:
                self._payloads[key] = payload
        return payload

    def _marks_of(self, record: Record, known: KnownIdentity, payload: Payload) -> tuple[list[str], str | None]:
        around = Surroundings(
            record.sessionCredentialFromConsole,
            record.vpcEndpointId,
            record.vpcEndpointAccountId,
            record.eventCategory,
            record.managementEvent,
            bytes(record.tlsDetails),
        )
        return markers(known.identity, payload, around), context(known.identity, payload, around)


def _refusal(record: Record) -> tuple[str, str]:
    """Why a record is not taken: a stable reason and a line for people."""
    if record.eventType == _INSIGHT or record.eventCategory == "Insight":
        return "not-an-event", "A CloudTrail Insights event describes a rate of calls, not a call"
    if record.eventName is None:
        return "not-an-event", "It has no eventName"
    if record.eventTime is None:
        return "time-missing", f"{record.eventName} of {record.eventSource} has no eventTime"
    return "time-absurd", f"eventTime is {record.eventTime!r}; it must be a time between 2006 and 2100"
