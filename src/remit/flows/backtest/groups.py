"""By what a backtest's answer counts calls, under the titles that every face gives them."""

from __future__ import annotations

from typing import Final, NamedTuple


class Group(NamedTuple):
    """``title`` for people; ``name`` of the list in the answer's ``by``; ``columns`` whose values name one row."""

    title: str
    name: str
    columns: tuple[str, ...]


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
