"""Proposals to attach a policy to the organization: where signed-in people agree to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from remit.faces.api.asking import answer, caller, desk, needs
from remit.faces.api.describing import problems
from remit.faces.api.guardrails import ExportsDesk, OrganizationType, Policy, Targets
from remit.faces.api.ports import Attaching
from remit.faces.web.caller import Caller
from remit.faces.web.problems import problem

Route = TypeVar("Route", bound=Callable[..., Response])
router = APIRouter(tags=["guardrails"])
Desk = Annotated[Attaching, Depends(desk("attaching"))]
By = Annotated[Caller, Depends(caller)]
ProposalId = Annotated[str, Path(max_length=80, description="A proposal's id.")]


class ProposalStep(BaseModel):
    """Who took a step, and what is known of who it was."""

    at: datetime
    by: str
    proves: str = Field(description="What is known of who it was, in a sentence.")


class ProposalTarget(BaseModel):
    """A root, organizational unit or account."""

    id: str
    name: str


class Proposal(BaseModel):
    """A policy that somebody wants attached, with all that was read before."""

    id: str
    state: Literal["proposed", "approved", "executing", "attached", "failed", "withdrawn", "expired"]
    kind: Literal["SCP", "RCP"]
    name: str = Field(description="The policy's name in AWS.")
    digest: str = Field(description="SHA-256 of the minified document, which a yes is bound to.")
    document: dict[str, Any]
    targets: list[ProposalTarget]
    origin: dict[str, Any] = Field(description="The guardrail or file it was made of, and its values.")
    organization: str = Field(description="The organization's id.")
    replaces: dict[str, Any] | None = Field(description="The policy of that name as it stood; null for a new one.")
    findings: list[dict[str, Any]] = Field(description="What was wrong with it, and acknowledged.")
    backtest: dict[str, Any] = Field(description="The backtest it stands on.")
    proposed: ProposalStep
    approved: ProposalStep | None
    expires: datetime
    outcome: dict[str, Any] | None = Field(
        description="What was done, once it was; its state is `unknown` where that could not be read back."
    )
    can_be_finished: bool = Field(description="Whether it failed half-way, and the yes to it still holds.")


class ProposalSaid(BaseModel):
    """A policy to attach, and where."""

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    type: OrganizationType = Field("", description="Of a text; an RCP if its statements name principals, else an SCP.")
    name: str = Field("", max_length=128, description="The policy's name in AWS; the guardrail's id unless said.")
    targets: Targets = Field(description="Ids of the roots, units and accounts it is to be attached to.")
    acknowledge: str = Field("", max_length=64, description="The digest of the findings that were read.")


class ProposalList(BaseModel):
    """Every proposal, the newest first."""

    proposals: list[Proposal]


@router.get(
    "/guardrails/proposals", responses={200: {"model": ProposalList}}, summary="Every proposal to attach a policy"
)
def list_proposals(attaching: Desk) -> Response:
    """The newest first, whatever became of them."""
    return answer(attaching.proposals())


@router.post(
    "/guardrails/proposals",
    status_code=201,
    responses={
        200: {"model": Proposal, "description": "It was proposed before, and that is not over."},
        201: {
            "model": Proposal,
            "headers": {"Location": {"description": "The proposal's address.", "schema": {"type": "string"}}},
        },
        **problems(404, 409, 413),
    },
    summary="Propose to attach a policy",
    openapi_extra=needs("admin"),
)
def propose(attaching: Desk, exports: ExportsDesk, by: By, said: ProposalSaid) -> Response:
    """A second person is then asked. 409 says in `lacking` all that lacks, with the `findings` and the digest that
    acknowledges them: findings that were read, a backtest of at most seven days (`POST /guardrails/backtest` with
    `record`), an organization that answers to this server's credentials."""
    wanted = exports.wanted(said.policy.source(), said.type, said.targets, said.name)
    known = {each["id"] for each in attaching.proposals()["proposals"]}
    found = attaching.as_person(attaching.caller(by.name, by.kind)).propose(wanted, said.acknowledge)
    if found["state"] == "lacking":
        told = ("name", "digest", "targets", "lacking", "afterwards", "findings", "findings_digest", "backtest")
        lacks = "; ".join(f"{each['condition']}: {each['why']}" for each in found["lacking"])
        return problem(
            409, "not_ready", f"It was not proposed. {lacks}", "See `lacking`.", **{each: found[each] for each in told}
        )
    if found["state"] == "in place":
        return problem(
            409, "conflict", f"{found['name']} ({found['policy_id']}) is attached as it is", "Nothing to do."
        )
    location = f"/api/v1/guardrails/proposals/{quote(found['id'], safe='')}"
    return answer(found, 200 if found["id"] in known else 201, {"Location": location})


@router.get(
    "/guardrails/proposals/{proposal}",
    responses={200: {"model": Proposal}, **problems(404)},
    summary="One proposal with all that was read",
)
def show_proposal(attaching: Desk, proposal: ProposalId) -> Response:
    """The document, where it is to go, its findings and its backtest."""
    return answer(attaching.show(proposal))


def _step(verb: str, summary: str) -> Callable[[Route], Route]:
    """A route by which an administrator takes a proposal a step on."""
    return router.post(
        f"/guardrails/proposals/{{proposal}}/{verb}",
        responses={200: {"model": Proposal}, **problems(404, 409)},
        summary=summary,
        openapi_extra=needs("admin"),
    )


@_step("approve", "Agree to a proposal")
def approve_proposal(attaching: Desk, by: By, proposal: ProposalId) -> Response:
    """As another person than who made it. 409 when the yes does not count, or something lacks by now."""
    return answer(attaching.as_person(attaching.caller(by.name, by.kind)).approve(proposal))


@_step("attach", "Attach what was agreed to")
def attach_proposal(attaching: Desk, by: By, proposal: ProposalId) -> Response:
    """Once, with the credentials of this server; how it went is in the answer."""
    return answer(attaching.as_person(attaching.caller(by.name, by.kind)).execute(proposal))


@_step("withdraw", "Take a proposal back")
def withdraw_proposal(attaching: Desk, by: By, proposal: ProposalId) -> Response:
    """As long as it was not used."""
    return answer(attaching.as_person(attaching.caller(by.name, by.kind)).withdraw(proposal))
