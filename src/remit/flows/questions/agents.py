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
from remit.flows.questions.settings import settle_sentences, settled_by
from remit.flows.questions.watched import Watched, among, spark_seconds, watched
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.rooms.query import term
from remit.rooms.query.asked import BRIEF, DATED
from remit.rooms.query.predicate import EVERYTHING, Equals, Glob, both, either

MAX_AGENTS: Final = 200
_TOP: Final = 5
_ALL: Final = "all"
_UNMARKED: Final = "unmarked"
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
    rows = index.groups(wanted, ("agent",), MAX_AGENTS + 1, DATED)
    found = rows[:MAX_AGENTS]
    more = watched(index, window, [row["agent"] for row in found]) if found else {}
    table = _table(index, window, found, more) if found else []
    return {
        "window": window.json(),
        "agents": table,
        "more": len(rows) > MAX_AGENTS,
        "none": not found and not (like and index.tally(seen)["records"]),
        "spark_seconds": spark_seconds(window),
        **unmarked(index, window),
    }


def unmarked(index: EventIndex, window: Window) -> Json:
    """What carries no marker: ``{changes, unmarked_changes, top_principals, settle, unmarked_query, sentence}``."""
    all_changes = both(CHANGES, window.within)
    without = both(all_changes, UNMARKED)
    [told] = index.counts(all_changes, {_ALL: EVERYTHING, _UNMARKED: UNMARKED, **settled_by(UNMARKED)})
    changes, count = told[_ALL], told[_UNMARKED]
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
        "settle": settle_sentences(told),
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


def _table(index: EventIndex, window: Window, rows: list[Row], more: dict[str | None, Watched]) -> list[Json]:
    seen = both(ACTS, window.within, among([row["agent"] for row in rows]))
    road = either(Equals("governed", name) for name in ("gateway", "pipeline"))
    counted = {"denials": DENIALS, "governed": both(CHANGES, road)}
    counts = {row["agent"]: row for row in index.counts(seen, counted, by="agent")}
    strengths = _strengths(index, window)
    return [_line(row, more[row["agent"]], counts.get(row["agent"], {}), strengths, window) for row in rows]


def _line(row: Row, seen: Watched, counts: Row, strengths: dict[str, dict[str, int]], window: Window) -> Json:
    name, made = row["agent"], seen.now
    count = made["changes"]
    return {
        "agent": name,
        "acts": row["count"],
        "changes": count,
        "denials": counts.get("denials", 0),
        "resources": made["resources"],
        "accounts": made["accounts"],
        "regions": made["regions"],
        "last_seen": rfc3339(row["last"]),
        "strengths": strengths.get(name, {}),
        "governed_share": counts.get("governed", 0) / count if count else None,
        "query": f"{term('agent', name) if name else '-agent:*'} who:agent {window.text()}",
        **seen.told,
    }


def _strengths(index: EventIndex, window: Window) -> dict[str, dict[str, int]]:
    """Per agent: how many of its acts rest on evidence of each strength, strongest first."""
    found: dict[str, dict[str, int]] = {}
    rows = index.groups(both(ACTS, OF_AGENTS, window.within), ("agent", "confidence"), _MOST_GROUPS, BRIEF)
    for row in sorted(rows, key=lambda each: -(each["confidence"] or 0)):
        strength = next((name for name, least in _BANDS if (row["confidence"] or 0) >= least), "named")
        counts = found.setdefault(row["agent"], {})
        counts[strength] = counts.get(strength, 0) + row["count"]
    return found
