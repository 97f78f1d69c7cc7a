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
from remit.rooms.events.redaction import redact_record, redact_text, suspects
from remit.rooms.events.visible import visible

Row = dict[str, Any]
"""One event: fact column names to values; an absent column is an absent value."""

_TOO_DEEP: Final = "The record is nested too deeply to read."
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
    "principal_id",
    "app_id",
    "delegator",
    "federation_subject",
    "event_type",
)
_DECIDING: Final = ("service", "principal_type", "principal_name", "issuer", "invoked_by", "federation")
_DECIDING_LISTS: Final = ("markers", "link_offers", "link_asks")
"""With these an id covers what attribution reads: of two records of one id, either may be the one that is kept."""
_ORDERED: Final = msgspec.json.Encoder(order="deterministic")


def decode_rows(
    records: Sequence[bytes],
    feed: str,
    read: Callable[[dict[str, Any]], Row],
    unwrap: Callable[[bytes], bytes] = bytes,
) -> Decoded:
    """Every record, out of its envelope by ``unwrap``, as an object through ``read``, which gives its row.

    Both may raise ``RecordError``. A record that may hold a credential is read again after redaction, so that no
    column has what ``raw`` has not; its id is of the record as it came, whatever the rules of redaction.
    """
    inner, rejects = _unwrapped(records, unwrap)
    rows: list[Row] = []
    places: list[int] = []
    for (index, record), suspect in zip(inner, suspects([record for _, record in inner]), strict=True):
        try:
            rows.append(_row(record, suspect, feed, read))
            places.append(index)
        except RecordError as error:
            rejects.append(Reject(index, error.reason, _detail(error)))
        except RecursionError:
            rejects.append(Reject(index, "too-deep", _TOO_DEEP))
    return Decoded(_columns(rows), places, sorted(rejects, key=lambda reject: reject.index))


def _unwrapped(
    records: Sequence[bytes], unwrap: Callable[[bytes], bytes]
) -> tuple[list[tuple[int, bytes]], list[Reject]]:
    inner: list[tuple[int, bytes]] = []
    rejects: list[Reject] = []
    for index, record in enumerate(records):
        try:
            inner.append((index, unwrap(record)))
        except RecordError as error:
            rejects.append(Reject(index, error.reason, _detail(error)))
    return inner, rejects


def _row(record: bytes, suspect: bool, feed: str, read: Callable[[dict[str, Any]], Row]) -> Row:
    kept = record.decode("utf-8", "replace")
    row = read(read_object(record))
    if suspect:
        kept = redact_record(kept)
        row = read(read_object(kept.encode("utf-8", "replace"))) | {"event_id": row["event_id"]}
        row.update({name: redact_text(row.get(name)) for name in _FREE_TEXT})
    row["feed"] = feed
    row["raw"] = kept
    return row


def read_object(record: bytes) -> dict[str, Any]:
    """The record as a JSON object; ``RecordError`` (``not-json``, ``not-an-object``, ``too-deep``) when it is none."""
    try:
        value = msgspec.json.decode(record)
    except RecursionError:
        raise RecordError("too-deep", _TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError("not-json", f"Not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise RecordError("not-an-object", f"A JSON {_kind(value)} where an object belongs.")
    return value


def identify(row: Row, provider_key: str | None, body: object, *, by_content: bool = False) -> str:
    """The event's id. ``body`` stands in where the provider gave no id: keys sorted, so that layout is no matter.

    ``by_content``: the provider's id is a digest of the content, so two records of one id say the same.
    """
    said = None if provider_key else _ORDERED.encode(body).decode()
    parts = [provider_key, str(row["time"]), *(row.get(name) for name in _IDENTITY)]
    if not by_content:
        parts += (row.get(name) for name in _DECIDING)
        parts += ("\n".join(sorted(row.get(name) or ())) for name in _DECIDING_LISTS)
    return event_digest([*parts, said])


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


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    names = [*(column.name for column in FACTS), "raw"] if rows else []
    return {name: [row.get(name) or [] if name in _LISTS else row.get(name) for row in rows] for name in names}


def _detail(error: RecordError) -> str:
    return visible(redact_text(error.what) or "")


def _kind(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")
