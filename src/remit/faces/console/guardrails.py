"""The addresses of the pages about guardrails; a fixed one goes before one with a guardrail's id in its place."""

from __future__ import annotations

from typing import Final

from remit.faces.console.guardrail_editor import edit_policy, new_policy
from remit.faces.console.guardrail_export import download_guardrail
from remit.faces.console.guardrail_library import library_page
from remit.faces.console.guardrail_page import guardrail_page, keep_backtest
from remit.faces.console.pages import Action, Page
from remit.faces.console.proposals import (
    approve_proposal,
    attach_proposal,
    keep_its_backtest,
    proposal_page,
    proposals_page,
    withdraw_proposal,
)
from remit.faces.console.proposing import keep_draft_backtest, look, look_from_library, propose

READ: Final[tuple[tuple[str, Page], ...]] = (
    ("/guardrails", library_page),
    ("/guardrails/edit", new_policy),
    ("/guardrails/propose", look_from_library),
    ("/guardrails/proposals", proposals_page),
    ("/guardrails/proposals/{proposal}", proposal_page),
    ("/guardrails/{guardrail}", guardrail_page),
    ("/guardrails/{guardrail}/export", download_guardrail),
)
ACTED: Final[tuple[tuple[str, Action], ...]] = (
    ("/guardrails/edit", edit_policy),
    ("/guardrails/propose", look),
    ("/guardrails/propose/backtest", keep_draft_backtest),
    ("/guardrails/proposals", propose),
    ("/guardrails/proposals/{proposal}/backtest", keep_its_backtest),
    ("/guardrails/proposals/{proposal}/approve", approve_proposal),
    ("/guardrails/proposals/{proposal}/attach", attach_proposal),
    ("/guardrails/proposals/{proposal}/withdraw", withdraw_proposal),
    ("/guardrails/{guardrail}/backtest", keep_backtest),
)
