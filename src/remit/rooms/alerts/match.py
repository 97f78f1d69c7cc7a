"""A new match: what happened, one finding for each actor, operation, account, outcome and what was touched.

What was touched belongs to it: whoever deletes a second cluster has done another act, however soon after the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any, Final

from remit.model.vocabulary import call_name
from remit.rooms.alerts.finding import SAMPLES, Finding, Judgement, Watch, fingerprint, listed, moment, said, spanned

Row = Mapping[str, Any]
COLUMNS: Final = (
    "event_id",
    "time",
    "actor_kind",
    "actor_name",
    "agent",
    "principal",
    "on_behalf_of",
    "service",
    "operation",
    "account",
    "environment",
    "resource_ids",
    "resource_arns",
    "deny_resource",
    "outcome",
    "denied",
)
_NAMED_BY: Final = (("agent", "agent"), ("actor", "actor_name"), ("principal", "principal"))
"""(query word, column) of an actor's name, the best first."""
_DID: Final = {"denied": "was denied", "failure": "failed at"}


def judge_matches(watch: Watch, rows: Iterable[Row]) -> Judgement:
    """A finding for each group of the rows, the largest first."""
    groups: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(_group(row), []).append(row)
    findings = [_finding(watch, key, members) for key, members in groups.items()]
    return Judgement(tuple(sorted(findings, key=lambda each: (-each.count, each.low, each.sentence))))


def _group(row: Row) -> tuple[str | None, ...]:
    touched = sorted(set(_touched(row)))
    return (_name(row)[1], row["service"], row["operation"], row["account"], _ending(row), *touched)


def _touched(row: Row) -> list[str]:
    """The resources of an act by their full names, else by their ids, else as its denial names them."""
    ids, arns = (row.get(column) or () for column in ("resource_ids", "resource_arns"))
    names = [arn or id_ for id_, arn in zip_longest(ids, arns) if arn or id_]
    return names or [name for name in (row.get("deny_resource"),) if name]


def _name(row: Row) -> tuple[str, str | None]:
    """The query word and value that name the actor best."""
    return next(((word, str(row[column])) for word, column in _NAMED_BY if row[column]), ("actor", None))


def _ending(row: Row) -> str:
    return "denied" if row["denied"] else "failure" if row["outcome"] == "failure" else "done"


def _finding(watch: Watch, key: tuple[str | None, ...], rows: list[Row]) -> Finding:
    newest = max(rows, key=lambda row: (row["time"], row["event_id"]))
    low, high = min(row["time"] for row in rows), newest["time"]
    touched = tuple(dict.fromkeys(_touched(newest)))
    return Finding(
        fingerprint=fingerprint(watch, *key),
        sentence=_sentence(newest, len(rows), low, high),
        count=len(rows),
        evidence={"acts": len(rows), "resources": len(touched), "from": moment(low), "to": moment(high)},
        samples=_newest_ids(rows),
        low=low,
        high=high + 1,
        terms=_terms(newest),
        subject=subject(newest),
        resources=touched,
        deed=_deed(newest),
    )


def _deed(row: Row) -> str:
    """Who did what."""
    name = _name(row)[1]
    who = said(name, 60) if name else "Somebody not identified"
    behalf = row["on_behalf_of"]
    behalf_words = f" (for {said(behalf, 60)})" if behalf and behalf != name else ""
    call = said(call_name(row["service"], row["operation"]), 80)
    return f"{who}{behalf_words} {_DID.get(_ending(row), 'called')} {call}"


def _sentence(newest: Row, acts: int, low: int, high: int) -> str:
    where = newest["environment"] or ""
    account = f"account {said(newest['account'], 40)}" if newest["account"] else ""
    places = ", ".join(said(each, 40) for each in (where, account) if each)
    when = f"at {moment(high)}" if acts == 1 else f"{acts:,} times {spanned(low, high)}"
    return f"{_deed(newest)}{_on(newest)}{f' in {places}' if places else ''}, {when}."


def _on(row: Row) -> str:
    named = dict.fromkeys(each for each in row["resource_ids"] or () if each)
    short = tuple(named) if named else tuple(dict.fromkeys(_touched(row)))
    return f" on {listed(short)}" if short else ""


def _newest_ids(rows: list[Row]) -> tuple[str, ...]:
    ordered = sorted(rows, key=lambda row: (row["time"], row["event_id"]), reverse=True)
    return tuple(row["event_id"] for row in ordered[:SAMPLES])


def _terms(row: Row) -> tuple[tuple[str, str], ...]:
    asked = (
        _name(row),
        ("service", row["service"]),
        ("operation", row["operation"]),
        ("account", row["account"]),
        *_touched_term(row),
    )
    return tuple((word, str(value)) for word, value in asked if value)


def _touched_term(row: Row) -> tuple[tuple[str, str], ...]:
    """What finds the first resource again: by its full name where the record has one."""
    arns, ids = (list(row.get(column) or ()) for column in ("resource_arns", "resource_ids"))
    return next(((((word, names[0]),) for word, names in (("arn", arns), ("resource", ids)) if names and names[0])), ())


def subject(row: Row) -> dict[str, str]:
    """Who and where, as far as the row says."""
    said_of = {"actor": _name(row)[1]} | {
        name: row.get(name) for name in ("agent", "on_behalf_of", "account", "environment")
    }
    return {name: str(value) for name, value in said_of.items() if value}
