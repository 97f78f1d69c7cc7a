"""The sets of events that answers count. One act counts once, and only what took effect is a change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from remit.model.vocabulary import CHANGE_KINDS
from remit.rooms.query.predicate import (
    Equals,
    Not,
    Or,
    Predicate,
    Present,
    Range,
    both,
    columns_of,
    either,
)

ACTS: Final[Predicate] = Not(Equals("counted", False))
"""Records that count: of several records of one act, one."""
DENIALS: Final[Predicate] = both(ACTS, Equals("denied", True))
ATTEMPTS: Final[Predicate] = both(ACTS, either(Equals("action_kind", kind) for kind in CHANGE_KINDS))
"""Acts that would change something, whether or not they succeeded."""
CHANGES: Final[Predicate] = both(ATTEMPTS, Not(Or((Equals("outcome", "failure"), Equals("outcome", "denied")))))
"""Acts that changed something: an attempt that failed or was denied changed nothing."""
DESTRUCTIVE: Final[Predicate] = both(CHANGES, Equals("action_kind", "delete"))
PRIVILEGE: Final[Predicate] = both(CHANGES, Equals("action_kind", "permission"))
OF_AGENTS: Final[Predicate] = Equals("actor_kind", "agent")
MARKED_FROM: Final = 0.6
"""Confidence below this rests on names alone, or on nothing."""
UNMARKED: Final[Predicate] = Or(
    (Not(Range("confidence", low=MARKED_FROM)), Equals("actor_kind", "unknown"), Not(Present("actor_kind")))
)
"""Events that nothing but a name, or nothing at all, ties to a kind of actor."""
PRODUCTION: Final[Predicate] = either(Equals("environment", name, True) for name in ("production", "prod"))
CHANGES_TEXT: Final = "kind:create,update,delete,permission -outcome:failure,denied -counted:false"
"""``CHANGES`` in the query language."""
UNMARKED_TEXT: Final = "(-confidence:>=0.6 OR who:unknown OR -who:*)"
"""``UNMARKED`` in the query language."""


def of_agent(name: str) -> Predicate:
    """Everything an agent of this name did, across all sources."""
    return Equals("agent", name, True)


def any_event(event_ids: Iterable[str]) -> Predicate:
    """These events."""
    return either(Equals("event_id", each) for each in event_ids)


def names(predicate: Predicate, *columns: str) -> bool:
    """Whether the predicate speaks of one of these columns."""
    return not set(columns).isdisjoint(columns_of(predicate))
