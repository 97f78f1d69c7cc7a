"""A row of event columns -> the JSON of an event, one shape for every face, file and answer.

Where a column stands in the JSON is said by ``Column.json``; this module adds what is not one column: resources zipped,
evidence explained, the denial as one object or null. Keys come in one stable order and are always present.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from remit.model.columns import BY_NAME, COLUMNS

Describe = Callable[[str], tuple[str, str] | None]
"""Signal id -> (strength, field it reads), or None for a signal these rules do not have."""

Json = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_KEYS: Final = (
    "event_id",
    "time",
    "provider",
    "account",
    "region",
    "environment",
    "owner",
    "source",
    "path",
    "governed",
    "actor",
    "session",
    "action",
    "permissions",
    "resources",
    "outcome",
    "denied",
    "deny",
    "attribution",
    "same_as",
)
_PLACED: Final = tuple((column.name, column.kind, column.json.split(".")) for column in COLUMNS if column.json)
EVENT_COLUMNS: Final = tuple(
    dict.fromkeys(
        (
            *(column.name for column in COLUMNS if column.json),
            "resource_types",
            "resource_ids",
            "resource_arns",
            "evidence",
        )
    )
)
"""The columns an event's JSON is made of."""


def event_json(row: Mapping[str, Any], describe: Describe) -> Json:
    """The JSON of one event. ``row`` maps column names to values, ``time`` in microseconds; an absent one is null."""
    event: Json = dict.fromkeys(_FIRST_KEYS)
    for name, kind, place in _PLACED:
        _put(event, place, _value(name, kind, row.get(name)))
    event["resources"] = _resources(row)
    if not row.get("denied"):
        event["deny"] = None
    event["attribution"] = {
        "confidence": event["attribution"].pop("confidence"),
        "evidence": [_evidence(text, row, describe) for text in row.get("evidence") or ()],
        **event["attribution"],
    }
    return event


def rfc3339(micros: int | None) -> str | None:
    """Microseconds since the epoch as ``2026-10-01T08:00:00Z``, with as much of a fraction as there is."""
    if micros is None:
        return None
    moment = _EPOCH + timedelta(microseconds=micros)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = f"{micros % 1_000_000:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def _put(event: Json, place: list[str], value: object) -> None:
    within = event
    for key in place[:-1]:
        if not isinstance(within.get(key), dict):
            within[key] = {}
        within = within[key]
    within[place[-1]] = value


def _value(name: str, kind: str, value: Any) -> object:
    if kind == "strings":
        return list(value or ())
    if kind == "time":
        return rfc3339(value)
    if name == "context" and value:
        return _parsed(value)
    if kind == "bool" and name in ("denied", "counted"):
        return value if value is not None else name == "counted"
    return value


def _parsed(text: str) -> object:
    """The stored condition keys as an object; the text itself should it not be JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _resources(row: Mapping[str, Any]) -> list[Json]:
    types, ids, arns = (list(row.get(name) or ()) for name in ("resource_types", "resource_ids", "resource_arns"))
    return [
        {"type": _at(types, position), "id": _at(ids, position), "arn": _at(arns, position)}
        for position in range(max(len(types), len(ids), len(arns)))
    ]


def _at(values: list[str], position: int) -> str | None:
    return (values[position] or None) if position < len(values) else None


def _evidence(text: str, row: Mapping[str, Any], describe: Describe) -> Json:
    """``signal-id`` saw the value of the column it reads; ``signal-id=value`` saw what is written there."""
    signal, written, value = text.partition("=")
    strength, field = describe(signal) or (None, None)
    seen = value if written else _seen(row, field)
    return {"signal": signal, "strength": strength, "field": field, "value": seen}


def _seen(row: Mapping[str, Any], field: str | None) -> str | None:
    if field not in BY_NAME:
        return None
    value = row.get(field)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(each) for each in value) or None
    return None if value is None else str(value)
