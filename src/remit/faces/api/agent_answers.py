"""The shapes of answers about agents, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from remit.faces.api.answers import DenialGroup
from remit.faces.api.event_schema import EventLine
from remit.faces.api.permission_answers import AgentPermissions

Instant = datetime | None
_QUERY = Field(description="The query that lists them.")


class Window(BaseModel):
    """A stretch of time, `[low, high)`."""

    low: Instant
    high: Instant


class Measure(BaseModel):
    """One measure of a window against its past."""

    now: int
    mean: float | None = Field(description="Of the windows before; null with too little history.")
    ratio: float | None = Field(description="`now` by `mean`; null without a mean, or with one of nothing.")


class Measures(BaseModel):
    """How far changes reached."""

    changes: Measure
    resources: Measure
    accounts: Measure
    regions: Measure
    deletions: Measure
    permissions: Measure


class Growth(BaseModel):
    """The blast radius of a window against the same agent's before."""

    windows: int = Field(description="Windows of the same length before that the store covers whole.")
    note: str
    measures: Measures


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
    query: str = _QUERY
    spark: list[int] = Field(description="Changes in each of equal stretches of the window, oldest first.")
    growth: Growth | None
    novelties: int | None = Field(description="Values that no earlier record of it has; null without earlier records.")
    first_seen: Instant
    owner: str | None = Field(description="Who answers for most of its acts.")
    owners: int


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
    spark_seconds: float = Field(description="How long one stretch of a `spark` is.")
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


class Step(BaseModel):
    """One step of a window."""

    start: Instant
    changes: int
    resources: int
    accounts: int
    regions: int
    deletions: int
    permissions: int
    denials: int
    covered: bool = Field(description="false: it ended before the store's first event, and nothing is known of it.")


class Series(BaseModel):
    """The blast radius step by step."""

    step_seconds: int
    steps: list[Step]
    note: str | None


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

    model_config = ConfigDict(populate_by_name=True)

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


class PathTaken(BaseModel):
    """Changes by one path."""

    path: str | None
    changes: int
    last: Instant


class RoadTaken(BaseModel):
    """Changes by one road, from the most governed to the least."""

    road: str = Field(examples=["pipeline"])
    title: str
    meaning: str
    changes: int
    paths: dict[str, int]
    query: str = _QUERY


class GraveCall(BaseModel):
    """A call that deleted something or changed permissions."""

    call: str = Field(examples=["rds:DeleteDBCluster"])
    count: int
    resources: list[str]
    sample: str | None
    query: str = _QUERY


class Grave(BaseModel):
    """What cannot be taken back lightly."""

    deletions: list[GraveCall]
    permissions: list[GraveCall]


class Refusals(BaseModel):
    """What it was refused, by cause."""

    total: int
    groups: list[DenialGroup]
    more: bool


class ClassMade(BaseModel):
    """Calls that asked for one class."""

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(alias="class", examples=["db.r7g.xlarge"])
    calls: int


class PaidKind(BaseModel):
    """One kind of paid resource."""

    noun: str = Field(examples=["RDS instance"])
    provider: str
    service: str
    operation: str
    calls: int
    resources: int
    classes: list[ClassMade]
    unclassed: int
    source: str
    query: str = _QUERY


class PaidDay(BaseModel):
    """Calls of one day (UTC) that made something paid for."""

    day: Instant
    calls: int


class Cost(BaseModel):
    """What it made that a cloud bills for; no prices are known."""

    calls: int
    resources: int
    kinds: list[PaidKind]
    days: list[PaidDay]
    more: bool
    note: str


class OwnerActs(BaseModel):
    """Who answers for acts."""

    owner: str | None
    acts: int


class BehalfActs(BaseModel):
    """For whom it acted; null where no record says."""

    on_behalf_of: str | None
    acts: int
    last: Instant
    query: str = _QUERY


class PrincipalActs(BaseModel):
    """With whose credentials it called."""

    principal: str | None
    pattern: str | None = Field(description="What an entry of the registry would name it by.")
    acts: int
    query: str = _QUERY


class TaskSession(BaseModel):
    """One task of it."""

    session: str | None
    objective: str | None
    ticket: str | None
    acts: int
    first: Instant
    last: Instant


class TaskSessions(BaseModel):
    """Its tasks, where records tell."""

    known: bool
    sessions: list[TaskSession]
    note: str | None


class ServiceReads(BaseModel):
    """What it looked at in one service."""

    service: str | None
    reads: int
    denied: int
    query: str = _QUERY


class Reads(BaseModel):
    """What it looked at."""

    total: int
    services: list[ServiceReads]


class Deed(BaseModel):
    """One sentence about what it did."""

    text: str
    query: str | None = Field(description="The query that lists what the sentence counts; null where it counts none.")
    grave: bool


class AgentAnswer(BaseModel):
    """One agent's window against its past."""

    agent: str | None
    window: Window
    window_note: str | None
    first_seen: Instant
    last_seen: Instant
    acts: int
    changes: int
    deeds: list[Deed] = Field(description="What it did, in sentences.")
    blast_radius: BlastRadius
    trend: Trend
    growth: Growth
    series: Series
    roads: list[RoadTaken]
    grave: Grave
    denials: Refusals
    cost: Cost
    owners: list[OwnerActs]
    behalf: list[BehalfActs]
    principals: list[PrincipalActs]
    sessions: TaskSessions
    reads: Reads
    first_ever: Firsts
    elsewhere: Elsewhere
    paths: list[PathTaken]
    newest: list[EventLine]  # type: ignore[valid-type]
    query: str
    note: str | None
    permissions: AgentPermissions | None = Field(description="null where the server knows of no permissions.")
