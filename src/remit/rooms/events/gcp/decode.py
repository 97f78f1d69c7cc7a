"""Google Cloud audit log entries to event columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.model.canonical import canonical_json
from remit.model.errors import RecordError
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.gcp.denial import denial, dry_run, status
from remit.rooms.events.gcp.entry import Entry, enclosed, entry, mistaken_for
from remit.rooms.events.gcp.method import action_kind
from remit.rooms.events.gcp.principal import caller_columns, delegations
from remit.rooms.events.gcp.resource import account, monitored_type, region, resource
from remit.rooms.events.lenient import distinct, embedded, first, folded, text
from remit.rooms.events.rows import Row, decode_rows, denial_columns, identify, read_object
from remit.rooms.events.timestamps import event_time
from remit.rooms.events.visible import visible

_MCP: Final = "/mcp"
_DATA: Final = b'"data"'
_PAYLOAD: Final = b'"protoPayload"'
_LONGEST_CLASS: Final = 100
_LONGEST_NAME: Final = 512


def decode(records: Sequence[bytes], feed: str) -> Decoded:
    """Audit entries, also in Pub/Sub push envelopes, to columns. Never raises on any bytes."""
    return decode_rows(records, feed, _read, _unwrap)


def claims(record: Mapping[str, Any]) -> bool:
    """Whether the record is an audit log entry, or a Pub/Sub envelope around one."""
    inner = enclosed(record)
    try:
        body = record if inner is None else read_object(inner)
    except RecordError:
        return False
    return mistaken_for(entry(body)) is None


def _unwrap(record: bytes) -> bytes:
    """The record, or what its Pub/Sub envelope holds."""
    if _DATA not in record or _PAYLOAD in record:
        return record
    inner = enclosed(read_object(record))
    return record if inner is None else inner


def _read(body: dict[str, Any]) -> Row:
    view = entry(body)
    other = mistaken_for(view)
    if other:
        raise RecordError("not-an-event", f"Looks like {visible(other, 200)}, not a Cloud Audit Logs entry.")
    return _row(view, body)


def _row(view: Entry, body: dict[str, Any]) -> Row:
    _, error_code, error_message = status(view)
    row: Row = {
        "time": event_time(*_times(view)),
        "provider": "gcp",
        "data_source": "gcp-audit",
        "provider_id": text(view.top.get("insertid")),
        "account": account(view),
        "region": region(view),
        **_what(view),
        "outcome": _outcome(view),
        "denied": False,
        "error_code": error_code,
        "error_message": error_message,
        **caller_columns(view),
        **_request(view),
        "event_type": view.log,
        "markers": _marks(view),
        "link_offers": _offers(view),
    }
    row["event_id"] = identify(row, _key(view), body)
    refused = denial(view)
    if refused:
        row.update(denial_columns(refused))
    return row


def _key(view: Entry) -> str | None:
    """An insertId is unique within its log only, among entries of one time; what was touched and checked goes along."""
    inserted = text(view.top.get("insertid"))
    if inserted is None:
        return None
    checked = [text(check.get("permission")) for check in view.permissions]
    return canonical_json([inserted, text(view.top.get("logname")), text(view.audit.get("resourcename")), checked])


def _times(view: Entry) -> tuple[str | None, ...]:
    attributes = folded(view.request_metadata.get("requestattributes"))
    return text(view.top.get("timestamp")), text(attributes.get("time")), text(view.top.get("receivetimestamp"))


def _what(view: Entry) -> Row:
    permissions = distinct(text(check.get("permission")) for check in view.permissions)
    method = (view.method or "")[:_LONGEST_NAME] or None
    service = (view.service or "").removesuffix(_MCP).removesuffix(".googleapis.com").strip(".") or None
    named = resource(view)
    return {
        "service": service,
        "operation": method,
        "action_kind": _kind(view, method or (permissions[0] if permissions else ""), service or ""),
        "permissions": permissions,
        "resource_types": [named.type] if named else [],
        "resource_ids": [named.id] if named else [],
        "resource_arns": [named.arn] if named else [],
    }


def _kind(view: Entry, method: str, service: str) -> str:
    """A BigQuery job that selects creates nothing but the job."""
    for change in ("jobinsertion", "jobchange"):
        if change not in view.metadata:
            continue
        job = folded(folded(view.metadata[change]).get("job"))
        query = folded(folded(job.get("jobconfig")).get("queryconfig"))
        if text(query.get("statementtype")) == "SELECT":
            return "read"
    return action_kind(method[:_LONGEST_NAME], service[:_LONGEST_NAME])


def _outcome(view: Entry) -> str | None:
    """``None`` where nothing was granted and no status says how it ended."""
    code, _, _ = status(view)
    if code and not dry_run(view):
        return "failure"
    checks = view.permissions
    untold = not folded(view.audit.get("status")) and checks and all(check.get("granted") is False for check in checks)
    return None if untold else "success"


def _request(view: Entry) -> Row:
    metadata = view.request_metadata
    return {
        "source_ip": text(metadata.get("callerip")),
        "user_agent": text(metadata.get("callersupplieduseragent")),
        "request_id": text(folded(metadata.get("requestattributes")).get("id")),
    }


def _marks(view: Entry) -> list[str]:
    behind = delegations(view.caller)
    said = {
        "mcp": view.service if (view.service or "").endswith(_MCP) else None,
        "operation_first": text(view.operation.get("first")),
        "operation_last": text(view.operation.get("last")),
        "stage": _stage(view),
        "resource_type": monitored_type(view),
        "severity": text(view.top.get("severity")),
        "reason": text(folded(view.request_metadata.get("requestattributes")).get("reason")),
        "authority_selector": text(view.caller.get("authorityselector")),
        "static_key": "true" if view.caller.get("serviceaccountkeyname") else None,
        "dry_run": "true" if dry_run(view) else None,
        "instance_class": _instance_class(view),
        "third_party": first(*(key for key in folded(view.caller.get("thirdpartyprincipal")))),
    }
    return [*(f"{key}={value}" for key, value in said.items() if value), *(f"delegation={name}" for name in behind)]


def _instance_class(view: Entry) -> str | None:
    """The machine type, disk type or database tier that a request asks for: its last part, without project and zone."""
    asked = folded(embedded(view.audit.get("request")))
    body = folded(asked.get("body")) or asked
    kind = text(body.get("type")) or ""
    said = first(
        body.get("machinetype"),
        folded(body.get("settings")).get("tier"),
        kind if "/diskTypes/" in kind else None,
    )
    return said.rpartition("/")[2][:_LONGEST_CLASS] if said else None


def _stage(view: Entry) -> str:
    """``begin``, ``progress`` or ``end`` of the operation; a call that is no long operation ends where it begins."""
    if not text(view.operation.get("id")) or text(view.operation.get("last")) == "true":
        return "end"
    return "begin" if text(view.operation.get("first")) == "true" else "progress"


def _offers(view: Entry) -> list[str]:
    """A long operation writes a first and a last entry: they share this key, and one of them counts."""
    run = text(view.operation.get("id"))
    return [f"same:gcp:{run}"] if run else []
