"""What a stored event says, field by field: the columns a request is made of, and what is read out of columns.

A **field** is a column of ``model.columns`` (lists as one text, their elements set apart by ``BETWEEN``), or one of:

    caller          the principal, except for a role's session, whose role is in ``issuer``
    key_kind        the first four letters of the access key: ``AKIA`` is a user's own key, ``ASIA`` a session's
    owners          accounts of the resources: each once from their ARNs, else from the record's list; ``?``
                    for a resource whose account neither tells
    context:KEY     values of a condition key in the column ``context``: the inside of a JSON list
    marker:NAME     a marker's value
    time            seconds since the epoch
    fits:PATTERNS   for each ARN of the resources, which of these regular expressions (set apart by ``BETWEEN``) all of
                    it fits: a digit for each, 1 or 0. A store alone gives it, to count by

An absent value is None. Stores that group by fields give them by these names; ``fields_of`` makes them of an event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from remit.rooms.iam.request import account_of

BETWEEN: Final = "\x1f"
"""Stands between the elements of a list that is one text."""
CONTEXT: Final = "context:"
MARKER: Final = "marker:"
FITS: Final = "fits:"
LISTS: Final = frozenset({"permissions", "resource_types", "resource_arns"})
SESSION: Final = "AssumedRole"
OWNERS: Final = "owners"
UNTOLD: Final = "?"
COSTLY: Final = frozenset({"resource_types", "resource_arns", "source_ip", "user_agent", "principal_id"})
"""Fields that nearly every event has its own value of: they are asked for only where nothing else decides."""
Value = str | int | None
Row = Mapping[str, Value]
"""Field -> value. A field that is not there was not read, and what needs it is unknown."""


def fields_of(event: Mapping[str, Any]) -> Fields:
    """The fields of an event given by its columns; ``time`` in microseconds since the epoch."""
    return Fields(event)


class Fields(dict[str, Value]):
    """Fields of one event, each made when it is first asked for."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        super().__init__()
        self._event = event

    def __missing__(self, field: str) -> Value:
        value = self[field] = self._read(field)
        return value

    def __contains__(self, field: object) -> bool:
        return True

    def get(self, field: str, default: Any = None) -> Any:  # noqa: ARG002 - every field can be read
        """The field's value."""
        return self[field]

    def _read(self, field: str) -> Value:
        if field in _MADE:
            return _MADE[field](self._event)
        if field.startswith(CONTEXT):
            return _context(self._event, field.removeprefix(CONTEXT))
        if field.startswith(MARKER):
            return _marker(self._event, field.removeprefix(MARKER))
        if field in LISTS:
            return BETWEEN.join(self._event.get(field) or ()) or None
        return self._event.get(field)


def _marker(event: Mapping[str, Any], name: str) -> str | None:
    found = [each for each in event.get("markers") or () if each.startswith(f"{name}=")]
    return found[0].removeprefix(f"{name}=") or None if found else None


def _context(event: Mapping[str, Any], key: str) -> Value:
    try:
        stated = json.loads(event.get("context") or "{}")
    except ValueError:
        return None
    values = next((values for name, values in stated.items() if name.lower() == key.lower()), None)
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1] if values else None


def _caller(event: Mapping[str, Any]) -> Value:
    session = event.get("issuer") and event.get("principal_type") == SESSION
    return None if session else event.get("principal")


def _owners(event: Mapping[str, Any]) -> Value:
    arns = [arn for arn in event.get("resource_arns") or () if arn.count(":") >= 5]
    told = _marker(event, "resource_account") or UNTOLD
    owned = {account_of(arn) or told for arn in arns if arn.split(":", 5)[4] != "aws"}
    return BETWEEN.join(sorted(owned)) or None


_MADE: Final[Mapping[str, Callable[[Mapping[str, Any]], Value]]] = {
    "caller": _caller,
    "key_kind": lambda event: (event.get("access_key") or "")[:4] or None,
    "owners": _owners,
    "time": lambda event: int(event["time"]) // 1_000_000,
}
MADE: Final = frozenset(_MADE)
"""Fields that are made of columns, and are no column themselves."""


def elements(row: Row, field: str) -> list[str]:
    """The elements of a list."""
    text = row.get(field)
    return str(text).split(BETWEEN) if text else []


def stated(row: Row, key: str) -> tuple[str, ...]:
    """The values of a condition key in the record's own context; empty when it is not there."""
    text = row.get(CONTEXT + key)
    if not text:
        return ()
    try:
        return tuple(map(str, json.loads(f"[{text}]")))
    except ValueError:
        return ()
