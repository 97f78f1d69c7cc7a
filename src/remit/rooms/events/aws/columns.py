"""Looked-up facts, row by row, turned into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import attrgetter, itemgetter
from typing import Any, Final

import msgspec

from remit.model.canonical import canonical_json
from remit.model.coded import Coded
from remit.rooms.events.aws.bodies import mark
from remit.rooms.events.aws.identity import IDENTITY_COLUMNS
from remit.rooms.events.aws.outcomes import COLUMNS as OUTCOME_COLUMNS
from remit.rooms.events.aws.payload import Payload
from remit.rooms.events.aws.reading import Batch
from remit.rooms.events.aws.record import Record
from remit.rooms.events.aws.resources import ResourceNames

Columns = dict[str, Any]
"""Lists and coded columns by name."""
_OPERATION_COLUMNS: Final = ("service", "operation", "action_kind", "permissions", "event_type", "context_unknown")
_CLIENT_COLUMNS: Final = ("source_ip", "user_agent", "error_code", "error_message")
_SAID_BY_BOTH: Final = {
    "federation": attrgetter("federation"),
    "federation_subject": attrgetter("subject"),
    "source_identity": attrgetter("source_identity"),
}
"""Columns of the identity that the payload of a session can fill -> what of it does."""
_COLUMNS: Final = attrgetter("columns")
_NO_LINKS: Final[list[str]] = []
_pack: Final = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Rows:
    """What was looked up for each record, before it is turned into columns.

    ``telling`` has the rows whose payload tells more than resources and context.
    """

    operations: Coded
    identities: Coded
    circumstances: Coded
    clients: Coded
    marks: Coded
    outcomes: Coded
    payloads: list[Payload] = field(default_factory=list)
    telling: list[int] = field(default_factory=list)


def _transposed(names: Sequence[str], rows: Coded) -> Columns:
    """A column for each place in tuples."""
    return {name: rows.meant(itemgetter(at)) for at, name in enumerate(names)}


def columns_of(batch: Batch, rows: Rows, times: list[int], feed: str, names: ResourceNames) -> Columns:
    """The columns; one that no row fills is left out where that is known beforehand."""
    count = len(times)
    columns: Columns = {
        "time": times,
        "provider": Coded.constant("aws", count),
        "data_source": Coded.constant("cloudtrail", count),
        "feed": Coded.constant(feed, count),
        "raw": batch.texts,
    }
    columns |= _transposed(_OPERATION_COLUMNS, rows.operations.meant(_COLUMNS))
    columns |= _transposed(IDENTITY_COLUMNS, rows.identities.meant(_COLUMNS))
    columns |= _transposed(OUTCOME_COLUMNS, rows.outcomes)
    columns |= _transposed(_CLIENT_COLUMNS, rows.clients)
    columns |= _record_columns(batch, rows)
    columns |= _payload_columns(rows)
    _name_refused(columns, names)
    _fill_links(columns, batch.records, rows)
    _fill_from_payload(columns, rows)
    columns["event_id"] = _event_ids(batch, rows, columns)
    return columns


def _record_columns(batch: Batch, rows: Rows) -> Columns:
    records = batch.records
    return {
        "provider_id": [record.eventID for record in records],
        "request_id": [record.requestID or None for record in records],
        "account": rows.circumstances.meant(attrgetter("account")),
        "region": rows.circumstances.meant(attrgetter("region")),
    }


def _payload_columns(rows: Rows) -> Columns:
    payloads = rows.payloads
    return {
        "resource_types": [payload.types for payload in payloads],
        "resource_ids": [payload.ids for payload in payloads],
        "resource_arns": [payload.arns for payload in payloads],
        **_transposed(("markers", "context"), rows.marks),
    }


def _name_refused(columns: Columns, names: ResourceNames) -> None:
    """A refused call often has no parameters; its message still names the resource."""
    types, ids, arns = (columns[name] for name in ("resource_types", "resource_ids", "resource_arns"))
    services, refusals = columns["service"], columns["deny_resource"]
    for at in refusals.having(bool):
        resource = None if ids[at] else names.from_refusal(services[at], refusals[at])
        if resource is not None:
            types[at], ids[at], arns[at] = [resource.kind], [resource.id], [resource.arn]


def _fill_links(columns: Columns, records: list[Record], rows: Rows) -> None:
    """Links of identities, and of one act that two accounts were told of."""
    columns["link_asks"] = rows.identities.meant(attrgetter("asks"))
    shared = {at: record for at, record in enumerate(records) if record.sharedEventID}
    markers = columns["markers"]
    columns["markers"] = markers.changed(
        {at: [*markers[at], f"shared_event_id={record.sharedEventID}"] for at, record in shared.items()}
    )
    columns["link_offers"] = Coded.constant(_NO_LINKS, len(records)).changed(
        {at: [f"same:shared:{record.sharedEventID}:{record.eventName}"] for at, record in shared.items()}
    )


def _fill_from_payload(columns: Columns, rows: Rows) -> None:
    """What only a payload with a session or a link in it tells. Where the identity is silent, the request speaks."""
    nothing = Coded.constant(None, len(rows.payloads))
    telling = {at: rows.payloads[at] for at in rows.telling}
    columns["repository"] = nothing.changed({at: p.repository for at, p in telling.items() if p.repository})
    columns["commit"] = nothing.changed({at: p.commit for at, p in telling.items() if p.commit})
    offers, asks = columns["link_offers"], columns["link_asks"]
    columns["link_offers"] = offers.changed({at: [*p.offers, *offers[at]] for at, p in telling.items() if p.offers})
    columns["link_asks"] = asks.changed({at: [*asks[at], *p.asks] for at, p in telling.items() if p.asks})
    for name, said in _SAID_BY_BOTH.items():
        own = columns[name]
        more = {at: value for at, p in telling.items() if (value := said(p)) and not own[at]}
        columns[name] = own.changed(more)


_BODIES: Final = attrgetter("requestParameters", "responseElements", "additionalEventData")
_ID_PARTS: Final = (
    "provider_id", "time", "account", "region", "service", "operation", "principal", "access_key", "user_agent",
    "source_ip", "error_code", "request_id", "event_type",
)  # fmt: skip


def _event_ids(batch: Batch, rows: Rows, columns: Columns) -> list[str]:
    """24 hex digits over what a record says; MessagePack frames the parts, so none can imitate a boundary.

    Caller, call and bodies are part of it, so that no second record under a provider's id takes the place of a first
    that says otherwise.
    """
    callers = rows.identities.meant(attrgetter("digest"))
    console = batch.keys.scenes.meant(lambda scene: str(scene[4]).lower())
    bodies = (mark(*each) for each in map(_BODIES, batch.records))
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
