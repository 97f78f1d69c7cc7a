"""By what a backtest's answer counts calls, under the titles that every face gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

SHOWN: Final = 20
"""Values shown of each kind, most calls first."""


class Group(NamedTuple):
    """``title`` for people; ``name`` of the list in the answer's ``by``; ``columns`` whose values name one row."""

    title: str
    name: str
    columns: tuple[str, ...]

    def heading(self, by: Mapping[str, Any]) -> str:
        """The title, which says so where the answer's ``by`` has the commonest alone, and of how many if that is known:
        callers without a role or an agent are counted among these, and people among all actors."""
        own = f"{self.name}_in_all"
        in_all = by.get(own, by.get("actors_in_all", 0))
        if in_all <= SHOWN:
            return self.title
        exact = own in by and self.name not in ("roles", "agents")
        return f"{self.title} (the commonest {SHOWN} of {in_all:,})" if exact else f"{self.title} (the commonest)"


GROUPS: Final = (
    Group("Principals", "principals", ("principal",)),
    Group("Roles", "roles", ("issuer",)),
    Group("Agents", "agents", ("agent",)),
    Group("People", "people", ("actor_name",)),
    Group("Pipelines", "pipelines", ("actor_name",)),
    Group("Workloads", "workloads", ("actor_name",)),
    Group("Cloud services as actors", "cloud_services", ("actor_name",)),
    Group("Actors not identified", "unknown_actors", ("actor_name",)),
    Group("Services called", "services", ("service",)),
    Group("Operations", "operations", ("service", "operation")),
    Group("Accounts", "accounts", ("account",)),
    Group("Regions", "regions", ("region",)),
)
"""In the order in which they are shown; one without rows is left out."""
