"""One view of an audit LogEntry, whichever exporter wrote it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from remit.rooms.events.lenient import Fields, embedded, fields, folded, items, text

_AUDIT_MARKS: Final = frozenset(("methodname", "servicename", "authorizationinfo", "authenticationinfo"))
_LOG: Final = re.compile(r"(?P<owner>(projects|organizations|folders|billingAccounts)/([^/]+))/logs/(.+)")
_PULLED: Final = frozenset(("messageId", "message_id"))
_AUDIT_LOGS: Final = "cloudaudit.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Entry:
    """``top``, ``audit``, ``caller``, ``request_metadata`` and ``metadata`` by folded keys, ``labels`` by their own.

    ``owner`` is the project id, or ``organizations/123`` and the like; ``log`` the audit log's kind (``activity``).
    """

    top: dict[str, Any]
    audit: dict[str, Any]
    caller: dict[str, Any]
    request_metadata: dict[str, Any]
    metadata: dict[str, Any]
    labels: Fields
    operation: dict[str, Any]
    owner: str | None
    log: str | None

    @property
    def method(self) -> str | None:
        return text(self.audit.get("methodname"))

    @property
    def service(self) -> str | None:
        """The full name, ``compute.googleapis.com``; for a managed MCP server ``bigquery.googleapis.com/mcp``."""
        return text(self.audit.get("servicename"))

    @property
    def permissions(self) -> list[Fields]:
        """The authorization checks, one object each."""
        return items(self.audit.get("authorizationinfo"))


def enclosed(record: Fields) -> bytes | None:
    """What a Pub/Sub message holds, pushed (``{message: {data}}``) or pulled; ``None`` when the record is neither."""
    if "protoPayload" in record:
        return None
    message = fields(record.get("message")) or (record if _PULLED.intersection(record) else {})
    data = message.get("data")
    if not isinstance(data, str):
        return None
    try:
        return base64.b64decode(data.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


def entry(record: Fields) -> Entry:
    """The view; what is missing or of a wrong type is empty."""
    top = folded(record)
    audit = folded(embedded(top.get("protopayload")))
    labels = fields(folded(top.get("resource")).get("labels"))
    named = _LOG.fullmatch(unquote(text(top.get("logname")) or "")[:1000])
    owner = named.group(3) if named and named.group(2) == "projects" else named.group("owner") if named else None
    log = named.group(4).partition(_AUDIT_LOGS)[2] if named else ""
    return Entry(
        top=top,
        audit=audit,
        caller=folded(audit.get("authenticationinfo")),
        request_metadata=folded(audit.get("requestmetadata")),
        metadata=folded(audit.get("metadata")),
        labels=labels,
        operation=folded(top.get("operation")),
        owner=owner,
        log=log or None,
    )


def mistaken_for(view: Entry) -> str | None:
    """What a record that is no audit entry looks like; ``None`` for one that is."""
    kind = text(view.audit.get("@type")) or text(view.audit.get("atsigntype")) or ""
    if view.audit:
        if kind and not kind.endswith("AuditLog"):
            return f"a log entry with a {kind.rpartition('/')[2]} payload"
        marked = bool(view.log or kind or _AUDIT_MARKS.intersection(view.audit))
        return None if marked else "a log entry without an audit payload"
    for name in ("jsonpayload", "textpayload"):
        if view.top.get(name) is not None:
            return f"an application log entry ({'JSON' if name == 'jsonpayload' else 'text'} payload)"
    return "a record without protoPayload"
