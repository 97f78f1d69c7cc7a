"""``/guardrails/proposals``: policies that somebody wants attached, what they lack, and a second person's yes."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.guardrail_trial import Trial, keep
from remit.faces.console.pages import Form, Pages
from remit.faces.console.policy_text import numbered
from remit.faces.web.caller import Caller, caller_of

PATH: Final = "/guardrails/proposals"
_DESK: Final = "attaching"
STATE_MEANS: Final = {
    "proposed": "waits for a second person",
    "approved": "agreed to, not attached yet",
    "executing": "begun; its outcome is not known yet",
    "attached": "in force",
    "failed": "not all of it was done",
    "withdrawn": "taken back",
    "expired": "nobody agreed, or used the yes, in time",
}


def proposals_page(pages: Pages, _: Request) -> Response:
    """Every proposal, the newest first."""
    found = pages.desks[_DESK].proposals()["proposals"]
    rows = [{**each, "url": proposal_url(each["id"])} for each in found]
    return pages.render("proposals.html", here="guardrails", rows=rows, means=STATE_MEANS)


def proposal_page(pages: Pages, request: Request) -> Response:
    """``/guardrails/proposals/ID``; who may agree sees what is lacking for their own yes."""
    found = pages.desks[_DESK].show(request.path_params["proposal"])
    caller = caller_of(request.scope)
    lacking = _as(pages, caller).lacking(found["id"])["lacking"] if caller.may("admin") else []
    text = json.dumps(found["document"], indent=2, ensure_ascii=False)
    return pages.render(
        "proposal.html",
        here="guardrails",
        found=found,
        url=proposal_url(found["id"]),
        means=STATE_MEANS,
        lines=numbered(text),
        lacking=lacking,
    )


def proposal_url(proposal: str) -> str:
    """The address of a proposal's page."""
    return f"{PATH}/{quote(proposal, safe='', errors='replace')}"


def approve_proposal(pages: Pages, request: Request, _: Form) -> Response:
    """A second person's yes."""
    return _step(pages, request, "approve")


def attach_proposal(pages: Pages, request: Request, _: Form) -> Response:
    """Attach what was agreed to, with the credentials of this server."""
    return _step(pages, request, "execute")


def keep_its_backtest(pages: Pages, request: Request, _: Form) -> Response:
    """Try the proposed policy again, on the last 30 days, and remember it: the one it stands on grows old."""
    caller = caller_of(request.scope)
    caller.require("operate")
    found = pages.desks[_DESK].show(request.path_params["proposal"])
    policy = {"text": json.dumps(found["document"]), "name": found["name"]}
    targets = tuple(each["id"] for each in found["targets"])
    keep(pages, policy, found["kind"], Trial(targets, "30d", "", "", run=True), caller.name)
    return RedirectResponse(proposal_url(found["id"]), 303)


def withdraw_proposal(pages: Pages, request: Request, _: Form) -> Response:
    """Take a proposal back."""
    return _step(pages, request, "withdraw")


def _step(pages: Pages, request: Request, verb: str) -> Response:
    caller, proposal = caller_of(request.scope), request.path_params["proposal"]
    caller.require("admin")
    getattr(_as(pages, caller), verb)(proposal)
    return RedirectResponse(proposal_url(proposal), 303)


def _as(pages: Pages, caller: Caller) -> Any:
    """The steps, as whoever asks: known by how they came in, never by what they say of themselves."""
    desk = pages.desks[_DESK]
    return desk.as_person(desk.caller(caller.name, caller.kind))
