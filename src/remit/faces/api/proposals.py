"""Proposals to attach a policy to the organization: where signed-in people agree to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from remit.faces.api.asking import answer, caller, desk, needs
from remit.faces.api.describing import problems
from remit.faces.api.ports import Attaching
from remit.faces.web.caller import Caller

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


class ProposalList(BaseModel):
    """Every proposal, the newest first."""

    proposals: list[Proposal]


@router.get(
    "/guardrails/proposals", responses={200: {"model": ProposalList}}, summary="Every proposal to attach a policy"
)
def list_proposals(attaching: Desk) -> Response:
    """The newest first, whatever became of them."""
    return answer(attaching.proposals())


@router.get(
    "/guardrails/proposals/{proposal}",
    responses={200: {"model": Proposal}, **problems(404)},
    summary="One proposal with all that was read",
)
def show_proposal(attaching: Desk, proposal: ProposalId) -> Response:
    """The document, where it is to go, its findings and its backtest."""
    return answer(attaching.show(proposal))


@router.post(
    "/guardrails/proposals/{proposal}/approve",
    responses={200: {"model": Proposal}, **problems(404, 409)},
    summary="Agree to a proposal",
    openapi_extra=needs("admin"),
)
def approve_proposal(attaching: Desk, by: By, proposal: ProposalId) -> Response:
    """As another person than who made it. 409 when the yes does not count, or something lacks by now."""
    return answer(attaching.as_person(attaching.caller(by.name, by.kind)).approve(proposal))


@router.post(
    "/guardrails/proposals/{proposal}/attach",
    responses={200: {"model": Proposal}, **problems(404, 409)},
    summary="Attach what was agreed to",
    openapi_extra=needs("admin"),
)
def attach_proposal(attaching: Desk, by: By, proposal: ProposalId) -> Response:
    """Once, with the credentials of this server; how it went is in the answer."""
    return answer(attaching.as_person(attaching.caller(by.name, by.kind)).execute(proposal))


@router.post(
    "/guardrails/proposals/{proposal}/withdraw",
    responses={200: {"model": Proposal}, **problems(404, 409)},
    summary="Take a proposal back",
    openapi_extra=needs("admin"),
)
def withdraw_proposal(attaching: Desk, by: By, proposal: ProposalId) -> Response:
    """As long as it was not used."""
    return answer(attaching.as_person(attaching.caller(by.name, by.kind)).withdraw(proposal))
