"""One agent: what it changed, how far its reach went, what is new about it, and against its own past."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.novelty import elsewhere, first_ever
from remit.flows.questions.population import ACTS, CHANGES, DENIALS, DESTRUCTIVE, PRIVILEGE, of_agent
from remit.flows.questions.ports import EventIndex, Json
from remit.flows.questions.show import LINE, line
from remit.flows.questions.window import Window, plural
from remit.model.errors import NotFound
from remit.model.event_json import rfc3339
from remit.rooms.query import term
from remit.rooms.query.predicate import EVERYTHING, Present, both

BASELINE_WINDOWS: Final = 4
_FEWEST_WINDOWS: Final = 2
_SAMPLE: Final = 10
_DISTINCT: Final = ("resource_ids", "account", "region")


def agent(index: EventIndex, name: str, window: Window) -> Json:
    """``{agent, window, acts, changes, blast_radius, trend, first_ever, elsewhere, paths, newest, query}``.

    Counts are of acts; a denied or failed attempt is no change. Raises NotFound when no record names the agent.
    """
    mine = both(of_agent(name), ACTS)
    ever = index.tally(mine)
    if not ever["records"]:
        raise NotFound(f"No record names an agent {name[:80]!r}", remedy=_known(index))
    now = both(mine, window.within)
    changes = index.tally(both(CHANGES, now))["acts"]
    return {
        "agent": name,
        "window": window.json(),
        "first_seen": rfc3339(ever["first"]),
        "last_seen": rfc3339(ever["last"]),
        "acts": index.tally(now)["acts"],
        "changes": changes,
        "blast_radius": _blast_radius(index, now),
        "trend": _trend(index, name, window, changes),
        "first_ever": first_ever(index, mine, window),
        "elsewhere": elsewhere(index, now),
        "paths": _paths(index, now),
        "newest": [line(row) for row in index.search(now, LINE, _SAMPLE)],
        "query": f"{term('agent', name)} {window.text()}",
        "note": None if changes else _quiet(ever, window),
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


def _blast_radius(index: EventIndex, now: Any) -> Json:
    """How far its changes reached, and what was refused."""
    reached = index.distinct(both(CHANGES, now), _DISTINCT)
    return {
        "resources": reached["resource_ids"],
        "accounts": reached["account"],
        "regions": reached["region"],
        "destructive": index.tally(both(DESTRUCTIVE, now))["acts"],
        "privilege": index.tally(both(PRIVILEGE, now))["acts"],
        "denials": index.tally(both(DENIALS, now))["acts"],
    }


def _trend(index: EventIndex, name: str, window: Window, changes: int) -> Json:
    """Changes now against the mean of the windows of the same length before that the store covers whole."""
    store = index.tally(EVERYTHING)
    past = [window.earlier(step) for step in range(1, BASELINE_WINDOWS + 1)]
    covered = [each for each in past if store["first"] is not None and each.low >= store["first"]]
    counts = [index.tally(both(CHANGES, of_agent(name), each.within))["acts"] for each in covered]
    if len(counts) < _FEWEST_WINDOWS:
        return {
            "baseline": counts,
            "mean": None,
            "ratio": None,
            "note": f"Too little history: the store covers {plural(len(counts), 'earlier window')} of this length; "
            f"{_FEWEST_WINDOWS} are needed.",
        }
    mean = sum(counts) / len(counts)
    note = f"{plural(changes, 'change')} against a mean of {mean:.1f} in the {len(counts)} windows before."
    return {"baseline": counts, "mean": mean, "ratio": changes / mean if mean else None, "note": note}


def _paths(index: EventIndex, now: Any) -> list[Json]:
    return [
        {"path": row["path"], "changes": row["count"], "last": rfc3339(row["last"])}
        for row in index.groups(both(CHANGES, now), ("path",), 20)
    ]
