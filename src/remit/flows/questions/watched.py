"""What makes a table of agents worth watching: each one's trend, growth and firsts beside its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from remit.flows.questions.blast import MEASURES, growth_by_agent
from remit.flows.questions.novelty import DIMENSIONS
from remit.flows.questions.population import ACTS, CHANGES, OF_AGENTS
from remit.flows.questions.ports import EventIndex, Json
from remit.flows.questions.window import Window
from remit.model.event_json import rfc3339
from remit.rooms.query.asked import BRIEF, DATED, Grouping, Stretches
from remit.rooms.query.predicate import Equals, Not, Predicate, Present, both, either

SPARKS: Final = 28
"""Stretches that a small trend is drawn in."""
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Watched:
    """``now``: what the agent changed in the window, by measure. ``told``: ``{spark: [changes per stretch], growth,
    novelties, first_seen, owner, owners}``."""

    now: Mapping[str, int]
    told: Json


def watched(index: EventIndex, window: Window, names: Sequence[str | None]) -> dict[str | None, Watched]:
    """By agent, what makes it worth watching.

    ``growth`` is that of ``blast.Growth``. ``novelties`` counts values of the window that no earlier record of the
    agent has (None without earlier records: all is new then). ``owner`` answers for most of its acts.
    """
    mine = both(ACTS, among(names))
    grown = growth_by_agent(index, mine, window)
    sparks = _sparks(index, mine, window)
    firsts = _first_seen(index, mine, window)
    novelties = _novelties(index, mine, window)
    owners = _owners(index, both(mine, window.within))
    flat, nothing = [0] * SPARKS, dict.fromkeys(MEASURES, 0)
    return {
        name: Watched(
            grown[name].now if name in grown else nothing,
            {
                "spark": sparks.get(name, flat),
                "growth": grown[name].json() if name in grown else None,
                "novelties": novelties.get(name, 0) if firsts.get(name, window.low) < window.low else None,
                "first_seen": rfc3339(firsts.get(name)),
                "owner": owners.get(name, [None])[0],
                "owners": len([owner for owner in owners.get(name, []) if owner]),
            },
        )
        for name in names
    }


def among(names: Sequence[str | None]) -> Predicate:
    """The records of agents of these names; None is an agent without a name."""
    each = [Equals("agent", name) if name is not None else Not(Present("agent")) for name in names]
    return both(OF_AGENTS, either(each))


def spark_seconds(window: Window) -> float:
    """How long one stretch of a small trend is."""
    return _stretch(window) / 1_000_000


def _stretch(window: Window) -> int:
    return -(-window.length // SPARKS)


def _sparks(index: EventIndex, mine: Predicate, window: Window) -> dict[str | None, list[int]]:
    found: dict[str | None, list[int]] = {}
    width = _stretch(window)
    asked = both(CHANGES, mine, window.within)
    for row in index.reach(asked, Stretches(window.low, width, SPARKS, by="agent", limit=_MOST, brief=True)):
        found.setdefault(row["agent"], [0] * SPARKS)[(row["start"] - window.low) // width] = row["count"]
    return found


def _first_seen(index: EventIndex, mine: Predicate, window: Window) -> dict[str | None, int]:
    rows = index.groups(both(mine, window.up_to), ("agent",), _MOST, DATED)
    return {row["agent"]: row["first"] for row in rows}


def _novelties(index: EventIndex, mine: Predicate, window: Window) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for by in DIMENSIONS.values():
        for row in index.groups(
            both(mine, window.up_to), ("agent", *by), _MOST, Grouping(first_since=window.low, brief=True)
        ):
            if row[by[-1]] is not None:
                found[row["agent"]] = found.get(row["agent"], 0) + 1
    return found


def _owners(index: EventIndex, now: Predicate) -> dict[str | None, list[str | None]]:
    found: dict[str | None, list[str | None]] = {}
    for row in index.groups(now, ("agent", "owner"), _MOST, BRIEF):
        found.setdefault(row["agent"], []).append(row["owner"])
    return found
