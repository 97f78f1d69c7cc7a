"""The registry of identities: who is mapped, who is not yet, and mapping one in place."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.agent_pages import WINDOWS, event_list
from remit.faces.console.asking import address
from remit.faces.console.pages import Form, Pages
from remit.faces.console.ports import Json
from remit.faces.web.caller import caller_of
from remit.model.errors import UsageError

_DESK: Final = "identities"
_WINDOW: Final = "30d"
KINDS: Final = ("agent", "person", "pipeline", "workload", "service")
_SAID: Final = ("owner", "on_behalf_of")


def identities_page(pages: Pages, request: Request) -> Response:
    """``/identities?window=30d``; with ``pattern=`` the form to map it, filled from the other parameters."""
    asked = request.query_params
    desk = pages.desks[_DESK]
    window = asked.get("window", "").strip() or _WINDOW
    registry = desk.entries(window)
    proposed = desk.suggest(window)
    entries = sorted(registry["entries"], key=lambda entry: (-entry["events"], entry["kind"], entry["name"].lower()))
    return pages.render(
        "identities.html",
        here="identities",
        window=window,
        ranges=[(label, address("/identities", window=name), name == window) for name, label in WINDOWS],
        registry=registry,
        entries=entries,
        idle=[entry for entry in entries if not entry["events"]],
        proposed={**proposed, "proposals": [_proposal(each, window) for each in proposed["proposals"]]},
        standing=desk.standing(),
        form=_form(pages, asked, window),
        kinds=KINDS,
    )


def _proposal(each: Json, window: str) -> Json:
    said = {"pattern": each["match"], "name": each["name"], "window": window}
    kind = each["kind"] if each["kind"] in KINDS else ""
    return {
        **each,
        "known_kind": kind,
        "map_url": address("/identities", **said, **({"kind": kind} if kind else {})) + "#map",
        "url": event_list(each["query"]),
    }


def _form(pages: Pages, asked: Any, window: str) -> Json:
    """The form's values and, once a pattern is written, what it would match."""
    values = {name: asked.get(name, "") for name in ("kind", "name", "pattern", *_SAID)}
    preview, wrong = None, ""
    if values["pattern"].strip():
        try:
            preview = pages.desks[_DESK].preview(values["pattern"], window)
        except UsageError as error:
            wrong = f"{error.what}. {error.remedy}"
    return {**values, "preview": preview, "wrong": wrong}


def map_identity(pages: Pages, request: Request, form: Form) -> Response:
    """The form, posted: one entry is added or widened, unless somebody changed the registry meanwhile. When another
    pattern is written by now than the one whose matches were shown, those of the new one are shown first."""
    caller = caller_of(request.scope)
    caller.require("operate")
    if not form.get("version"):
        raise UsageError("The form does not say which registry it was made from", remedy="Send it from its own page.")
    previewed = request.query_params.get("previewed")
    if previewed is not None and previewed.strip() != form.get("pattern", "").strip():
        written = {name: form.get(name, "") for name in ("pattern", "kind", "name", *_SAID, "window")}
        return RedirectResponse(address("/identities", **written) + "#map", 303)
    pages.desks[_DESK].map(
        form.get("kind", ""),
        form.get("name", ""),
        form.get("pattern", ""),
        {name: form.get(name, "") for name in _SAID},
        form["version"],
        caller.name,
    )
    return RedirectResponse("/identities#standing", 303)


def judge_again(pages: Pages, request: Request, _: Form) -> Response:
    """The button, pressed: stored events are judged again in the background."""
    caller = caller_of(request.scope)
    caller.require("operate")
    pages.desks[_DESK].judge_again(caller.name)
    return RedirectResponse("/identities#standing", 303)
