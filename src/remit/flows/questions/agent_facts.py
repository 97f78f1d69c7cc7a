"""What else is known of one agent: its owners, whom it acted for, what it looked at, what refused it, its sessions."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.denials import denied_causes
from remit.flows.questions.population import CHANGES, DENIALS, DESTRUCTIVE, PRIVILEGE
from remit.flows.questions.ports import EventIndex, Json
from remit.model.event_json import rfc3339
from remit.model.vocabulary import call_name
from remit.rooms.query import term
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import Equals, Predicate, Present, both

_LISTED: Final = 12
_CAUSES: Final = 20


def owners(index: EventIndex, now: Predicate) -> list[Json]:
    """``[{owner, acts}]``: who answers for what it did; ``owner`` None where nothing says."""
    rows = index.groups(now, ("owner",), _LISTED, BRIEF)
    return [{"owner": row["owner"], "acts": row["count"]} for row in rows]


def behalf(index: EventIndex, now: Predicate, query: str) -> list[Json]:
    """``[{on_behalf_of, acts, last, query}]``: for whom it acted; None where the records do not say."""
    return [
        {
            "on_behalf_of": row["on_behalf_of"],
            "acts": row["count"],
            "last": rfc3339(row["last"]),
            "query": f"{query} {_asked('on_behalf_of', row['on_behalf_of'])}",
        }
        for row in index.groups(now, ("on_behalf_of",), _LISTED)
    ]


def principals(index: EventIndex, now: Predicate, query: str) -> list[Json]:
    """``[{principal, pattern, acts, query}]``: with whose credentials it called. ``pattern`` is what an entry of the
    registry would name it by: the role behind a session, not the session."""
    return [
        {
            "principal": row["principal"],
            "pattern": row["issuer"] or row["principal"],
            "acts": row["count"],
            "query": f"{query} {_asked('principal', row['principal'])}",
        }
        for row in index.groups(now, ("principal", "issuer"), _LISTED, BRIEF)
    ]


def sessions(index: EventIndex, now: Predicate) -> Json:
    """``{known, sessions: [{session, objective, ticket, acts, first, last}], note}``: its tasks, where records tell."""
    known = both(now, Present("session_id"))
    rows = index.groups(known, ("session_id", "session_objective", "session_ticket"), _LISTED)
    note = "No record names a task session of it: sessions are known of agents that run through the gateway."
    return {
        "known": bool(rows),
        "sessions": [
            {
                "session": row["session_id"],
                "objective": row["session_objective"],
                "ticket": row["session_ticket"],
                "acts": row["count"],
                "first": rfc3339(row["first"]),
                "last": rfc3339(row["last"]),
            }
            for row in rows
        ],
        "note": None if rows else note,
    }


def reads(index: EventIndex, now: Predicate, query: str) -> Json:
    """``{total, services: [{service, reads, denied, query}]}``: what it looked at, by service."""
    looked = both(now, Equals("action_kind", "read"))
    rows = index.groups(looked, ("service",), _LISTED, BRIEF)
    return {
        "total": index.tally(looked)["acts"],
        "services": [
            {
                "service": row["service"],
                "reads": row["count"],
                "denied": row["denied"],
                "query": f"{query} kind:read -counted:false {_asked('service', row['service'])}",
            }
            for row in rows
        ],
    }


def refusals(index: EventIndex, now: Predicate, query: str) -> Json:
    """``{total, groups, more}``: what it was refused, by cause, as the answer about denials has them."""
    rows = denied_causes(index, both(DENIALS, now), query, _CAUSES)
    return {"total": index.tally(both(DENIALS, now))["acts"], **rows}


def gravest(index: EventIndex, now: Predicate, query: str) -> Json:
    """``{deletions, permissions}``, each ``[{call, count, resources, sample, query}]``: the commonest calls."""
    return {
        "deletions": _calls(index, both(DESTRUCTIVE, now), f"{query} kind:delete {_TOOK_EFFECT}"),
        "permissions": _calls(index, both(PRIVILEGE, now), f"{query} kind:permission {_TOOK_EFFECT}"),
    }


_TOOK_EFFECT: Final = "-outcome:failure,denied -counted:false"


def _calls(index: EventIndex, asked: Predicate, query: str) -> list[Json]:
    rows = index.groups(asked, ("service", "operation"), _LISTED)
    samples = _resources(index, both(CHANGES, asked)) if rows else {}
    return [
        {
            "call": call_name(row["service"], row["operation"]),
            "count": row["count"],
            "resources": samples.get((row["service"], row["operation"]), []),
            "sample": row["sample"],
            "query": f"{query} {_asked('service', row['service'])} {_asked('operation', row['operation'])}",
        }
        for row in rows
    ]


def _resources(index: EventIndex, asked: Predicate) -> dict[tuple[Any, Any], list[str]]:
    """The first resource of each of the newest such calls, by call; at most three of a call."""
    found: dict[tuple[Any, Any], list[str]] = {}
    for row in index.search(asked, ("service", "operation", "resource_ids"), 100):
        listed = found.setdefault((row["service"], row["operation"]), [])
        first = next((name for name in row["resource_ids"] if name), None)
        if first and first not in listed and len(listed) < 3:
            listed.append(first)
    return found


def _asked(word: str, value: Any) -> str:
    return term(word, value) if value else f"-{word}:*"
