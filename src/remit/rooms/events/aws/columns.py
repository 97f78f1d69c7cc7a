"""Looked-up facts, row by row, turned into columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Final

import msgspec

from remit.model.canonical import canonical_json
from remit.rooms.events.aws.identity import Identity
from remit.rooms.events.aws.operations import KnownOperation
from remit.rooms.events.aws.outcomes import COLUMNS as OUTCOME_COLUMNS
from remit.rooms.events.aws.payload import Payload
from remit.rooms.events.aws.reading import Batch
from remit.rooms.events.aws.record import Record
from remit.rooms.events.aws.resources import ResourceNames
from remit.rooms.events.change.texts import ticket_in

_IDENTITY_COLUMNS: Final = Identity._fields[:12]
_OPERATION_COLUMNS: Final = ("service", "operation", "action_kind", "permissions")
_pack: Final = msgspec.msgpack.Encoder().encode


class KnownIdentity:
    """An identity with its columns; hashed by identity, so that memos by it are cheap."""

    __slots__ = ("asks", "columns", "identity", "ticket")

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.columns: tuple[Any, ...] = identity[:12]
        self.asks = list(identity.asks)
        self.ticket = ticket_in(identity.source_identity, identity.role_session)


class Rows:
    """What was looked up for each record, row by row, before it is turned into columns."""

    __slots__ = ("identities", "marks", "operations", "outcomes", "payloads")

    def __init__(self) -> None:
        self.operations: list[KnownOperation] = []
        self.identities: list[KnownIdentity] = []
        self.payloads: list[Payload] = []
        self.marks: list[tuple[list[str], str | None]] = []
        self.outcomes: list[tuple[Any, ...]] = []


def _transposed(names: Sequence[str], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: list(map(itemgetter(at), rows)) for at, name in enumerate(names)}


def columns_of(batch: Batch, rows: Rows, times: list[int], feed: str, names: ResourceNames) -> dict[str, list[Any]]:
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


def _record_columns(records: list[Record], identities: list[KnownIdentity]) -> dict[str, list[Any]]:
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
        "ticket": [known.ticket for known in identities],
    }


def _payload_columns(rows: Rows) -> dict[str, list[Any]]:
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


def _fill_links(columns: dict[str, list[Any]], records: list[Record], rows: Rows) -> None:
    offers = [payload.offers for payload in rows.payloads]
    asks = [known.asks for known in rows.identities]
    for at, shared in enumerate([record.sharedEventID for record in records]):
        if shared:
            offers[at] = [*offers[at], f"same:shared:{shared}:{records[at].eventName}"]
            columns["markers"][at] = [*columns["markers"][at], f"shared_event_id={shared}"]
    for at, more in enumerate([payload.asks for payload in rows.payloads]):
        if more:
            asks[at] = [*asks[at], *more]
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
