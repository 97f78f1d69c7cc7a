"""Azure Activity Log records to event columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.model.errors import RecordError
from remit.rooms.events.azure.denial import denial
from remit.rooms.events.azure.operation import action_kind
from remit.rooms.events.azure.principal import caller_columns, markers
from remit.rooms.events.azure.resource import Resource, resource
from remit.rooms.events.azure.result import Result, result
from remit.rooms.events.azure.shape import Activity, activity, mistaken_for
from remit.rooms.events.azure.spelling import canonical
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.denials.denial import Denial
from remit.rooms.events.lenient import distinct, embedded, first, folded, text
from remit.rooms.events.rows import Row, decode_rows, denial_columns, identify
from remit.rooms.events.timestamps import event_time
from remit.rooms.events.visible import visible

_LONGEST_CLASS: Final = 100
_WITH_PORT: Final = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+|\[([0-9a-fA-F:.]+)\]:\d+", re.ASCII)


def decode(records: Sequence[bytes], feed: str) -> Decoded:
    """Activity Log records (one event each, wrappers already off) to columns. Never raises on any bytes."""
    return decode_rows(records, feed, _read)


def claims(record: Mapping[str, Any]) -> bool:
    """Whether the record is an Activity Log event."""
    return mistaken_for(activity(dict(record))) is None


def _read(body: dict[str, Any]) -> Row:
    view = activity(body)
    other = mistaken_for(view)
    if other:
        raise RecordError("not-an-event", f"Looks like {visible(other, 200)}, not the Azure Activity Log.")
    return _row(view, body)


def _row(view: Activity, body: dict[str, Any]) -> Row:
    ended = result(view)
    named = resource(view.resource) if view.resource else None
    row: Row = {
        "time": event_time(text(view.top.get("eventtimestamp")), text(view.top.get("time"))),
        "provider": "azure",
        "data_source": "azure-activity",
        "provider_id": first(view.top.get("eventdataid"), view.properties.get("eventdataid")),
        **_place(view, named),
        **_what(view, named, ended),
        **_ending(ended),
        **caller_columns(view),
        **_request(view),
        "event_type": view.category,
        "markers": [*markers(view), *_marks(view, ended)],
        "link_offers": _offers(view),
    }
    row["event_id"] = identify(row, row["provider_id"], body)
    refused = denial(view, ended)
    if refused:
        row.update(denial_columns(refused))
        row.update(_error_behind(refused, ended))
    return row


def _error_behind(refused: Denial, ended: Result) -> Row:
    """Of several errors inside each other, the one that says why it was refused."""
    said = next((error for error in ended.errors if error.code == refused.rule), None)
    return {"error_code": said.code, "error_message": said.message} if said else {}


def _place(view: Activity, named: Resource | None) -> Row:
    where = first(view.top.get("location"), view.properties.get("resourcelocation"))
    said = text(view.top.get("subscriptionid"))
    return {
        "account": said.lower() if said else named.subscription if named else None,
        "region": where.replace(" ", "").lower() if where else None,
    }


def _what(view: Activity, named: Resource | None, ended: Result) -> Row:
    operation = canonical(view.operation, named.type if named else "")
    return {
        "service": operation.partition("/")[0],
        "operation": operation,
        "action_kind": action_kind(operation, view.category or "", ended.http == 201),
        "permissions": [operation],
        "resource_types": [named.type] if named else [],
        "resource_ids": [named.id] if named else [],
        "resource_arns": [named.arn] if named else [],
    }


def _ending(ended: Result) -> Row:
    if ended.outcome != "failure":
        return {"outcome": ended.outcome, "denied": False}
    deepest = ended.errors[-1] if ended.errors else None
    return {
        "outcome": "failure",
        "denied": False,
        "error_code": deepest.code if deepest else ended.detail,
        "error_message": deepest.message if deepest else None,
    }


def _request(view: Activity) -> Row:
    address = first(view.http.get("clientipaddress"), view.top.get("calleripaddress"), view.claims.get("ipaddr"))
    ported = _WITH_PORT.fullmatch(address) if address else None
    return {
        "source_ip": (ported.group(1) or ported.group(2)) if ported else address,
        "request_id": first(
            view.http.get("clientrequestid"),
            view.properties.get("clientrequestid"),
            view.top.get("correlationid"),
            view.properties.get("servicerequestid"),
        ),
    }


def _marks(view: Activity, ended: Result) -> list[str]:
    said = {
        "stage": ended.stage,
        "status": view.said("status") or view.said("resulttype"),
        "level": view.said("level"),
        "correlation": text(view.top.get("correlationid")),
        "compliance_check": text(view.properties.get("iscompliancecheck")),
        "instance_class": _instance_class(view),
    }
    return [f"{key}={value}" for key, value in said.items() if value]


def _instance_class(view: Activity) -> str | None:
    """The size or tier that a request asks for, where the record has the request's body."""
    body = folded(embedded(view.properties.get("requestbody")))
    hardware = folded(folded(body.get("properties")).get("hardwareprofile"))
    said = first(hardware.get("vmsize"), folded(body.get("sku")).get("name"))
    return said[:_LONGEST_CLASS] if said else None


def _offers(view: Activity) -> list[str]:
    """One operation writes several records: they share this key, and one of them counts."""
    run = first(view.top.get("operationid"), view.properties.get("operationid"), view.top.get("correlationid"))
    if run is None:
        return []
    return distinct([f"same:az:{run}:{view.operation}:{view.resource or ''}".lower()])
