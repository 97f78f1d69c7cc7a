"""The shapes of answers about guardrails, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

Severity = Literal["error", "high", "medium", "low"]
Type = Literal["SCP", "RCP"]


class GuardrailLine(BaseModel):
    """A guardrail of the library in brief."""

    id: str = Field(examples=["region-allowlist-deny"])
    title: str
    type: Type
    theme: str
    services: list[str] = Field(description="IAM service prefixes; `*` for every service.")
    intent: str
    frameworks: list[str] = Field(description="`NAME` or `NAME:control`.", examples=[["SOC2:C1.1"]])
    required: list[str] = Field(description="Parameters that must be given.")


class GuardrailList(BaseModel):
    """Guardrails, best first."""

    items: list[GuardrailLine]
    total: int
    of: int = Field(description="How many there are at all.")
    note: str = Field(description="Whose reading the framework mappings are.")


class Framework(BaseModel):
    """A framework with how many guardrails are mapped to it."""

    name: str
    title: str
    family: str
    guardrails: int


class FrameworkList(BaseModel):
    """Every framework."""

    items: list[Framework]
    note: str


class Parameter(BaseModel):
    """One blank of a guardrail."""

    name: str
    type: str
    about: str
    takes: str = Field(description="What one value is, in words.")
    many: bool
    required: bool
    default: list[str]
    example: list[str]
    choices: list[str]
    minimum: float | None
    maximum: float | None
    source: str


class DocumentSize(BaseModel):
    """Characters without white space, and the limit of the type."""

    characters: int
    longest: int
    limit_as_of: str


class Case(BaseModel):
    """What a guardrail must deny or let through."""

    name: str
    expect: str
    values: dict[str, Any]
    request: dict[str, Any]


class Guardrail(GuardrailLine):
    """One guardrail with all that is known of it."""

    protects_against: str
    side_effects: list[str]
    reach: str
    attach_to: str
    parameters: list[Parameter]
    note: str
    example_values: dict[str, list[str]]
    example: dict[str, Any] = Field(description="The document with these values.")
    size: DocumentSize
    cases: list[Case]


class Rendered(BaseModel):
    """A policy document."""

    id: str
    title: str
    type: Type
    document: dict[str, Any]
    size: DocumentSize


class Fix(BaseModel):
    """An edit that removes a finding."""

    title: str
    changes_effect: bool = Field(description="Whether other requests are denied or allowed after it.")
    edits: list[dict[str, Any]] = Field(description="`start`, `end` (code points of the text) and the new `text`.")
    text: str | None = Field(description="The whole text after it; null when there was no room for it in the answer.")


class Finding(BaseModel):
    """What one check found in one place; lines and columns count from one."""

    code: str
    severity: Severity
    title: str
    message: str
    why: str
    statement: int | None
    pointer: str
    line: int
    column: int
    end_line: int
    end_column: int
    fixes: list[Fix]


class Insights(BaseModel):
    """What the checks found, the gravest first. Of a guardrail also its text."""

    type: str
    type_given: bool
    readable: bool
    grave: bool
    counts: dict[str, int]
    checks: int
    findings: list[Finding]
    left_out: int
    size: dict[str, Any]
    reference: str = Field(description="Version of the table of actions and condition keys.")
    id: str | None = None
    title: str | None = None
    example_values: bool | None = None
    text: str | None = None


class AppliedFix(BaseModel):
    """A fix that was applied."""

    code: str
    title: str
    changes_effect: bool


class Mended(BaseModel):
    """A text after its fixes, and what is left."""

    text: str
    applied: list[AppliedFix]
    insights: Insights


class Check(BaseModel):
    """One check of policies."""

    code: str
    severity: Severity
    title: str
    why: str
    types: list[str]
    fixable: bool


class CheckFamily(BaseModel):
    """Checks of one kind."""

    family: str
    checks: list[Check]


class CheckList(BaseModel):
    """Every check."""

    families: list[CheckFamily]
    reference: str


class Exported(BaseModel):
    """A policy in the form of another tool."""

    form: str
    name: str
    type: Type
    text: str = Field(description="All of the file.")
    suffix: str = Field(description="How a file of it usually ends.", examples=[".tf"])


class TriedPolicy(BaseModel):
    """The policy that was tried."""

    name: str
    type: Type
    keys: list[str] = Field(description="The condition keys that it looks at.")


class AlreadyDenied(BaseModel):
    """How many of each were denied when they were made."""

    considered: int
    would_deny: int
    would_not_deny: int
    unknown: int


class Figures(BaseModel):
    """Calls: `would_deny` + `would_not_deny` + `unknown` = `considered`."""

    considered: int
    would_deny: int
    would_not_deny: int
    unknown: int
    already_denied: AlreadyDenied
    newly_blocked: int
    first: datetime | None
    last: datetime | None


class Backtest(BaseModel):
    """What a policy would have denied. Counts are exact, or `notes` says otherwise."""

    policy: TriedPolicy
    accounts: list[str] | None
    window: dict[str, datetime | None]
    seen: dict[str, datetime | None]
    figures: Figures
    exempt: list[dict[str, Any]] = Field(description="Calls out of the policy's reach: `why` and `count`.")
    left_out: dict[str, int]
    statements: list[dict[str, Any]] = Field(description="Denied by each: `statement` and `count`.")
    unknown_by: list[dict[str, Any]] = Field(description="`keys` that would settle it, and `count`.")
    missing_keys: list[dict[str, Any]]
    by: dict[str, Any] = Field(description="Roles, principals, people, agents and more, most denied calls first.")
    samples: dict[str, list[dict[str, Any]]]
    exemption: dict[str, Any] | None = Field(description="The callers seen, exempted; null when none can be.")
    against: dict[str, Any] | None
    judged: dict[str, int]
    notes: list[str]
    query: str
    targets: list[str]
    organization: str | None
    recorded: str | None = Field(description="The id it is remembered by, if it is.")
