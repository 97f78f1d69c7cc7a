"""The shapes of answers about denials and subjects, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from remit.faces.api.event_schema import Event, EventLine
from remit.flows.questions.who import SAID

Instant = datetime | None


class Stopped(BaseModel):
    """A principal that was refused."""

    principal: str | None
    count: int


class StoppedKind(BaseModel):
    """Actors of one kind that were refused."""

    kind: str | None = Field(examples=["agent"])
    names: list[str]
    count: int
    query: str


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
    kinds: list[StoppedKind] = Field(description="Kinds of actor it stopped.")
    explanation: Explanation


class DenialCause(DenialGroup):
    """A cause against the time before."""

    new: bool | None = Field(description="No denial before the range has it; null with too little history.")
    spark: list[int] = Field(description="Denials in each of equal stretches of the range, oldest first.")
    explained: int = Field(description="How many of them a row of `causes` explains; the rest are told here alone.")
    policy_name: str | None = Field(description="What the organization calls the policy; null where it is not known.")


class CauseLevel(BaseModel):
    """Where a policy is attached."""

    id: str
    name: str


class CauseCondition(BaseModel):
    """A condition of a statement, with what the call had."""

    key: str
    operator: str
    wanted: list[str] = Field(description="The policy's values.")
    seen: list[str] | None = Field(description="The call's values: empty when absent, null when unknown.")
    words: str


class StatementCause(BaseModel):
    """A statement of the organization's policies that denies a call, or may."""

    kind: str = Field(examples=["SCP"])
    policy: str | None = Field(description="The policy's id; null where no SCP of the level allows the call.")
    name: str | None
    arn: str | None
    statement: str | None = Field(description="The sid, or the statement's place.")
    level: CauseLevel
    version: Instant = Field(description="Since when that version was in force; null: as long as is known.")
    settled: bool
    named_by_record: bool
    why: str
    conditions: list[CauseCondition]
    unknown_keys: list[str]


class RecordSays(BaseModel):
    """What the provider's own message says, and how that goes together with what was found."""

    policy_type: str | None
    policy_arn: str | None
    policy_name: str | None = Field(description="Its name, where a statement of it was found.")
    says: str


class ActionCount(BaseModel):
    """A permission that was refused."""

    action: str
    count: int


class Recommendation(BaseModel):
    """What to do, chosen by the evidence."""

    kind: str = Field(
        description="approved_region, encryption_key, approved_network, change_call, narrower_exemption, "
        "allow_statement, expected or settle."
    )
    text: str
    evidence: list[str]
    condition: dict[str, dict[str, list[str]]] | None = Field(description="What a narrower exemption adds.")


class CauseRow(BaseModel):
    """Denials of one cause."""

    verdict: str = Field(description="found, unknown, none or out_of_reach.")
    sentence: str
    concerns_organization: bool = Field(description="A policy of it denies, may deny, or is said to.")
    explained: bool = Field(description="The statements found leave nothing to guess from the record's message.")
    causes: list[StatementCause] = Field(description="Every statement that could be the cause, the likeliest first.")
    record: RecordSays
    unknown_keys: list[str] = Field(description="The condition keys that would settle it.")
    count: int
    first: Instant
    last: Instant
    actions: list[ActionCount]
    callers: list[Stopped]
    more_callers: int
    unnamed_callers: int
    seen: dict[str, list[str]] = Field(description="Values of the conditions' keys, the commonest.")
    recommendation: Recommendation | None
    sample: str | None


class LeftOut(BaseModel):
    """Denials no cause was looked for."""

    count: int
    why: str


class UnreadablePolicy(BaseModel):
    """A policy of the organization that cannot be read."""

    policy: str
    what: str


class Causes(BaseModel):
    """Denials by the statements of the organization's policies."""

    organization: str | None
    rows: list[CauseRow]
    more: int = Field(description="Rows that are not listed.")
    judged: int = Field(description="Denials that were judged.")
    contexts: int = Field(description="Distinct combinations among them.")
    total: int
    left_out: list[LeftOut]
    unreadable: list[UnreadablePolicy]
    note: str | None = Field(description="Why none are named.")


class EventCause(BaseModel):
    """The statement behind one denial; only `note` where the organization is not known."""

    note: str | None
    verdict: str | None = None
    sentence: str | None = None
    concerns_organization: bool | None = None
    explained: bool | None = None
    causes: list[StatementCause] | None = None
    record: RecordSays | None = None
    unknown_keys: list[str] | None = None
    recommendation: Recommendation | None = None


class DenialsAnswer(BaseModel):
    """What was refused, by cause."""

    query: str
    total: int = Field(description="Denied acts the query finds.")
    groups: list[DenialCause]
    more: bool
    new: int = Field(description="New causes among those listed.")
    history_from: Instant = Field(description="The earliest that is looked at for new causes; null with too little.")
    spark_seconds: float = Field(description="How long one stretch of a `spark` is.")
    note: str | None = Field(description="What was looked at, when nothing was denied.")
    causes: Causes


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


class Reader(BaseModel):
    """Somebody who looked at it."""

    kind: str | None
    name: str | None
    reads: int
    denied: int
    last: Instant
    sample: str | None


class Refused(BaseModel):
    """What was refused on it, by cause."""

    total: int
    groups: list[DenialGroup]
    more: bool


class Namesake(BaseModel):
    """A full name that a short one may stand for."""

    arn: str
    records: int
    last: Instant


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
    deleted: Change | None = Field(description="The deletion that ended it.")  # type: ignore[valid-type]
    permissions: list[EventLine] = Field(description="Changes of permissions.")  # type: ignore[valid-type]
    readers: list[Reader]
    reads: int
    refused: Refused
    namesakes: list[Namesake] = Field(description="Resources that the name may mean, when there are several.")
    namesakes_among: int = Field(description="How many of its newest records were read for these.")
    query: str | None = Field(description="The query that lists its records; null when the language cannot say it.")
    more: bool
    chain: list[ChainLink]
    chain_of: str | None
    sentence: str
