"""A new match: what happened, one finding for each actor and operation in an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from remit.model.vocabulary import call_name
from remit.rooms.alerts.finding import SAMPLES, Finding, Judgement, Watch, counted, fingerprint, moment, said

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
    return (_name(row)[1], row["service"], row["operation"], row["account"], _ending(row))


def _name(row: Row) -> tuple[str, str | None]:
    """The query word and value that name the actor best."""
    return next(((word, str(row[column])) for word, column in _NAMED_BY if row[column]), ("actor", None))


def _ending(row: Row) -> str:
    return "denied" if row["denied"] else "failure" if row["outcome"] == "failure" else "done"


def _finding(watch: Watch, key: tuple[str | None, ...], rows: list[Row]) -> Finding:
    newest = max(rows, key=lambda row: (row["time"], row["event_id"]))
    low, high = min(row["time"] for row in rows), newest["time"]
    return Finding(
        fingerprint=fingerprint(watch, *key),
        sentence=_sentence(newest, rows, low, high),
        count=len(rows),
        evidence={"acts": len(rows), "resources": len(_resources(rows)), "from": moment(low), "to": moment(high)},
        samples=_newest_ids(rows),
        low=low,
        high=high + 1,
        terms=_terms(newest),
        subject=subject(newest),
    )


def _sentence(newest: Row, rows: list[Row], low: int, high: int) -> str:
    name = _name(newest)[1]
    who = said(name, 60) if name else "Somebody not identified"
    behalf = newest["on_behalf_of"]
    behalf_words = f" (for {said(behalf, 60)})" if behalf and behalf != name else ""
    call = said(call_name(newest["service"], newest["operation"]), 80)
    where = newest["environment"] or ""
    account = f"account {said(newest['account'], 40)}" if newest["account"] else ""
    places = ", ".join(said(each, 40) for each in (where, account) if each)
    when = f"at {moment(high)}" if len(rows) == 1 else f"{len(rows):,} times from {moment(low)} to {moment(high)}"
    return (
        f"{who}{behalf_words} {_DID.get(_ending(newest), 'called')} {call}{_on(rows)}"
        f"{f' in {places}' if places else ''}, {when}."
    )


def _on(rows: list[Row]) -> str:
    resources = _resources(rows)
    if not resources:
        return ""
    more = f" and {counted(len(resources) - 1, 'other resource')}" if len(resources) > 1 else ""
    return f" on {said(resources[0], 80)}{more}"


def _resources(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(each for row in rows for each in row["resource_ids"] or () if each))


def _newest_ids(rows: list[Row]) -> tuple[str, ...]:
    ordered = sorted(rows, key=lambda row: (row["time"], row["event_id"]), reverse=True)
    return tuple(row["event_id"] for row in ordered[:SAMPLES])


def _terms(row: Row) -> tuple[tuple[str, str], ...]:
    asked = (_name(row), ("service", row["service"]), ("operation", row["operation"]), ("account", row["account"]))
    return tuple((word, str(value)) for word, value in asked if value)


def subject(row: Row) -> dict[str, str]:
    """Who and where, as far as the row says."""
    said_of = {"actor": _name(row)[1]} | {
        name: row.get(name) for name in ("agent", "on_behalf_of", "account", "environment")
    }
    return {name: str(value) for name, value in said_of.items() if value}
