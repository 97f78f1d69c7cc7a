"""The library of guardrails, and what can be asked of a policy: its insights, a backtest, an export."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from remit.faces.api.asking import answer, caller, desk, needs
from remit.faces.api.describing import problems
from remit.faces.api.guardrail_answers import (
    Backtest,
    CheckList,
    Exported,
    FrameworkList,
    Guardrail,
    GuardrailList,
    Insights,
    Mended,
    Rendered,
)
from remit.faces.api.ports import Backtests, Exports, Library, PolicyChecks
from remit.faces.web.caller import Caller
from remit.model.errors import UsageError

router = APIRouter(tags=["guardrails"])
LibraryDesk = Annotated[Library, Depends(desk("guardrails"))]
ChecksDesk = Annotated[PolicyChecks, Depends(desk("insights"))]
ExportsDesk = Annotated[Exports, Depends(desk("exports"))]
BacktestDesk = Annotated[Backtests, Depends(desk("backtest"))]
By = Annotated[Caller, Depends(caller)]
GuardrailId = Annotated[str, Path(max_length=80, description="A guardrail's id.", examples=["region-allowlist-deny"])]
PolicyType = Literal["", "scp", "rcp", "identity", "boundary", "resource", "endpoint"]
OrganizationType = Literal["", "scp", "rcp"]
Form = Literal["json", "terraform", "cloudformation", "cdk-typescript", "cdk-python"]
Value = str | int | float
Values = dict[str, Value | list[Value]]
Targets = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=500)]
_LONGEST: Final = 1 << 18
_READ: Final = needs("read")
_TARGETS: Final = "Roots, units or accounts it is, or would be, attached to."


class Policy(BaseModel):
    """A guardrail of the library with values for its parameters, or the text of a policy: one of the two."""

    model_config = ConfigDict(extra="forbid")

    guardrail: str = Field("", max_length=80, description="The id.", examples=["region-allowlist-deny"])
    values: Values = Field(default_factory=dict, examples=[{"approved_regions": ["eu-central-1"]}])
    text: str = Field("", max_length=_LONGEST, description="A policy document as JSON text.")
    name: str = Field("policy", max_length=128, description="What a text is called in the answer.")

    def is_text(self) -> bool:
        """Whether it is a text. Raises UsageError unless it is exactly one of the two."""
        if bool(self.guardrail) == bool(self.text):
            raise UsageError("A policy is either a guardrail's id or a text", remedy="Give `guardrail` or `text`.")
        if self.text and self.values:
            raise UsageError("A text has no parameters", remedy="`values` are for guardrails of the library.")
        return bool(self.text)

    def source(self) -> dict[str, Any]:
        """As the desk of backtests takes it."""
        if self.is_text():
            return {"text": self.text, "name": self.name}
        return {"named": self.guardrail, "values": self.values}


class RenderSaid(BaseModel):
    """A guardrail and values for its parameters."""

    model_config = ConfigDict(extra="forbid")

    guardrail: str = Field(max_length=80, examples=["region-allowlist-deny"])
    values: Values = Field(default_factory=dict, examples=[{"approved_regions": ["eu-central-1"]}])


class LintSaid(BaseModel):
    """A policy to check."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    type: PolicyType = Field("", description="Of a text; without it the text shows it.")
    targets: Targets = Field(default_factory=list, description=_TARGETS)
    beside: list[Annotated[str, Field(max_length=_LONGEST)]] = Field(
        default_factory=list, max_length=20, description="Texts of policies that hold where this one does."
    )


class FixSaid(BaseModel):
    """A text to mend."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=_LONGEST)
    type: PolicyType = ""
    targets: Targets = Field(default_factory=list, description=_TARGETS)
    keep_effect: bool = Field(False, description="Apply those fixes alone after which the same is denied and allowed.")


class ExportSaid(BaseModel):
    """A policy and the form it is wanted in."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    format: Form = "json"
    type: OrganizationType = Field("", description="Of a text; an RCP if its statements name principals, else an SCP.")
    targets: Targets = Field(default_factory=list, description=_TARGETS)


class BacktestSaid(BaseModel):
    """A policy to try on the calls of the past."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    type: OrganizationType = Field("", description="Of a text; a guardrail has its own.")
    targets: Targets = Field(default_factory=list, description=_TARGETS)
    since: str = Field("30d", max_length=40, description="From when: `7d`, `2026-10-01`, `all`.")
    until: str = Field("", max_length=40)
    query: str = Field("", max_length=4096, description="Only events that match, in the query language.")
    against: Policy | None = Field(None, description="Another version of the policy, to tell the difference.")
    record: bool = Field(
        False, description="Remember it, so that the policy can be proposed; needs the scope `operate`."
    )


@router.get("/guardrails", responses={200: {"model": GuardrailList}}, summary="The library of guardrails, searched")
def list_guardrails(
    library: LibraryDesk,
    q: Annotated[str, Query(max_length=200, description="Words that must all be found; best first.")] = "",
    framework: Annotated[
        str, Query(max_length=400, description="A framework, its family, or `NAME:control`; several by commas.")
    ] = "",
    service: Annotated[str, Query(max_length=60, description="An IAM service prefix.")] = "",
    kind: Annotated[Literal["", "SCP", "RCP"], Query(alias="type")] = "",
) -> Response:
    """Framework mappings are this project's own reading; `note` says so."""
    frameworks = [each.strip() for each in framework.split(",") if each.strip()]
    return answer(library.list(q, frameworks, service, kind))


@router.get("/guardrails/frameworks", responses={200: {"model": FrameworkList}}, summary="The frameworks, with counts")
def list_frameworks(library: LibraryDesk) -> Response:
    """How many guardrails are mapped to each."""
    return answer(library.frameworks())


@router.get("/guardrails/checks", responses={200: {"model": CheckList}}, summary="Every check of policies")
def list_checks(checks: ChecksDesk) -> Response:
    """By family, each with its severity, why it matters, and the types of policy it is for."""
    return answer(checks.checks())


@router.get(
    "/guardrails/{guardrail}",
    responses={200: {"model": Guardrail}, **problems(404)},
    summary="One guardrail with all that is known of it",
)
def show_guardrail(library: LibraryDesk, guardrail: GuardrailId) -> Response:
    """Parameters, side effects, frameworks with controls, the document with example values, and its cases."""
    return answer(library.show(guardrail))


@router.post(
    "/guardrails/render",
    responses={200: {"model": Rendered}, **problems(404, 413)},
    summary="A guardrail's policy document",
    openapi_extra=_READ,
)
def render_guardrail(library: LibraryDesk, said: RenderSaid) -> Response:
    """With values for its parameters; a missing or unfitting one is refused by name."""
    return answer(library.render(said.guardrail, said.values))


@router.post(
    "/guardrails/lint",
    responses={200: {"model": Insights}, **problems(404, 413)},
    summary="What is wrong with a policy",
    openapi_extra=_READ,
)
def lint_policy(checks: ChecksDesk, said: LintSaid) -> Response:
    """Each finding has a severity, a line and column, why it matters and, where there is one, a fix with the new text.
    A guardrail without values is checked with those of its example."""
    targets = said.targets or None
    if said.policy.is_text():
        return answer(checks.lint(said.policy.text, said.type, targets, said.beside))
    return answer(checks.lint_guardrail(said.policy.guardrail, said.policy.values, targets))


@router.post(
    "/guardrails/fix",
    responses={200: {"model": Mended}, **problems(413)},
    summary="A policy's text with its fixes applied",
    openapi_extra=_READ,
)
def fix_policy(checks: ChecksDesk, said: FixSaid) -> Response:
    """What was applied in order, and what is left."""
    return answer(checks.fix(said.text, said.type, said.targets or None, keep_effect=said.keep_effect))


@router.post(
    "/guardrails/export",
    responses={200: {"model": Exported}, **problems(404, 413)},
    summary="A policy for another tool",
    openapi_extra=_READ,
)
def export_policy(exports: ExportsDesk, said: ExportSaid) -> Response:
    """JSON, Terraform, CloudFormation or AWS CDK; with targets every form but JSON attaches it to them."""
    if said.policy.is_text():
        made = exports.export_text(said.policy.text, said.format, said.type, said.targets, said.policy.name)
    else:
        made = exports.export_guardrail(said.policy.guardrail, said.policy.values, said.format, said.targets)
    return answer(made)


@router.post(
    "/guardrails/backtest",
    responses={200: {"model": Backtest}, **problems(404, 413)},
    summary="Which past calls a policy would have denied",
    openapi_extra=_READ,
)
def backtest_policy(backtests: BacktestDesk, by: By, said: BacktestSaid) -> Response:
    """Over the stored calls, exactly: would deny, would not, unknown and for want of which key, already denied."""
    if said.record:
        by.require("operate")
    return answer(
        backtests.run(
            said.policy.source(),
            kind=said.type,
            targets=said.targets,
            since=said.since,
            until=said.until,
            query=said.query,
            against=said.against.source() if said.against else None,
            remember=said.record,
            who=by.name,
        )
    )
