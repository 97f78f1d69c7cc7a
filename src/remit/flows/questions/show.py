"""One event in full: the record as received, and what else is known around it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, Final

from remit.flows.questions.answered import answered
from remit.flows.questions.population import any_event
from remit.flows.questions.ports import EventIndex, Json, RawStore, Row
from remit.model.errors import NotFound, UsageError
from remit.model.event_json import EVENT_COLUMNS, Describe, event_json, rfc3339
from remit.rooms.query import term
from remit.rooms.query.matches import matches
from remit.rooms.query.predicate import Equals, Glob, Predicate, both, columns_of, either

SHORTEST_PREFIX: Final = 4
_RELATED: Final = 10
_RESOURCES: Final = 10
_BY_NAME: Final = frozenset(("resource_ids", "resource_arns"))
"""Columns of names that are looked up, so that the few events that have them are worth holding."""
LINE: Final = (
    "event_id",
    "time",
    "provider",
    "account",
    "region",
    "environment",
    "source",
    "path",
    "actor_kind",
    "actor_name",
    "agent",
    "service",
    "operation",
    "action_kind",
    "resource_ids",
    "outcome",
    "denied",
)
"""The columns of an event's one-line form."""


def show(index: EventIndex, raw: RawStore, describe: Describe, identifier: str) -> Json:
    """``{event, answers, raw, raw_note, related: {same_act, session, resource, actor}}`` for an event_id, the
    provider's id or a unique prefix of an event_id. Raises NotFound, or UsageError when several events match."""
    row = find_event(index, identifier)
    record = raw.raw(row["event_id"], row["time"])
    event = event_json(row, describe)
    return {
        "event": event,
        "answers": answered(event),
        "raw": record,
        "raw_note": None if record is not None else "The lake does not hold this record's raw text.",
        "related": _related(index, row),
    }


def find_event(index: EventIndex, identifier: str) -> Row:
    """The row an id names."""
    wanted = identifier.strip()
    for predicate in _readings(wanted):
        rows = index.search(predicate, EVENT_COLUMNS, 6)
        distinct = {row["event_id"] for row in rows}
        if len(distinct) > 1:
            shown = ", ".join(sorted(distinct)[:5])
            raise UsageError(f"Several events are meant by {wanted[:60]}", where=shown, remedy="Give more of the id.")
        if rows:
            return rows[0]
    raise NotFound(
        f"No event has the id {wanted[:60]}",
        remedy=f"Give an event_id, at least {SHORTEST_PREFIX} characters of one, or the provider's own id.",
    )


def _readings(wanted: str) -> list[Predicate]:
    exact: list[Predicate] = [Equals("event_id", wanted), Equals("provider_id", wanted)]
    if len(wanted) >= SHORTEST_PREFIX:
        exact.append(Glob("event_id", (wanted.lower(), "")))
    return exact if wanted else []


def _related(index: EventIndex, row: Row) -> dict[str, Json]:
    asked = {
        "same_act": (any_event(row["same_as"]) if row["same_as"] else None, term("id", *row["same_as"][:50])),
        "session": _same(row, "access_key", "key"),
        "resource": _same_resources(row),
        "actor": _same(row, "actor_name", "actor") if row["actor_name"] else _same(row, "principal", "principal"),
    }
    return {name: _listed(index, predicate, row, text) for name, (predicate, text) in asked.items()}


def _same(row: Row, column: str, word: str) -> tuple[Predicate | None, str]:
    value = row.get(column)
    return (Equals(column, value), term(word, value)) if value else (None, "")


def _same_resources(row: Row) -> tuple[Predicate | None, str]:
    """By its full name where the record has it: a short one may be that of a table beside a cluster. Else by its id
    together with its type (its service when that is not known) and account."""
    ids, arns, types = (list(row[column] or ()) for column in ("resource_ids", "resource_arns", "resource_types"))
    asked = dict.fromkeys(name for each in zip_longest(ids, arns, types) if (name := _told_apart(row, *each)))
    first = list(asked)[:_RESOURCES]
    if not first:
        return None, ""
    texts = [" ".join(term(word, value) for _, word, value in each) for each in first]
    found = either(both(*(Equals(column, value, True) for column, _, value in each)) for each in first)
    return found, texts[0] if len(texts) == 1 else f"({' OR '.join(f'({text})' for text in texts)})"


def _told_apart(row: Row, name: str | None, arn: str | None, kind: str | None) -> tuple[tuple[str, str, str], ...]:
    """(column, query word, value) that mean one resource and no other of its name."""
    if arn:
        return (("resource_arns", "arn", arn),)
    sort = ("resource_types", "type", kind) if kind else ("service", "service", row["service"])
    asked = (("resource_ids", "resource", name), sort, ("account", "account", row["account"]))
    return tuple((column, word, value) for column, word, value in asked if value) if name else ()


def _listed(index: EventIndex, predicate: Predicate | None, row: Row, text: str) -> Json:
    """The newest few others, how many there are, and the query that lists them all (it finds the event itself too).

    The event itself is left out here and not by the predicate, so that a look-up finds the rows by itself.
    """
    if predicate is None:
        return {"items": [], "total": 0, "query": None}
    few = index.narrowed(predicate, ()) if _BY_NAME.intersection(columns_of(predicate)) else index
    found = few.search(predicate, LINE, _RELATED + 1)
    others = [each for each in found if each["event_id"] != row["event_id"]]
    total = len(others)
    if len(found) > _RELATED:
        total = few.tally(predicate)["records"] - matches(predicate, row)
    return {"items": [line(each) for each in others[:_RELATED]], "total": total, "query": text}


def line(row: dict[str, Any]) -> Json:
    """An event on one line: the columns of ``LINE``, the time as RFC 3339."""
    return {name: rfc3339(row[name]) if name == "time" else row[name] for name in LINE}
