"""The shapes of answers, for the OpenAPI document. They describe what desks give; nothing is passed through them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from remit.faces.api.answers import EventCause, Explanation
from remit.faces.api.event_schema import Event, EventLine

Instant = datetime | None


class Problem(BaseModel):
    """What was refused or went wrong (RFC 9457)."""

    type: str = Field(description="Stable name of the kind of problem.", examples=["urn:remit:problem:query.invalid"])
    title: str = Field(description="The kind of problem in words.", examples=["The query cannot be read"])
    status: int = Field(description="The HTTP status.", examples=[400])
    code: str = Field(description="The last part of `type`, as commands print it.", examples=["query.invalid"])
    detail: str = Field(description="What happened this time.", examples=["There is no field 'sourc'"])
    remedy: str | None = Field(None, description="What to do about it.", examples=["Did you mean source?"])
    where: str | None = Field(None, description="Where the trouble is.")
    column: int | None = Field(None, description="In a query: the zero-based offset of the trouble in `text`.")
    text: str | None = Field(None, description="The query that cannot be read.", examples=["sourc:AgentOps"])
    errors: list[Fault] | None = Field(None, description="Each fault of a request that does not fit its description.")


class Fault(BaseModel):
    """One fault of a request."""

    where: str = Field(examples=["query.limit"])
    detail: str


class EventPage(BaseModel):
    """A page of events, newest first."""

    items: list[Event] = Field(description="Every record the query finds; several records of one act are all listed.")  # type: ignore[valid-type]
    next: str | None = Field(description="The cursor of the next page; null at the end.")
    total: int = Field(description="Records the query finds.")
    acts: int = Field(description="Acts among them: several records of one act count once.")
    note: str = Field(description="What was looked at, in words.")


class Related(BaseModel):
    """Events that share something with one event."""

    items: list[EventLine] = Field(description="The newest few.")  # type: ignore[valid-type]
    total: int
    query: str | None = Field(description="The query that lists them all.")


class RelatedEvents(BaseModel):
    """What else is known around an event."""

    same_act: Related
    session: Related
    resource: Related
    actor: Related


class Answered(BaseModel):
    """One question an engineer asks of an event."""

    answer: str | None = Field(description="null: not known.", examples=["Yes: it came through a known pipeline."])
    how: str | None = Field(description="How that is known.")
    settle: str | None = Field(description="What would settle it, or the part of it that is open.")


class EventAnswers(BaseModel):
    """What an engineer asks of an event, by name."""

    objective: Answered
    workflow: Answered = Field(description="Whether it is part of an approved workflow.")
    permissions: Answered
    policy: Answered = Field(description="Whether a policy was violated.")
    runner_up: Answered | None = Field(description="The best other reading of who it was, and why it lost.")


class EventShown(BaseModel):
    """One event in full."""

    event: Event  # type: ignore[valid-type]
    answers: EventAnswers
    raw: str | None = Field(description="The record as received, JSON text, credentials redacted.")
    raw_note: str | None = Field(description="Why there is no raw record.")
    related: RelatedEvents
    explanation: Explanation | None = Field(description="For a denial: what refused it and what would allow it.")
    cause: EventCause | None = Field(description="For a denial in AWS: the organization's statement behind it.")


class FacetValue(BaseModel):
    """One value of a facet."""

    value: str | bool | float | None = Field(description="null: events without a value.", examples=["AgentOps"])
    count: int = Field(description="Acts.")
    denied: int = Field(description="Denied acts among them.")


class Bar(BaseModel):
    """One source in one stretch of time."""

    start: datetime
    source: str | None
    count: int
    denied: int


class Histogram(BaseModel):
    """Acts over time by source. Bars without acts are left out."""

    low: Instant
    high: Instant
    origin: Instant = Field(
        description="Where the first bar's stretch begins: with the hour of low, when bars last whole hours."
    )
    bucket_seconds: float | None = Field(description="How long each bar lasts; null when there is nothing to draw.")
    bars: list[Bar]


class FacetsAnswer(BaseModel):
    """Counts of what a query finds."""

    total: int = Field(description="Acts the query finds.")
    records: int = Field(description="Records it finds.")
    denied: int = Field(description="Denied acts.")
    facets: dict[str, list[FacetValue]] = Field(description="Field of the query language -> its commonest values.")
    more: list[str] = Field(description="Fields with more values than are listed.")
    histogram: Histogram
    note: str | None = Field(description="What was looked at, when nothing was found.")


Problem.model_rebuild()


class Receipt(BaseModel):
    """A delivery that was taken."""

    receipt: str | None = Field(description="Names the delivery; null for one that was not kept again.")
    duplicate: bool = Field(description="Whether this delivery was taken before, by its own id; or is a mere ping.")
    format: str
    feed: str
    bytes: int = Field(description="The bytes of the body.")
