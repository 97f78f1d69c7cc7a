"""Answers to what an alert asks of the past: counts and reach over windows, from the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from remit.flows.questions.population import CHANGES, DESTRUCTIVE, OF_AGENTS
from remit.flows.questions.ports import EventIndex, Row
from remit.flows.questions.window import Window
from remit.rooms.alerts.questions import Counts, HistoryStart, Question, Reach
from remit.rooms.query.asked import BRIEF, Grouping
from remit.rooms.query.predicate import EVERYTHING, Predicate, Present, both

MOST_AGENTS: Final = 200
"""Agents of one window, the busiest first; what others do is not looked at."""
_REACHED: Final = ("resource_ids", "account", "region")
AgentReach = dict[str, dict[str, Any]]


def answer_past(index: EventIndex, predicate: Predicate, question: Question) -> Any:
    """The answer to a question about windows or the store's history."""
    if isinstance(question, Counts):
        return counts(index, predicate, question)
    if isinstance(question, Reach):
        return reaches(lambda window: reach(index, predicate, window), question)
    if isinstance(question, HistoryStart):
        return history_start(index)
    raise TypeError(f"{question!r} is not about the past")


def counts(index: EventIndex, predicate: Predicate, asked: Counts) -> list[int]:
    """Matching acts in each window, oldest first."""
    low = asked.end - asked.windows * asked.width
    found = [0] * asked.windows
    for row in index.histogram(predicate, low, asked.end, asked.windows):
        found[(row["start"] - low) // asked.width] += row["count"]
    return found


def reaches(of: Callable[[Window], AgentReach], asked: Reach) -> list[AgentReach]:
    """What agents reached in each window, oldest first."""
    edges = [asked.end - step * asked.width for step in range(asked.windows, -1, -1)]
    return [of(Window(low, low + asked.width)) for low in edges[:-1]]


def reach(index: EventIndex, predicate: Predicate, window: Window) -> AgentReach:
    """Agent -> what its matching changes reached in one window."""
    mine = both(predicate, OF_AGENTS, Present("agent"), window.within)
    changed = index.groups(both(mine, CHANGES), ("agent",), MOST_AGENTS, Grouping(distinct=_REACHED))
    deleted = _by_agent(index.groups(both(mine, DESTRUCTIVE), ("agent",), MOST_AGENTS, BRIEF)) if changed else {}
    return {
        row["agent"]: {
            "resources": row["distinct_resource_ids"],
            "accounts": row["distinct_account"],
            "regions": row["distinct_region"],
            "deletions": deleted.get(row["agent"], {}).get("count", 0),
            "changes": row["count"],
            "sample": row["sample"],
        }
        for row in changed
    }


def history_start(index: EventIndex) -> int | None:
    """When the store's first event happened."""
    first: int | None = index.tally(EVERYTHING)["first"]
    return first


def _by_agent(rows: list[Row]) -> dict[str, Row]:
    return {row["agent"]: row for row in rows}
