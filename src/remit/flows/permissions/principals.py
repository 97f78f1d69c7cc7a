"""The credentials that an agent used: which roles and users made its calls, and what the exports know of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from remit.flows.permissions.sources import Json, Row, Sources
from remit.flows.questions.population import ACTS, OF_AGENTS, of_agent
from remit.flows.questions.window import Window
from remit.model.errors import NotFound
from remit.model.event_json import rfc3339
from remit.rooms.authorization import Identity
from remit.rooms.guardrails.callers import CALLER, Caller, caller_of
from remit.rooms.query.predicate import Equals, Predicate, both

_OF_AWS: Final[Predicate] = Equals("provider", "aws")
_NAMED: Final = 12
"""Agents named where one asked for has no calls."""
_OUTSIDE: Final = {
    "service": "An AWS service called by itself: it has no identity policies.",
    "outside": "It called with a token or from a sign-in page, with no credentials of an account.",
    "root": "The account's root user: no identity policy limits it, only the organization's.",
    "federated-user": "A federated user: its permissions are those of the user who made the session, and narrower.",
    "unknown": "The records do not name whose credentials these were.",
}


@dataclass
class Used:
    """Calls with the credentials of one identity."""

    caller: Caller
    name: str
    identity: Identity | None
    calls: int = 0
    denied: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, row: Row) -> None:
        """Count one more row."""
        self.calls += row["count"]
        self.denied += row["denied"]
        self.first = min(filter(None, (self.first, row["first"])), default=None)
        self.last = max(filter(None, (self.last, row["last"])), default=None)


def calls_of(agent: str, window: Window) -> Predicate:
    """The AWS calls of an agent in a window, one act once."""
    return both(of_agent(agent), ACTS, _OF_AWS, window.within)


def used(sources: Sources, agent: str, window: Window) -> list[Used]:
    """Every identity whose credentials made the agent's calls, most calls first.

    :raises NotFound: if none of its calls in the window is of AWS.
    """
    found: dict[str, Used] = {}
    for row in sources.calls.distinct(calls_of(agent, window), CALLER):
        caller = caller_of(dict(zip(CALLER, row["values"], strict=True)))
        identity = _identity(sources, caller)
        name = identity.arn if identity else caller.arn or caller.principal.text or caller.kind
        found.setdefault(name, Used(caller, name, identity)).add(row)
    if not found:
        raise _nothing(sources, agent)
    return sorted(found.values(), key=lambda each: (-each.calls, each.name))


def _nothing(sources: Sources, agent: str) -> NotFound:
    """Why an agent has no AWS call in a window: no record names it, it called elsewhere alone, or at another time."""
    mine = both(of_agent(agent), ACTS)
    providers = Counter[str]()
    for row in sources.calls.operations(mine):
        providers[str(row["provider"])] += row["count"]
    if not providers:
        return NotFound(f"No record names an agent {agent[:80]!r}", remedy=_with_calls(sources))
    aws = sources.calls.distinct(both(mine, _OF_AWS), ("provider",))
    if aws:
        first, last = rfc3339(min(row["first"] for row in aws)), rfc3339(max(row["last"] for row in aws))
        return NotFound(
            f"No AWS call of the agent {agent[:80]!r} is in this window",
            remedy=f"Its AWS calls are from {first} to {last}: ask about a window that reaches there.",
        )
    seen = ", ".join(f"{count:,} of {name}" for name, count in providers.most_common())
    return NotFound(
        f"The agent {agent[:80]!r} has no AWS call that needs a permission, so it used no credentials of AWS",
        remedy=f"Its records: {seen}. {_with_calls(sources)}",
    )


def _with_calls(sources: Sources) -> str:
    """The agents that an answer could be about, the busiest first."""
    rows = sources.calls.distinct(both(OF_AGENTS, ACTS, _OF_AWS), ("agent",))
    calls = Counter({str(row["values"][0]): row["count"] for row in rows if row["values"][0]})
    if not calls:
        return "No agent has AWS calls here."
    more = f" and {len(calls) - _NAMED} more" if len(calls) > _NAMED else ""
    return f"Agents with AWS calls: {', '.join(name for name, _ in calls.most_common(_NAMED))}{more}."


def _identity(sources: Sources, caller: Caller) -> Identity | None:
    if caller.kind not in ("role", "user"):
        return None
    if caller.arn:
        return sources.details.identities.get(caller.arn)
    return sources.details.role(caller.account or "", caller.principal.role)


def described(sources: Sources, each: Used) -> Json:
    """One identity: ``{principal, kind, account, calls, denied, first, last, in_export, why, attached, boundary,
    tags}``."""
    identity = each.identity
    return {
        "principal": each.name,
        "kind": identity.kind if identity else each.caller.kind,
        "account": each.caller.account,
        "calls": each.calls,
        "denied": each.denied,
        "first": rfc3339(each.first),
        "last": rfc3339(each.last),
        "in_export": identity is not None,
        "why": None if identity else why_not(sources, each.caller),
        "attached": [one.place for one in identity.attached] if identity else [],
        "boundary": identity.boundary.name if identity and identity.boundary else None,
        "tags": dict(identity.tags) if identity else {},
        "without_document": list(identity.wanting) if identity else [],
    }


def why_not(sources: Sources, caller: Caller) -> str:
    """Why nothing can be said of an identity."""
    if caller.kind in _OUTSIDE:
        return _OUTSIDE[caller.kind]
    if caller.account not in sources.details.accounts:
        return f"There is no export of account {caller.account}."
    return f"The export of account {caller.account} does not have it: it was made later, or is deleted."
