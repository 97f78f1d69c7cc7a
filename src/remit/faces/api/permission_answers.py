"""The shapes of answers about what an agent's credentials allow, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Instant = datetime | None
Decision = Literal["allowed", "unknown", "explicitly_denied", "implicitly_denied"]


class Credential(BaseModel):
    """A role or user whose credentials the agent used."""

    principal: str
    kind: str
    account: str | None
    calls: int
    denied: int
    first: Instant
    last: Instant
    in_export: bool
    why: str | None = Field(description="Why nothing can be said of it; null when an export has it.")
    attached: list[str]
    boundary: str | None
    tags: dict[str, str]
    without_document: list[str] = Field(description="Attached policies of which the export has no document.")


class ExportFile(BaseModel):
    """An export of IAM."""

    name: str
    taken: Instant = Field(description="When the file was last written.")


class Exports(BaseModel):
    """What was read."""

    files: list[ExportFile]
    accounts: list[str]
    identities: int
    organization: str | None
    reference: str


class HowTo(BaseModel):
    """What to run for an answer."""

    sentence: str
    accounts: list[str]
    commands: list[str]
    then: str


class DecidingStatement(BaseModel):
    """A statement and where its policy is attached."""

    kind: str
    policy: str
    sid: str
    statement: int = Field(description="Counted from 0.")
    effect: str
    attached: str
    text: str


class Decided(BaseModel):
    """A decision with what decides it."""

    decision: Decision
    statements: list[DecidingStatement]
    resources: list[str]
    resources_in_all: int
    except_on: list[str] = Field(description="Resources that Deny statements name.")
    settled_by: list[str] = Field(description="What would settle an unknown decision.")
    wanting: list[str]
    why: str


class ServiceActions(BaseModel):
    """Actions of a service."""

    service: str
    actions: int


class PermissionFinding(Decided):
    """Actions that the same statements decide alike."""

    actions: int
    sample: list[str]
    services: list[ServiceActions]
    services_in_all: int
    regions: list[str]


class DecisionCounts(BaseModel):
    """Actions by decision."""

    allowed: int
    not_settled: int
    denied: int
    not_granted: int


class TopicCounts(DecisionCounts):
    """Actions by their best decision in any Region."""

    actions: int


class RegionCounts(DecisionCounts):
    """Actions by decision in one Region."""

    region: str


class PermissionTopic(BaseModel):
    """One question."""

    topic: str
    title: str
    decision: Decision
    sentence: str
    counts: TopicCounts
    services: list[ServiceActions]
    services_in_all: int
    regions: list[RegionCounts]
    findings: list[PermissionFinding]
    more: int


class AssumedRole(Decided):
    """A role it can assume, or may."""

    role: str
    account: str


class PassedRole(Decided):
    """A role it can pass, or may, to a service that the role trusts."""

    role: str
    service: str


class Assume(BaseModel):
    """Which roles it can assume."""

    roles: list[AssumedRole]
    roles_in_all: int
    elsewhere: list[str] = Field(description="Patterns of roles in accounts without an export.")


class Passing(BaseModel):
    """Which roles it can pass."""

    roles: list[PassedRole]
    roles_in_all: int


class WayOut(Decided):
    """Something it could do to get round a guardrail."""

    way: str
    action: str
    on: str


class GuardrailStanding(BaseModel):
    """A Deny statement in force on its account."""

    type: str
    policy: str
    level: str
    sid: str
    statement: int
    spared: bool | None = Field(description="null: the keys of `settled_by` tell.")
    by: list[str]
    settled_by: list[str]
    further_conditions: list[str]
    ways: list[WayOut]


class Escape(BaseModel):
    """Which guardrails it escapes."""

    known: bool = Field(description="Whether the organization of its account is known.")
    sentence: str
    guardrails: list[GuardrailStanding]
    boundary: str | None
    widen: list[WayOut]
    change: list[WayOut]
    change_note: str


class CredentialAnswer(BaseModel):
    """What one identity can do."""

    model_config = ConfigDict(populate_by_name=True)

    principal: str
    topics: list[PermissionTopic]
    assume: Assume
    pass_: Passing = Field(alias="pass")
    escape: Escape


class AskedRegions(BaseModel):
    """Regions that were asked about, and why those."""

    asked: list[str]
    seen: list[str]
    named: list[str]
    samples: list[str]
    left_out: list[str]


class AskedWindow(BaseModel):
    """A stretch of time, `[low, high)`."""

    low: Instant
    high: Instant


class CanAnswer(BaseModel):
    """What an agent can do with the credentials it used."""

    agent: str
    window: AskedWindow
    exports: Exports
    principals: list[Credential]
    regions: AskedRegions
    answers: list[CredentialAnswer]
    how_to: HowTo | None
    notes: list[str]


class AgentPermissions(BaseModel):
    """An agent's credentials, and what they allow."""

    principals: list[Credential]
    exports: Exports | None
    how_to: HowTo | None = Field(description="What to run when no export has its credentials.")
    can: CanAnswer | None = Field(description="null unless `can=true` asks for it.")
    note: str | None
