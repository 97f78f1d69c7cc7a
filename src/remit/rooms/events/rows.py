"""From records to columns for providers whose events are few enough to be read one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from remit.model.canonical import event_digest
from remit.model.columns import FACTS
from remit.model.errors import RecordError
from remit.rooms.events.decoded import Decoded, Reject
from remit.rooms.events.denials.denial import Denial
from remit.rooms.events.redaction import redact, redact_text
from remit.rooms.events.visible import visible

Row = dict[str, Any]
"""One event: fact column names to values; an absent column is an absent value."""

_LISTS: Final = frozenset(column.name for column in FACTS if column.kind == "strings")
_FREE_TEXT: Final = ("error_message", "user_agent")
_IDENTITY: Final = (
    "account",
    "region",
    "operation",
    "principal",
    "access_key",
    "user_agent",
    "source_ip",
    "error_code",
    "request_id",
)
_ORDERED: Final = msgspec.json.Encoder(order="deterministic")


def decode_rows(records: Sequence[bytes], feed: str, read: Callable[[bytes], tuple[Row, bytes]]) -> Decoded:
    """Every record through ``read``, which gives its row and the bytes to keep, or raises ``RecordError``."""
    rows: list[Row] = []
    places: list[int] = []
    rejects: list[Reject] = []
    for index, record in enumerate(records):
        try:
            row, kept = read(record)
            rows.append(_finished(row, kept, feed))
        except RecordError as error:
            rejects.append(Reject(index, error.reason, _detail(error)))
            continue
        except RecursionError:
            rejects.append(Reject(index, "too-deep", "The record is nested too deeply to read."))
            continue
        places.append(index)
    return Decoded(_columns(rows), places, rejects)


def read_object(record: bytes) -> dict[str, Any]:
    """The record as a JSON object; ``RecordError`` (``not-json``, ``not-an-object``, ``too-deep``) when it is none."""
    try:
        value = msgspec.json.decode(record)
    except RecursionError:
        raise RecordError("too-deep", "The record is nested too deeply to read.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError("not-json", f"Not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise RecordError("not-an-object", f"A JSON {_kind(value)} where an object belongs.")
    return value


def identify(row: Row, provider_key: str | None, body: object) -> str:
    """The event's id. ``body`` stands in where the provider gave no id: keys sorted, so that layout is no matter."""
    said = None if provider_key else _ORDERED.encode(body).decode()
    return event_digest([provider_key, str(row["time"]), *(row.get(name) for name in _IDENTITY), said])


def denial_columns(denial: Denial) -> Row:
    """The ``deny_*`` columns of a refused call, and its outcome."""
    return {
        "outcome": "denied",
        "denied": True,
        "deny_policy_type": denial.policy_type,
        "deny_policy_arn": denial.policy_arn,
        "deny_implicit": denial.implicit,
        "deny_rule": denial.rule,
        "deny_action": denial.action,
        "deny_resource": denial.resource,
    }


def _finished(row: Row, kept: bytes, feed: str) -> Row:
    for name in _FREE_TEXT:
        row[name] = redact_text(row.get(name))
    row["feed"] = feed
    row["raw"] = redact(kept)
    return row


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    names = [*(column.name for column in FACTS), "raw"] if rows else []
    return {name: [row.get(name) or [] if name in _LISTS else row.get(name) for row in rows] for name in names}


def _detail(error: RecordError) -> str:
    return visible(redact_text(error.what) or "")


def _kind(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")
