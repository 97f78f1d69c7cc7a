"""The few things most worth a look, ranked by what they could cost, each with the query that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.questions.population import (
    ACTS,
    CHANGES,
    CHANGES_TEXT,
    DENIALS,
    DESTRUCTIVE,
    OF_AGENTS,
    PRIVILEGE,
    PRODUCTION,
    UNMARKED,
    UNMARKED_TEXT,
    any_event,
)
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.show import LINE
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.model.vocabulary import POLICY_WORDS, call_name
from remit.rooms.query import term
from remit.rooms.query.asked import Grouping
from remit.rooms.query.predicate import Not, Predicate, Present, both

MOST: Final = 3
MAX_IDS: Final = 10_000
_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True)
class Scope:
    """The events looked at, the same in the query language, and the time they begin."""

    within: Predicate
    text: str
    window: Window


def findings(
    index: EventIndex,
    *,
    event_ids: Sequence[str] = (),
    since: int | None = None,
    limit: int = MOST,
) -> list[Json]:
    """``[{kind, rank, sentence, query, event_id, count}]``, the gravest first and at most one of a kind.

    Among the given events (of more than ``MAX_IDS``: all events of the time of the first so many) or those since a time
    in microseconds."""
    scope = _scope(index, event_ids, since)
    if scope is None:
        return []
    found = [next(kind(index, scope), None) for kind in _KINDS]
    ranked = sorted((each for each in found if each), key=lambda each: (-each["rank"], -each["count"], each["kind"]))
    return ranked[:limit]


def _scope(index: EventIndex, event_ids: Sequence[str], since: int | None) -> Scope | None:
    asked: Predicate = any_event(event_ids[:MAX_IDS]) if event_ids else Window(since or 0, 1 << 60).within
    tally = index.tally(asked)
    if not tally["records"]:
        return None
    window = Window(tally["first"], tally["last"] + 1)
    within = both(any_event(event_ids), window.within) if 0 < len(event_ids) <= MAX_IDS else window.within
    return Scope(within, window.text(), window)


def _finding(kind: str, rank: int, count: int, sample: str, query: str, sentence: str) -> Json:
    return {"kind": kind, "rank": rank, "count": count, "event_id": sample, "query": query, "sentence": sentence}


def _agent_deleted_in_production(index: EventIndex, scope: Scope) -> Iterator[Json]:
    asked = both(DESTRUCTIVE, OF_AGENTS, PRODUCTION, scope.within)
    for row in index.groups(asked, ("agent", "account", "environment"), 1):
        sample = _event(index, row["sample"])
        yield _finding(
            "agent-deleted-in-production",
            100,
            row["count"],
            row["sample"],
            " ".join(
                (
                    "who:agent",
                    _asked("agent", row["agent"]),
                    _asked("account", row["account"]),
                    "env:production,prod",
                    "kind:delete -outcome:failure,denied -counted:false",
                    scope.text,
                )
            ),
            f"{_name(row)} deleted {_what(sample)} in {row['environment']} account {row['account']} "
            f"at {rfc3339(sample['time'])}{_more(row, 'deletion')}.",
        )


def _permissions_by_unknown(index: EventIndex, scope: Scope) -> Iterator[Json]:
    for row in index.groups(both(PRIVILEGE, UNMARKED, scope.within), ("principal",), 1):
        sample = _event(index, row["sample"])
        yield _finding(
            "permissions-by-unknown",
            80,
            row["count"],
            row["sample"],
            f"kind:permission -outcome:failure,denied -counted:false {UNMARKED_TEXT} "
            f"{_asked('principal', row['principal'])} {scope.text}",
            f"{row['principal'] or 'An unnamed principal'}, which nothing identifies, changed permissions: "
            f"{call_name(sample['service'], sample['operation'])} at {rfc3339(sample['time'])}"
            f"{_more(row, 'permission change')}.",
        )


def _agent_first_ever(index: EventIndex, scope: Scope) -> Iterator[Json]:
    """The newest first of an agent that has a past: an action no earlier record of it shows."""
    asked = both(ACTS, OF_AGENTS, Present("agent"), scope.window.up_to)
    past = {row["agent"] for row in index.groups(both(asked, scope.window.before), ("agent",), 1000)}
    rows = index.groups(
        both(CHANGES, asked), ("agent", "service", "operation"), _LOOKED_AT, Grouping(first_since=scope.window.low)
    )
    for row in sorted((row for row in rows if row["agent"] in past), key=lambda row: (-row["count"], row["agent"])):
        action = call_name(row["service"], row["operation"])
        yield _finding(
            "agent-first-ever",
            70,
            row["count"],
            row["sample"],
            " ".join(
                (
                    term("agent", row["agent"]),
                    _asked("service", row["service"]),
                    _asked("operation", row["operation"]),
                    CHANGES_TEXT,
                    scope.text,
                )
            ),
            f"{row['agent']} made {action} for the first time, at {rfc3339(row['first'])}: "
            f"{plural(row['count'], 'time')}, never before in its records.",
        )


def _agent_deleted(index: EventIndex, scope: Scope) -> Iterator[Json]:
    asked = both(DESTRUCTIVE, OF_AGENTS, Not(PRODUCTION), scope.within)
    for row in index.groups(asked, ("agent",), 1):
        sample = _event(index, row["sample"])
        yield _finding(
            "agent-deleted",
            60,
            row["count"],
            row["sample"],
            f"who:agent {_asked('agent', row['agent'])} -env:production,prod kind:delete "
            f"-outcome:failure,denied -counted:false {scope.text}",
            f"{_name(row)} deleted {_what(sample)} in account {sample['account']} at "
            f"{rfc3339(sample['time'])}{_more(row, 'deletion')}.",
        )


def _largest_denial(index: EventIndex, scope: Scope) -> Iterator[Json]:
    for row in index.groups(
        both(DENIALS, scope.within), ("deny_policy_type", "deny_action"), 1, Grouping(distinct=("principal",))
    ):
        yield _finding(
            "largest-denial",
            50,
            row["count"],
            row["sample"],
            f"denied:true -counted:false {_asked('deny_type', row['deny_policy_type'])} "
            f"{_asked('deny_action', row['deny_action'])} {scope.text}",
            f"{plural(row['count'], 'denial')} of {row['deny_action'] or 'an unnamed permission'} by "
            f"{_policy(row['deny_policy_type'])}, for "
            f"{plural(row['distinct_principal'], 'principal')}.",
        )


def _unmarked_changes(index: EventIndex, scope: Scope) -> Iterator[Json]:
    for row in index.groups(both(CHANGES, UNMARKED, scope.within), ("principal",), 1):
        yield _finding(
            "unmarked-changes",
            40,
            row["count"],
            row["sample"],
            f"{CHANGES_TEXT} {UNMARKED_TEXT} {_asked('principal', row['principal'])} {scope.text}",
            f"{row['principal'] or 'An unnamed principal'} made {plural(row['count'], 'change')} that carry "
            "no marker of who or what it is.",
        )


_KINDS: Final = (
    _agent_deleted_in_production,
    _permissions_by_unknown,
    _agent_first_ever,
    _agent_deleted,
    _largest_denial,
    _unmarked_changes,
)


def _event(index: EventIndex, event_id: str) -> Row:
    return index.search(any_event((event_id,)), LINE, 1)[0]


def _asked(word: str, value: Any) -> str:
    return term(word, value) if value else f"-{word}:*"


def _policy(policy_type: str | None) -> str:
    return (
        "a policy the records do not name"
        if policy_type in (None, "unknown")
        else _with_article(POLICY_WORDS.get(policy_type, policy_type))
    )


def _with_article(name: str) -> str:
    """A kind of policy in a sentence; a product's own name (several capitals) stands as it is."""
    return name if name[:1].isupper() and any(c.isupper() for c in name[1:]) else f"a {name[0].lower()}{name[1:]}"


def _name(row: Row) -> str:
    return row["agent"] or "An agent without a name"


def _what(row: Row) -> str:
    names = [name for name in row["resource_ids"] if name]
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    action = call_name(row["service"], row["operation"])
    return f"{names[0]}{more} ({action})" if names else f"by {action}"


def _more(row: Row, noun: str) -> str:
    return f", one of {plural(row['count'], noun)}" if row["count"] > 1 else ""
