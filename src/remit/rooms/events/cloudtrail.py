"""AWS CloudTrail records as event columns.

    decoder = CloudTrailDecoder(reference)
    decoded = decoder.decode(records, "production-trail")

Takes plain records, EventBridge events, ``LookupEvents`` entries, records decorated by a shipper and partial ones, of
every event version. Whatever repeats (identities, operations, payloads, times) is understood once and remembered;
lists in columns of kind ``strings`` are shared between rows and are not to be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from remit.model.canonical import canonical_json
from remit.reference.aws import AwsReference
from remit.rooms.events.aws.identity import Identity, read_identity
from remit.rooms.events.aws.marks import Surroundings, context, markers
from remit.rooms.events.aws.operations import KnownOperation
from remit.rooms.events.aws.outcomes import COLUMNS as OUTCOME_COLUMNS
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
_IDENTITY_COLUMNS: Final = Identity._fields[:12]
_OPERATION_COLUMNS: Final = ("service", "operation", "action_kind", "permissions")
_pack: Final = msgspec.msgpack.Encoder().encode
_NULL: Final = b"null"
_INSIGHT: Final = "AwsCloudTrailInsight"


class _Known:
    """An identity with its columns; hashed by identity, so that memos by it are cheap."""

    __slots__ = ("asks", "columns", "identity")

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.columns: tuple[Any, ...] = identity[:12]
        self.asks = list(identity.asks)


class CloudTrailDecoder:
    """Decodes batches of CloudTrail records; built once with AWS's reference, used by one thread."""

    data_source: Final = "cloudtrail"

    def __init__(self, reference: AwsReference) -> None:
        self._reference = reference
        self._names = ResourceNames(reference)
        self._reader = Reader()
        self._times: dict[str | None, int | None] = {None: None}
        self._operations: dict[tuple[Any, ...], KnownOperation] = {}
        self._identities: dict[bytes, _Known] = {}
        self._payloads: dict[tuple[Any, ...], Payload] = {}
        self._marks: dict[tuple[Any, ...], tuple[list[str], str | None]] = {}

    def decode(self, records: Sequence[bytes], feed: str) -> Decoded:
        """Columns for every readable record, a reject for every other. Never raises."""
        self._forget()
        batch = self._reader.read(records)
        kept = self._accept(batch)
        rows = _Rows()
        for record in batch.records:
            self._add(record, rows)
        columns = _columns(batch, rows, kept, feed, self._names)
        return Decoded(columns, batch.rows, sorted(batch.rejects, key=lambda item: item.index))

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

    def _add(self, record: Record, rows: _Rows) -> None:
        """One record's facts, each looked up by its distinct value."""
        key = (record.eventSource, record.eventName, record.readOnly, record.eventType)
        operation = self._operations.get(key)
        if operation is None:
            operation = self._operations[key] = KnownOperation(self._reference, *key)
        who = bytes(record.userIdentity)
        known = self._identities.get(who)
        if known is None:
            known = self._identities[who] = _Known(read_identity(who))
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
            bytes(record.tlsDetails),
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

    def _payload(self, record: Record, operation: KnownOperation, known: _Known) -> Payload:
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

    def _marks_of(self, record: Record, known: _Known, payload: Payload) -> tuple[list[str], str | None]:
        around = Surroundings(
            record.sessionCredentialFromConsole,
            record.vpcEndpointId,
            record.vpcEndpointAccountId,
            record.eventCategory,
            record.managementEvent,
            bytes(record.tlsDetails),
        )
        return markers(known.identity, payload, around), context(known.identity, payload, around)


class _Rows:
    """What was looked up for each record, row by row, before it is turned into columns."""

    __slots__ = ("identities", "marks", "operations", "outcomes", "payloads")

    def __init__(self) -> None:
        self.operations: list[KnownOperation] = []
        self.identities: list[_Known] = []
        self.payloads: list[Payload] = []
        self.marks: list[tuple[list[str], str | None]] = []
        self.outcomes: list[tuple[Any, ...]] = []


def _refusal(record: Record) -> tuple[str, str]:
    """Why a record is not taken: a stable reason and a line for people."""
    if record.eventType == _INSIGHT or record.eventCategory == "Insight":
        return "not-an-event", "A CloudTrail Insights event describes a rate of calls, not a call"
    if record.eventName is None:
        return "not-an-event", "It has no eventName"
    if record.eventTime is None:
        return "time-missing", f"{record.eventName} of {record.eventSource} has no eventTime"
    return "time-absurd", f"eventTime is {record.eventTime!r}; it must be a time between 2006 and 2100"


def _transposed(names: Sequence[str], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    if not rows:
        return {name: [] for name in names}
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _columns(batch: Batch, rows: _Rows, times: list[int], feed: str, names: ResourceNames) -> dict[str, list[Any]]:
    count = len(times)
    columns: dict[str, list[Any]] = {
        "time": times,
        "provider": ["aws"] * count,
        "data_source": ["cloudtrail"] * count,
        "feed": [feed] * count,
        "raw": batch.texts,
    }
    columns |= _transposed(_OPERATION_COLUMNS, [operation.columns for operation in rows.operations])
    columns |= _transposed(_IDENTITY_COLUMNS, [known.columns for known in rows.identities])
    columns |= _transposed(OUTCOME_COLUMNS, rows.outcomes)
    columns |= _record_columns(batch.records, rows.identities)
    columns |= _payload_columns(rows)
    _name_refused(columns, names)
    _fill_from_payload(columns, rows.payloads)
    _fill_links(columns, batch.records, rows)
    columns["event_id"] = _event_ids(batch, columns)
    return columns


def _record_columns(records: list[Record], identities: list[_Known]) -> dict[str, list[Any]]:
    return {
        "provider_id": [record.eventID for record in records],
        "account": [
            record.recipientAccountId or known.identity.account
            for record, known in zip(records, identities, strict=True)
        ],
        "region": [record.awsRegion or None for record in records],
        "source_ip": [record.sourceIPAddress or None for record in records],
        "user_agent": [record.userAgent or None for record in records],
        "error_code": [record.errorCode or None for record in records],
        "error_message": [record.errorMessage or None for record in records],
        "event_type": [record.eventType for record in records],
        "request_id": [record.requestID or None for record in records],
    }


def _payload_columns(rows: _Rows) -> dict[str, list[Any]]:
    payloads = rows.payloads
    return {
        "resource_types": [payload.types for payload in payloads],
        "resource_ids": [payload.ids for payload in payloads],
        "resource_arns": [payload.arns for payload in payloads],
        "repository": [payload.repository for payload in payloads],
        "commit": [payload.commit for payload in payloads],
        "markers": [marks[0] for marks in rows.marks],
        "context": [marks[1] for marks in rows.marks],
        "context_unknown": [operation.unknown for operation in rows.operations],
    }


def _fill_from_payload(columns: dict[str, list[Any]], payloads: list[Payload]) -> None:
    """Where the identity is silent, the request that asked for a session speaks."""
    pick: tuple[tuple[str, Callable[[Payload], str | None]], ...] = (
        ("federation", lambda payload: payload.federation),
        ("federation_subject", lambda payload: payload.subject),
        ("source_identity", lambda payload: payload.source_identity),
    )
    for at, payload in enumerate(payloads):
        if payload.federation or payload.subject or payload.source_identity:
            for name, of in pick:
                columns[name][at] = columns[name][at] or of(payload)


def _name_refused(columns: dict[str, list[Any]], names: ResourceNames) -> None:
    """A refused call often has no parameters; its message still names the resource."""
    for at, arn in enumerate(columns.get("deny_resource", ())):
        if arn is not None and not columns["resource_ids"][at] and arn.startswith("arn:"):
            resource = names.from_arn(arn)
            columns["resource_types"][at] = [resource.kind]
            columns["resource_ids"][at] = [resource.id]
            columns["resource_arns"][at] = [resource.arn]


def _fill_links(columns: dict[str, list[Any]], records: list[Record], rows: _Rows) -> None:
    offers = [payload.offers for payload in rows.payloads]
    asks = [known.asks for known in rows.identities]
    for at, record in enumerate(records):
        if record.sharedEventID is not None:
            offers[at] = [*offers[at], f"same:shared:{record.sharedEventID}"]
            columns["markers"][at] = [*columns["markers"][at], f"shared_event_id={record.sharedEventID}"]
        if rows.payloads[at].asks:
            asks[at] = [*asks[at], *rows.payloads[at].asks]
    columns["link_offers"] = offers
    columns["link_asks"] = asks


_ID_PARTS: Final = (
    "provider_id", "time", "account", "region", "service", "operation", "principal", "access_key", "user_agent",
    "source_ip", "error_code", "request_id",
)  # fmt: skip


def _event_ids(batch: Batch, columns: dict[str, list[Any]]) -> list[str]:
    """24 hex digits over what a record says; MessagePack frames the parts, so none can imitate a boundary."""
    if not batch.records:
        return []
    parts = zip(*(columns[name] for name in _ID_PARTS), strict=True)
    ids = [blake2b(_pack(part), digest_size=12).hexdigest() for part in parts]
    for at, record in enumerate(batch.records):
        if not record.eventID:
            ids[at] = blake2b(ids[at].encode() + _canonical(batch.originals[at]), digest_size=12).hexdigest()
    return ids


def _canonical(raw: bytes) -> bytes:
    """The record's content whatever its spacing and order; the bytes themselves when it cannot be read again."""
    try:
        return canonical_json(msgspec.json.decode(raw)).encode("utf-8", "surrogatepass")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return raw
