"""The shapes of answers about agents, denials and subjects, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from remit.faces.api.event_schema import Event, EventLine
from remit.flows.questions.who import SAID

Instant = datetime | None


class Window(BaseModel):
    """A stretch of time, `[low, high)`."""

    low: Instant
    high: Instant


class AgentLine(BaseModel):
    """One agent in a window."""

    agent: str | None = Field(description="null: acts of agents that no record names.", examples=["Claude Code"])
    acts: int
    changes: int = Field(description="Acts that changed something; what failed or was denied changed nothing.")
    denials: int
    resources: int = Field(description="Distinct resources changed.")
    accounts: int = Field(description="Distinct accounts changed.")
    regions: int = Field(description="Distinct regions changed.")
    last_seen: Instant
    strengths: dict[str, int] = Field(
        description="Acts by the strength of the evidence that it is this agent.", examples=[{"stamped": 8}]
    )
    governed_share: float | None = Field(description="Changes by a governed road, of all; null without changes.")
    query: str = Field(description="The query that lists its events.")


class PrincipalLine(BaseModel):
    """A principal whose changes carry no marker."""

    principal: str | None
    changes: int
    last_seen: Instant
    sample: str | None = Field(description="An event_id.")


class AgentsAnswer(BaseModel):
    """Every agent seen in a window, and what carries no marker."""

    window: Window
    window_note: str | None = Field(description="Said when another window is shown than was asked for.")
    agents: list[AgentLine]
    more: bool = Field(description="There are more agents than are listed.")
    none: bool
    changes: int = Field(description="Changes of the window, whoever made them.")
    unmarked_changes: int = Field(description="Changes that nothing but a name, or nothing, ties to a kind of actor.")
    unmarked_query: str
    top_principals: list[PrincipalLine] = Field(description="Whose unmarked changes they are, most first.")
    settle: list[str] = Field(description="Settings that would have marked them.")
    sentence: str


class BlastRadius(BaseModel):
    """How far an agent's changes reached."""

    resources: int
    accounts: int
    regions: int
    destructive: int
    privilege: int
    denials: int


class Trend(BaseModel):
    """Changes now against the windows of the same length before."""

    baseline: list[int] = Field(description="Changes in each earlier window that the store covers, newest first.")
    mean: float | None
    ratio: float | None
    note: str


class First(BaseModel):
    """Something an agent did for the first time."""

    dimension: str = Field(examples=["service"])
    value: str = Field(examples=["kms"])
    count: int
    first: Instant
    sample: str | None


class Firsts(BaseModel):
    """What no earlier record of the agent has."""

    found: list[First]
    more: bool
    history_from: Instant
    note: str


class Place(BaseModel):
    """Where an action was tried."""

    account: str | None
    region: str | None


class Run(BaseModel):
    """One change action tried in several places, each within an hour of the next."""

    action: str
    places: list[Place]
    from_: Instant = Field(alias="from")
    to: Instant
    count: int
    sample: str | None


class Elsewhere(BaseModel):
    """Change actions that moved from place to place."""

    found: list[Run]
    more: bool
    note: str


class PathOfAgent(BaseModel):
    """Changes by one path."""

    path: str | None
    changes: int
    last: Instant


class AgentAnswer(BaseModel):
    """One agent's window against its past."""

    agent: str
    window: Window
    window_note: str | None
    first_seen: Instant
    last_seen: Instant
    acts: int
    changes: int
    blast_radius: BlastRadius
    trend: Trend
    first_ever: Firsts
    elsewhere: Elsewhere
    paths: list[PathOfAgent]
    newest: list[EventLine]  # type: ignore[valid-type]
    query: str
    note: str | None


class Stopped(BaseModel):
    """A principal that was refused."""

    principal: str | None
    count: int


class Explanation(BaseModel):
    """A refusal in plain words."""

    what: str
    why: str
    next: list[str] = Field(description="What to do, most likely first.")


class DenialGroup(BaseModel):
    """Denied acts of one cause."""

    policy_type: str | None = Field(examples=["scp"])
    policy_arn: str | None
    action: str | None = Field(description="The permission that was missing or denied.")
    rule: str | None
    implicit: bool | None = Field(description="true: nothing allowed it; false: something denied it; null: not said.")
    count: int
    first: Instant
    last: Instant
    principals: list[Stopped] = Field(description="Whom it stopped most.")
    distinct_principals: int
    sample: str | None
    query: str = Field(description="The query that lists them.")
    explanation: Explanation


class DenialsAnswer(BaseModel):
    """What was refused, by cause."""

    query: str
    total: int = Field(description="Denied acts the query finds.")
    groups: list[DenialGroup]
    more: bool
    note: str | None = Field(description="What was looked at, when nothing was denied.")


def _change() -> type[BaseModel]:
    """The keys of an event that ``who`` tells of a change, with the resources' names and the principal."""
    fields: dict[str, Any] = {key: (Event.model_fields[key].annotation, Event.model_fields[key]) for key in SAID}
    more: dict[str, Any] = {"resources": (list[str], Field()), "principal": (str | None, Field())}
    model: type[BaseModel] = create_model(
        "Change", __doc__="A change, who made it and how that is known.", **fields | more
    )
    return model


Change: Final = _change()


class PathOfSubject(BaseModel):
    """Records by one path."""

    path: str | None
    count: int
    last: Instant


class ChainLink(BaseModel):
    """One step between the ticket and the call."""

    step: str = Field(examples=["pull request"])
    value: str | None
    event_id: str | None
    how: str
    standing: str = Field(description="recorded, consistent with, or not recorded.")


class WhoAnswer(BaseModel):
    """The life of a resource, event or change."""

    subject: str
    kind: str | None = Field(description="What it was read as; null when no record names it.")
    found: bool
    how: str | None
    records: int
    made: Change | None = Field(description="null when no record creates it.")  # type: ignore[valid-type]
    last_changed: Change | None  # type: ignore[valid-type]
    paths: list[PathOfSubject]
    changes: list[Change] = Field(description="Newest first.")  # type: ignore[valid-type]
    more: bool
    chain: list[ChainLink]
    chain_of: str | None
    sentence: str
