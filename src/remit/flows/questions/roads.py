"""By which road changes came: every change is on exactly one, so the roads' counts add up to the changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.flows.questions.population import CHANGES, CHANGES_TEXT
from remit.flows.questions.ports import EventIndex, Json
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import Predicate, both

_GOVERNED: Final = "gateway,pipeline"
_MOST: Final = 200
"""More than there are pairs of a way of being governed and a path."""


@dataclass(frozen=True, slots=True)
class Road:
    """A road by the values of ``governed`` and ``path``; the first in ``ROADS`` that fits is a change's own.

    ``text`` is the same in the query language, less what earlier roads take.
    """

    name: str
    title: str
    meaning: str
    text: str
    governed: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def fits(self, governed: str | None, path: str | None) -> bool:
        """Whether a change of these values may be on this road."""
        return governed in self.governed or path in self.paths or not (self.governed or self.paths)


def _by(name: str, title: str, meaning: str, *paths: str) -> Road:
    return Road(name, title, meaning, f"path:{','.join(paths)} -governed:{_GOVERNED}", (), paths)


ROADS: Final = (
    Road(
        "gateway",
        "Gateway",
        "A decision of the gateway let the call through.",
        "(governed:gateway OR path:gateway)",
        ("gateway",),
        ("gateway",),
    ),
    Road(
        "pipeline",
        "Known pipeline",
        "Made by a pipeline that identities.toml names. Whether its commit was reviewed is in each event's chain.",
        "governed:pipeline -path:gateway",
        ("pipeline",),
    ),
    _by("iac", "IaC run directly", "An infrastructure-as-code tool that no known pipeline ran.", "iac"),
    _by("mcp", "MCP server", "A tool call of an agent, through an MCP server.", "mcp"),
    _by("direct", "Direct API, CLI or SDK", "A call to the cloud with no reviewed change behind it.", "cli", "sdk"),
    _by("console", "Web console", "The provider's web console.", "console"),
    _by("code", "Code host", "A push, pull request or workflow on the code host.", "vcs", "workflow"),
    Road(
        "other",
        "Other or not known",
        "The provider itself made the call, or the records do not tell the path.",
        f"-governed:{_GOVERNED} -path:gateway,iac,mcp,cli,sdk,console,vcs,workflow",
    ),
)
"""Every road, the most governed first. The last takes what no other does."""


def road_of(governed: str | None, path: str | None) -> Road:
    """The road of a change with these values."""
    return next(road for road in ROADS if road.fits(governed, path))


def roads(index: EventIndex, now: Predicate, query: str) -> list[Json]:
    """``[{road, title, meaning, changes, paths: {path: changes}, query}]`` for every road, also one nobody took.

    ``query`` is the same population as ``now`` in the query language; a road's own query finds exactly its changes.
    """
    paths: dict[str, dict[str, int]] = {road.name: {} for road in ROADS}
    for row in index.groups(both(CHANGES, now), ("governed", "path"), _MOST, BRIEF):
        counts = paths[road_of(row["governed"], row["path"]).name]
        name = row["path"] or "unknown"
        counts[name] = counts.get(name, 0) + row["count"]
    return [
        {
            "road": road.name,
            "title": road.title,
            "meaning": road.meaning,
            "changes": sum(paths[road.name].values()),
            "paths": paths[road.name],
            "query": f"{query} {CHANGES_TEXT} {road.text}",
        }
        for road in ROADS
    ]
