"""Which agents there are and what they did; and when there are none, how many changes could be theirs unseen."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.population import (
    ACTS,
    CHANGES,
    CHANGES_TEXT,
    DENIALS,
    OF_AGENTS,
    UNMARKED,
    UNMARKED_TEXT,
)
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.settings import settle_sentences
from remit.flows.questions.watched import among, spark_seconds, watched
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.rooms.query import term
from remit.rooms.query.predicate import Equals, Glob, both, either

MAX_AGENTS: Final = 200
_DISTINCT: Final = ("resource_ids", "account", "region")
_TOP: Final = 5
_MOST_GROUPS: Final = 5000
_BANDS: Final = (("stamped", 0.95), ("joined", 0.9), ("declared", 0.7))
"""Strengths of evidence by the confidence an attribution that rests on them has at least, strongest first."""


def agents(index: EventIndex, window: Window, like: str = "") -> Json:
    """``{window, agents: [...], more, none, spark_seconds, unmarked_changes, top_principals, settle}``; of the agents
    whose names contain ``like``, the busiest.

    Each agent: name, acts, changes, denials, resources, accounts, regions, last_seen, strengths {strength: acts},
    governed_share (of its changes, by a gateway or pipeline; None without changes), query; what ``watched`` adds.
    A strength is that of the evidence the attribution to the agent rests on: other evidence of the same act may be
    stronger and say less. ``none`` is True when no agent at all is seen, whatever their names.
    """
    seen = both(ACTS, OF_AGENTS, window.within)
    wanted = both(seen, Glob("agent", ("", like, ""), True)) if like else seen
    rows = index.groups(wanted, ("agent",), MAX_AGENTS + 1)
    found = rows[:MAX_AGENTS]
    table = _table(index, window, found) if found else []
    more = watched(index, window, [row["agent"] for row in found]) if found else {}
    return {
        "window": window.json(),
        "agents": [{**row, **more[row["agent"]]} for row in table],
        "more": len(rows) > MAX_AGENTS,
        "none": not found and not (like and index.tally(seen)["records"]),
        "spark_seconds": spark_seconds(window),
        **unmarked(index, window),
    }


def unmarked(index: EventIndex, window: Window) -> Json:
    """What carries no marker: ``{changes, unmarked_changes, top_principals, settle, unmarked_query, sentence}``."""
    changes = index.tally(both(CHANGES, window.within))["acts"]
    without = both(CHANGES, UNMARKED, window.within)
    count = index.tally(without)["acts"]
    principals = index.groups(without, ("principal",), _TOP) if count else []
    top = [
        {
            "principal": row["principal"],
            "changes": row["count"],
            "last_seen": rfc3339(row["last"]),
            "sample": row["sample"],
        }
        for row in principals
    ]
    return {
        "changes": changes,
        "unmarked_changes": count,
        "top_principals": top,
        "settle": settle_sentences(index, without) if count else [],
        "unmarked_query": f"{CHANGES_TEXT} {UNMARKED_TEXT} {window.text()}",
        "sentence": _sentence(changes, count, top) if changes else _no_changes(index),
    }


def _no_changes(index: EventIndex) -> str:
    """An empty window beside what the store holds."""
    return f"No changes are recorded in this window. {nothing_found(index)}"


def _sentence(changes: int, count: int, top: list[dict[str, Any]]) -> str:
    if not count:
        return f"All {plural(changes, 'change')} in this window carry a marker that says who or what made them."
    names = ", ".join(f"{each['principal'] or 'records that name no principal'} ({each['changes']:,})" for each in top)
    return (
        f"{count:,} of {plural(changes, 'change')} carry no marker; these principals made most: {names}. "
        "Map one in identities.toml (remit identities suggest)."
    )


def _table(index: EventIndex, window: Window, rows: list[Row]) -> list[Json]:
    mine = both(window.within, among([row["agent"] for row in rows]))
    changes = _by_agent(index.groups(both(CHANGES, mine), ("agent",), MAX_AGENTS, distinct=_DISTINCT, brief=True))
    denials = _by_agent(index.groups(both(DENIALS, mine), ("agent",), MAX_AGENTS, brief=True))
    road = either(Equals("governed", name) for name in ("gateway", "pipeline"))
    governed = _by_agent(index.groups(both(CHANGES, mine, road), ("agent",), MAX_AGENTS, brief=True))
    strengths = _strengths(index, window)
    return [_line(row, changes, denials, governed, strengths, window) for row in rows]


def _line(
    row: Row,
    changes: dict[str, Row],
    denials: dict[str, Row],
    governed: dict[str, Row],
    strengths: dict[str, dict[str, int]],
    window: Window,
) -> Json:
    name = row["agent"]
    made = changes.get(name, {})
    count = made.get("count", 0)
    return {
        "agent": name,
        "acts": row["count"],
        "changes": count,
        "denials": denials.get(name, {}).get("count", 0),
        "resources": made.get("distinct_resource_ids", 0),
        "accounts": made.get("distinct_account", 0),
        "regions": made.get("distinct_region", 0),
        "last_seen": rfc3339(row["last"]),
        "strengths": strengths.get(name, {}),
        "governed_share": governed.get(name, {}).get("count", 0) / count if count else None,
        "query": f"{term('agent', name) if name else '-agent:*'} who:agent {window.text()}",
    }


def _by_agent(rows: list[Row]) -> dict[str, Row]:
    return {row["agent"]: row for row in rows}


def _strengths(index: EventIndex, window: Window) -> dict[str, dict[str, int]]:
    """Per agent: how many of its acts rest on evidence of each strength, strongest first."""
    found: dict[str, dict[str, int]] = {}
    rows = index.groups(both(ACTS, OF_AGENTS, window.within), ("agent", "confidence"), _MOST_GROUPS, brief=True)
    for row in sorted(rows, key=lambda each: -(each["confidence"] or 0)):
        strength = next((name for name, least in _BANDS if (row["confidence"] or 0) >= least), "named")
        counts = found.setdefault(row["agent"], {})
        counts[strength] = counts.get(strength, 0) + row["count"]
    return found
