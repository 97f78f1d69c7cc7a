"""``/guardrails/propose``: a policy on its way to the organization: where to, what is found, its backtest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.guardrail_export import EXPORTS
from remit.faces.console.guardrail_form import filled_in, given_values, said
from remit.faces.console.guardrail_library import DESK as LIBRARY
from remit.faces.console.guardrail_library import guardrail_url
from remit.faces.console.guardrail_trial import Trial, keep, organization_tree, read_trial
from remit.faces.console.pages import Form, Pages
from remit.faces.console.policy_text import numbered
from remit.faces.console.ports import Json
from remit.faces.console.proposals import proposal_url
from remit.faces.web.caller import caller_of
from remit.model.errors import RemitError

_DESK: Final = "attaching"
_TO: Final = "to."
"""``to.ou-ab12-cdefgh34=on`` in a form is a target that was ticked."""
_HERE: Final = {
    "insights": "read the findings under 2 and tick the box beneath them",
    "backtest": "run it under 3; it is kept for seven days",
    "findings": "change the policy: such a finding cannot be acknowledged away",
}
"""Condition -> what provides it on this page; elsewhere a command does."""
_OF_A_COMMAND: Final = re.compile(r";[^;.]*--profile[^;.]*\.")


@dataclass(frozen=True)
class Wish:
    """What somebody wants attached: a guardrail with values, or a text; its type, name and targets."""

    source: Json
    kind: str = ""
    name: str = ""
    targets: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    """The fields that say ``source`` and ``kind``, for the page's own form."""

    @property
    def back(self) -> str:
        """Where it came from."""
        return guardrail_url(self.source["named"]) if "named" in self.source else "/guardrails/edit"


def look_from_library(pages: Pages, request: Request) -> Response:
    """``/guardrails/propose?guardrail=ID&set.NAME=VALUE&target=…``; nothing is proposed and AWS is not asked."""
    asked = request.query_params
    if not asked.get("guardrail"):  # there is nothing to propose yet: the library is where one is chosen
        return RedirectResponse("/guardrails", 303)
    return _page(pages, _wish(pages, asked, asked["guardrail"]))


def look(pages: Pages, _: Request, form: Form) -> Response:
    """The same for what is too long for an address, and once the targets are chosen."""
    return _page(pages, _posted(pages, form), form.get("acknowledge", ""))


def keep_draft_backtest(pages: Pages, request: Request, form: Form) -> Response:
    """Run the backtest and keep it; then as ``look``."""
    caller = caller_of(request.scope)
    caller.require("operate")
    wish = _posted(pages, form)
    trial = Trial(wish.targets, form.get("since", "").strip() or "30d", "", "", run=True)
    wrong, found = None, None
    try:
        made = _wanted(pages, wish)
        text = {"text": json.dumps(made["document"]), "name": made["name"]}
        _, found = keep(pages, text, made["kind"], trial, caller.name)
    except RemitError as error:
        wrong = error
    return _page(pages, wish, form.get("acknowledge", ""), tried={"found": found, "wrong": wrong}, since=trial.since)


def propose(pages: Pages, request: Request, form: Form) -> Response:
    """Propose it, as whoever asks; the page again with all that lacks, if anything does."""
    caller = caller_of(request.scope)
    caller.require("admin")
    wish, acknowledged = _posted(pages, form), form.get("acknowledge", "")
    try:
        wanted = _wanted(pages, wish)
        desk = pages.desks[_DESK]
        found = desk.as_person(desk.caller(caller.name, caller.kind)).propose(wanted, acknowledged)
    except RemitError as error:
        return _page(pages, wish, acknowledged, wrong=error, status=400)
    if "id" in found:
        return RedirectResponse(proposal_url(found["id"]), 303)
    return _page(pages, wish, acknowledged, refused=found, status=409)


def _posted(pages: Pages, form: Form) -> Wish:
    if form.get("guardrail"):
        return _wish(pages, QueryParams(form), form["guardrail"])
    text, kind = form.get("text", "").replace("\r\n", "\n"), form.get("type", "")
    kind = kind if kind in ("scp", "rcp") else ""
    name = form.get("called", "").strip() or form.get("name", "").strip()
    source = {"text": text, "name": name or "policy"}
    return Wish(source, kind, name, _targets(form), {"text": text, "type": kind})


def _wish(pages: Pages, asked: QueryParams, named: str) -> Wish:
    known = pages.desks[LIBRARY].show(named)
    values = given_values(asked, known["parameters"]) if filled_in(asked) else {}
    kept = {"guardrail": named, **said(values)}
    return Wish({"named": known["id"], "values": values}, "", asked.get("called", "").strip(), _targets(asked), kept)


def _targets(given: Mapping[str, str]) -> tuple[str, ...]:
    """Those that are ticked and those that are written, each once."""
    ticked = [name.removeprefix(_TO) for name in given if name.startswith(_TO)]
    return tuple(dict.fromkeys([*ticked, *read_trial(given).targets]))


def _wanted(pages: Pages, wish: Wish, *, anywhere: bool = True) -> Json:
    targets = list(wish.targets) if anywhere else []
    found: Json = pages.desks[EXPORTS].wanted(wish.source, wish.kind, targets, wish.name)
    return found


def _page(
    pages: Pages,
    wish: Wish,
    acknowledged: str = "",
    *,
    wrong: RemitError | None = None,
    refused: Json | None = None,
    tried: Json | None = None,
    since: str = "30d",
    status: int = 200,
) -> Response:
    """What is known of it now, and the next step. Without targets there is no draft yet."""
    made, draft = None, refused if refused and "findings" in refused else None
    try:
        made = _wanted(pages, wish, anywhere=False)
        if wish.targets and draft is None:
            draft = pages.desks[_DESK].draft(_wanted(pages, wish), acknowledged)
    except RemitError as error:
        wrong, status = wrong or error, 400
    return pages.render(
        "propose.html",
        status,
        here="guardrails",
        wish=wish,
        tried=tried or {"found": None, "wrong": None},
        since=since,
        prefix=_TO,
        read=draft is not None and acknowledged == draft["findings_digest"],
        made=made,
        draft=draft,
        wrong=wrong,
        **_view(pages, wish, made, draft, refused),
    )


def _view(pages: Pages, wish: Wish, made: Json | None, draft: Json | None, refused: Json | None) -> Json:
    """What the page shows of a draft beside itself: the text, the places to choose from, what lacks and its way."""
    text = json.dumps(made["document"], indent=2, ensure_ascii=False) if made else ""
    tree, known = organization_tree(pages)
    listed = _ids(tree) if tree else set()
    return {
        "text": text,
        "lines": numbered(text) if made else [],
        "lacking": [_with_way(each) for each in draft["lacking"]] if draft else [],
        "asked_now": refused is not None,
        "in_place": refused if refused and refused["state"] == "in place" else None,
        "open_url": proposal_url(draft["open"]["id"]) if draft and draft["open"] else "",
        "tree": tree,
        "known": known,
        "written": ", ".join(each for each in wish.targets if each not in listed),
    }


def _with_way(lack: Json) -> Json:
    """A page has no ``--profile``: what a remedy says of it is left out."""
    return {**lack, "how": _HERE.get(lack["condition"], _OF_A_COMMAND.sub(".", lack["command"]))}


def _ids(unit: Json) -> set[str]:
    below = set[str]().union(*(_ids(each) for each in unit["units"]))
    return {unit["id"], *below, *(each["id"] for each in unit["accounts"])}
