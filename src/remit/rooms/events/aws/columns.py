"""Looked-up facts, row by row, turned into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Final

import msgspec

from remit.model.canonical import canonical_json
from remit.rooms.events.aws.bodies import mark
from remit.rooms.events.aws.identity import IDENTITY_COLUMNS, KnownIdentity
from remit.rooms.events.aws.marks import Circumstances, Marks
from remit.rooms.events.aws.operations import KnownOperation
from remit.rooms.events.aws.outcomes import COLUMNS as OUTCOME_COLUMNS
from remit.rooms.events.aws.payload import Payload
from remit.rooms.events.aws.reading import Batch
from remit.rooms.events.aws.record import Record
from remit.rooms.events.aws.resources import ResourceNames

_OPERATION_COLUMNS: Final = ("service", "operation", "action_kind", "permissions", "event_type", "context_unknown")
_CLIENT_COLUMNS: Final = ("source_ip", "user_agent", "error_code", "error_message")
Client = tuple[str | None, str | None, str | None, str | None]
_NO_LINKS: Final[list[str]] = []
_pack: Final = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Rows:
    """What was looked up for each record, row by row, before it is turned into columns.

    ``telling`` has the rows whose payload tells more than resources and context.
    """

    operations: list[KnownOperation]
    identities: list[KnownIdentity]
    circumstances: list[Circumstances]
    clients: list[Client]
    payloads: list[Payload] = field(default_factory=list)
    telling: list[int] = field(default_factory=list)
    marks: list[Marks] = field(default_factory=list)
    outcomes: list[tuple[Any, ...]] = field(default_factory=list)


def _transposed(names: Sequence[str], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: list(map(itemgetter(at), rows)) for at, name in enumerate(names)}


def columns_of(batch: Batch, rows: Rows, times: list[int], feed: str, names: ResourceNames) -> dict[str, list[Any]]:
    """The columns; one that no row fills is left out where that is known beforehand."""
    count = len(times)
    columns: dict[str, list[Any]] = {
        "time": times,
        "provider": ["aws"] * count,
        "data_source": ["cloudtrail"] * count,
        "feed": [feed] * count,
        "raw": batch.texts,
    }
    columns |= _transposed(_OPERATION_COLUMNS, [operation.columns for operation in rows.operations])
    columns |= _transposed(IDENTITY_COLUMNS, [known.columns for known in rows.identities])
    columns |= _transposed(OUTCOME_COLUMNS, rows.outcomes)
    columns |= _transposed(_CLIENT_COLUMNS, rows.clients)
    columns |= _record_columns(batch, rows)
    columns |= _payload_columns(rows)
    _name_refused(columns, names)
    _fill_links(columns, batch.records, rows)
    _fill_from_payload(columns, rows)
    columns["event_id"] = _event_ids(batch, rows, columns)
    return columns


def _record_columns(batch: Batch, rows: Rows) -> dict[str, list[Any]]:
    records = batch.records
    return {
        "provider_id": [record.eventID for record in records],
        "request_id": [record.requestID or None for record in records],
        "account": [around.account for around in rows.circumstances],
        "region": [around.region for around in rows.circumstances],
    }


def _payload_columns(rows: Rows) -> dict[str, list[Any]]:
    payloads = rows.payloads
    return {
        "resource_types": [payload.types for payload in payloads],
        "resource_ids": [payload.ids for payload in payloads],
        "resource_arns": [payload.arns for payload in payloads],
        "markers": [marks[0] for marks in rows.marks],
        "context": [marks[1] for marks in rows.marks],
    }


def _fill_from_payload(columns: dict[str, list[Any]], rows: Rows) -> None:
    """What only a payload with a session or a link in it tells. Where the identity is silent, the request speaks."""
    columns["repository"] = [None] * len(rows.payloads)
    columns["commit"] = [None] * len(rows.payloads)
    for at in rows.telling:
        payload = rows.payloads[at]
        columns["repository"][at] = payload.repository
        columns["commit"][at] = payload.commit
        if payload.offers:
            columns["link_offers"][at] = [*payload.offers, *columns["link_offers"][at]]
        if payload.asks:
            columns["link_asks"][at] = [*columns["link_asks"][at], *payload.asks]
        columns["federation"][at] = columns["federation"][at] or payload.federation
        columns["federation_subject"][at] = columns["federation_subject"][at] or payload.subject
        columns["source_identity"][at] = columns["source_identity"][at] or payload.source_identity


def _name_refused(columns: dict[str, list[Any]], names: ResourceNames) -> None:
    """A refused call often has no parameters; its message still names the resource."""
    for at, arn in enumerate(columns["deny_resource"]):
        resource = names.from_refusal(columns["service"][at], arn) if arn and not columns["resource_ids"][at] else None
        if resource is not None:
            columns["resource_types"][at] = [resource.kind]
            columns["resource_ids"][at] = [resource.id]
            columns["resource_arns"][at] = [resource.arn]


def _fill_links(columns: dict[str, list[Any]], records: list[Record], rows: Rows) -> None:
    """Links of identities, and of one act that two accounts were told of."""
    columns["link_asks"] = [known.asks for known in rows.identities]
    offers = columns["link_offers"] = [_NO_LINKS] * len(records)
    for at, shared in enumerate([record.sharedEventID for record in records]):
        if shared:
            offers[at] = [f"same:shared:{shared}:{records[at].eventName}"]
            columns["markers"][at] = [*columns["markers"][at], f"shared_event_id={shared}"]


_ID_PARTS: Final = (
    "provider_id", "time", "account", "region", "service", "operation", "principal", "access_key", "user_agent",
    "source_ip", "error_code", "request_id", "event_type",
)  # fmt: skip


def _event_ids(batch: Batch, rows: Rows, columns: dict[str, list[Any]]) -> list[str]:
    """24 hex digits over what a record says; MessagePack frames the parts, so none can imitate a boundary.

    Caller, call and bodies are part of it, so that no second record under a provider's id takes the place of a first
    that says otherwise.
    """
    if not batch.records:
        return []
    callers = [known.digest for known in rows.identities]
    console = batch.keys.scenes.meant(lambda scene: str(scene[4]).lower())
    bodies = [mark(r.requestParameters, r.responseElements, r.additionalEventData) for r in batch.records]
    parts = map(_pack, zip(callers, console, bodies, *(columns[name] for name in _ID_PARTS), strict=True))
    ids = [blake2b(part, digest_size=12).hexdigest() for part in parts]
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
