"""One agent: what it changed, how far its reach went, what is new about it, and against its own past."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.agent_facts import behalf, gravest, owners, principals, reads, refusals, sessions
from remit.flows.questions.blast import Growth, growth, series
from remit.flows.questions.costs import costs
from remit.flows.questions.deeds import deeds
from remit.flows.questions.denials import CAUSE
from remit.flows.questions.novelty import elsewhere, first_ever
from remit.flows.questions.population import ACTS, CHANGES, DENIALS, of_agent
from remit.flows.questions.ports import EventIndex, Json
from remit.flows.questions.roads import roads
from remit.flows.questions.show import LINE, line
from remit.flows.questions.window import Window, plural
from remit.model.errors import NotFound
from remit.model.event_json import rfc3339
from remit.rooms.query import term
from remit.rooms.query.asked import DATED
from remit.rooms.query.predicate import Equals, Predicate, Present, both, either

_SAMPLE: Final = 10
_ASKED: Final = (
    *("action_kind", "outcome", "source", "path", "governed", "owner", "on_behalf_of", "principal", "issuer"),
    *("service", "operation", "region", "account", "resource_ids", "actor_kind", "actor_name", "session_id", *CAUSE),
)
"""What the questions of one agent's window filter and group by."""
_SPELLINGS: Final = 200


def agent(index: EventIndex, name: str, window: Window) -> Json:
    """``{agent, window, acts, changes, blast_radius, trend, growth, series, roads, grave, denials, cost, owners,
    behalf, principals, sessions, reads, deeds, first_ever, elsewhere, paths, newest, query}``.

    Counts are of acts; a denied or failed attempt is no change. Raises NotFound when no record names the agent.
    """
    spelled = index.groups(both(of_agent(name), ACTS), ("agent",), _SPELLINGS, DATED)
    if not spelled:
        raise NotFound(f"No record names an agent {name[:80]!r}", remedy=_known(index))
    # Exact names from here on: many questions follow, and comparing without regard to case costs each a reading.
    mine = both(either(Equals("agent", row["agent"]) for row in spelled), ACTS)
    ever = {"first": min(row["first"] for row in spelled), "last": max(row["last"] for row in spelled)}
    now = both(mine, window.within)
    few = index.narrowed(now, _ASKED)
    grown = growth(index, mine, window)
    newest = few.search(now, LINE, _SAMPLE) or index.search(mine, LINE, 1)
    query = f"{term('agent', name)} {window.text()}"
    found = {
        "agent": newest[0]["agent"],
        "window": window.json(),
        "first_seen": rfc3339(ever["first"]),
        "last_seen": rfc3339(ever["last"]),
        "acts": few.tally(now)["acts"],
        "changes": grown.now["changes"],
        "blast_radius": _blast_radius(grown, few, now),
        "trend": _trend(index, mine, window, grown),
        "growth": grown.json(),
        "series": series(few, mine, window),
        "first_ever": first_ever(index, mine, window),
        "elsewhere": elsewhere(few, now),
        "paths": _paths(few, now),
        "newest": [line(row) for row in newest if window.low <= row["time"] < window.high],
        "query": query,
        "note": None if grown.now["changes"] else _quiet(ever, window),
        **_more(few, now, query),
    }
    return {**found, "deeds": deeds(found, grown)}


def _more(index: EventIndex, now: Predicate, query: str) -> Json:
    """By which road, what was grave, refused, paid for and looked at, for whom, and who answers for it."""
    return {
        "roads": roads(index, now, query),
        "grave": gravest(index, now, query),
        "denials": refusals(index, now, query),
        "cost": costs(index, now, query),
        "owners": owners(index, now),
        "behalf": behalf(index, now, query),
        "principals": principals(index, now, query),
        "sessions": sessions(index, now),
        "reads": reads(index, now, query),
    }


def _known(index: EventIndex) -> str:
    rows = index.groups(both(ACTS, Present("agent")), ("agent",), 10)
    if not rows:
        return "The store names no agent at all; remit agents says what would."
    return f"Known agents: {', '.join(str(row['agent']) for row in rows)}."


def _quiet(ever: dict[str, Any], window: Window) -> str:
    return (
        f"It changed nothing between {rfc3339(window.low)} and {rfc3339(window.high)}; "
        f"its records reach from {rfc3339(ever['first'])} to {rfc3339(ever['last'])}."
    )


def _blast_radius(grown: Growth, index: EventIndex, now: Predicate) -> Json:
    """How far its changes reached, and what was refused."""
    return {
        **{name: grown.now[name] for name in ("resources", "accounts", "regions")},
        "destructive": grown.now["deletions"],
        "privilege": grown.now["permissions"],
        "denials": index.tally(both(DENIALS, now))["acts"],
    }


def _trend(index: EventIndex, mine: Predicate, window: Window, grown: Growth) -> Json:
    """Changes now against the mean of the windows of the same length before that the store covers whole."""
    past = [window.earlier(step) for step in range(1, grown.windows + 1)]
    asked = {str(step): each.within for step, each in enumerate(past)}
    counted = index.counts(both(CHANGES, mine, window.before), asked)[0] if past else {}
    counts = [counted[step] for step in asked]
    if not grown.known:
        return {"baseline": counts, "mean": None, "ratio": None, "note": grown.json()["note"]}
    mean = sum(counts) / len(counts)
    changes = grown.now["changes"]
    note = f"{plural(changes, 'change')} against a mean of {mean:.1f} in the {len(counts)} windows before."
    return {"baseline": counts, "mean": mean, "ratio": changes / mean if mean else None, "note": note}


def _paths(index: EventIndex, now: Predicate) -> list[Json]:
    return [
        {"path": row["path"], "changes": row["count"], "last": rfc3339(row["last"])}
        for row in index.groups(both(CHANGES, now), ("path",), 20)
    ]
