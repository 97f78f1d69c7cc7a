"""``/guardrails/edit``: a policy of one's own, checked as it is written, mended, tried and compared."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.guardrail_export import EXPORTS, FORMS
from remit.faces.console.guardrail_form import filled_in, given_values
from remit.faces.console.guardrail_library import DESK
from remit.faces.console.guardrail_trial import Trial, read_trial, tried
from remit.faces.console.insight_view import fix_named, insight_view
from remit.faces.console.pages import Form, Pages
from remit.faces.console.policy_text import numbered
from remit.faces.console.ports import Json
from remit.model.errors import RemitError

INSIGHTS: Final = "insights"
TYPES: Final = {
    "scp": "SCP",
    "rcp": "RCP",
    "identity": "Identity policy",
    "boundary": "Permissions boundary",
    "resource": "Resource policy",
    "endpoint": "VPC endpoint policy",
}
_TRIED: Final = ("scp", "rcp")
"""Types that can be backtested and exported."""
_MOST_COMPARED: Final = 1500
"""Lines of a text that is compared with another."""


@dataclass(frozen=True)
class Draft:
    """A policy being written: its text, its type (empty: it shows), and the version it was before."""

    text: str = ""
    kind: str = ""
    before: str = ""
    name: str = ""
    applied: str = ""


def new_policy(pages: Pages, request: Request) -> Response:
    """``/guardrails/edit``; with ``guardrail=ID&set.NAME=VALUE`` that policy is the text, and the version before."""
    named = request.query_params.get("guardrail", "")
    return _page(pages, _of_library(pages, request, named) if named else Draft(), read_trial({}))


def _of_library(pages: Pages, request: Request, named: str) -> Draft:
    known = pages.desks[DESK].show(named)
    given = request.query_params
    values = given_values(given, known["parameters"]) if filled_in(given) else known["example_values"]
    text = json.dumps(pages.desks[DESK].render(named, values)["document"], indent=2, ensure_ascii=False)
    return Draft(text, known["type"].lower(), text, known["id"])


def edit_policy(pages: Pages, _: Request, form: Form) -> Response:
    """The text, posted: checked; with ``fix`` that fix is applied; with ``do`` it is tried or exported too."""
    text, before = (form.get(name, "").replace("\r\n", "\n") for name in ("text", "before"))
    kind = form.get("type", "") if form.get("type", "") in TYPES else ""
    draft = Draft(text, kind, before, form.get("name", ""), _exempted(form.get("exempted", "")))
    trial = read_trial(form)
    if form.get("fix"):
        draft, trial = _fixed(pages, draft, form["fix"], trial), trial._replace(run=False)
    else:
        trial = trial._replace(run=form.get("do") == "backtest")
    return _page(pages, draft, trial, form.get("form", "") if form.get("do") == "export" else "")


def _exempted(callers: str) -> str:
    """What is said of a text that a backtest's exemption was put into, for so many callers."""
    if not (callers.isascii() and callers.isdigit()):
        return ""
    whom = "1 caller" if callers == "1" else f"{callers[:9]} callers"
    return (
        f"Put in: an exemption of the {whom} seen, which is a hole in the guardrail for them. The policy without it is "
        "kept as the version before: the backtest tells the difference."
    )


def _fixed(pages: Pages, draft: Draft, name: str, trial: Trial) -> Draft:
    """The draft after a fix; the version before is what it was, unless there is one already."""
    found = pages.desks[INSIGHTS].lint(draft.text, draft.kind, list(trial.targets) or None)
    fix = fix_named(found, name)
    if fix is None:
        return replace(draft, applied="That fix no longer fits: the text is another by now. See what is found below.")
    changes = "; it changes what is denied or allowed" if fix["changes_effect"] else ""
    return replace(
        draft,
        text=fix["text"],
        before=draft.before or draft.text,
        kind=found["type"],
        applied=f"Applied: {fix['title']}{changes}",
    )


def _page(pages: Pages, draft: Draft, trial: Trial, form: str = "") -> Response:
    found = None
    if draft.text.strip():
        found = insight_view(pages.desks[INSIGHTS].lint(draft.text, draft.kind, list(trial.targets) or None))
    kind = draft.kind or (found["type"] if found else "scp")
    against = {"text": draft.before, "name": "the version before"} if draft.before.strip() else None
    policy = {"text": draft.text, "name": draft.name or "policy"}
    return pages.render(
        "guardrail_edit.html",
        here="guardrails",
        draft=draft,
        types=TYPES,
        found=found,
        lines=numbered(draft.text, found["findings"]) if found else [],
        difference=_difference(draft),
        asked=trial,
        trial=tried(pages, policy, kind, trial if found else trial._replace(run=False), against),
        tried=kind in _TRIED,
        export=_export(pages, draft, kind, form, trial) if form and found else None,
        forms=FORMS,
    )


def _difference(draft: Draft) -> Json:
    """``{lines, why}``: what changed of the text, line by line, or why that is not shown."""
    if not draft.before.strip() or draft.before == draft.text:
        return {"lines": [], "why": ""}
    before, after = draft.before.split("\n"), draft.text.split("\n")
    if max(len(before), len(after)) > _MOST_COMPARED:
        return {"lines": [], "why": f"Texts of more than {_MOST_COMPARED:,} lines are not compared line by line."}
    changed = list(unified_diff(before, after, lineterm="", n=2))[2:]
    kinds = {"+": "added", "-": "gone", "@": "at"}
    return {"lines": [(kinds.get(line[:1], "same"), line) for line in changed], "why": ""}


def _export(pages: Pages, draft: Draft, kind: str, form: str, trial: Trial) -> Json:
    try:
        made = pages.desks[EXPORTS].export_text(
            draft.text, form, kind if kind in _TRIED else "", list(trial.targets), draft.name or "policy"
        )
    except RemitError as error:
        return {"form": form, "text": "", "wrong": error}
    return {**made, "wrong": None}
