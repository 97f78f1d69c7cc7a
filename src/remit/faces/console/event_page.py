"""One event: what happened in a sentence, the questions an engineer asks with their evidence, and what is around it."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from remit.faces.console import words
from remit.faces.console.asking import ALL_TIME, Ask
from remit.faces.console.pages import Pages, event_url
from remit.faces.console.ports import Json
from remit.faces.console.raw_record import lay_out
from remit.faces.web.statuses import told_status
from remit.model.errors import RemitError
from remit.rooms.query import term

DRAWER: Final = "drawer"
_RELATED: Final = (
    ("same_act", "The same act", "No other record of this act is known."),
    ("session", "The same credentials", "No other call with these credentials is stored."),
    ("resource", "The same resource, reads and refusals too", "No other event names this resource."),
    ("actor", "The same actor", "No other event of this actor is stored."),
)
_JOIN: Final = "join."
_JOINS: Final = {
    "join.issued-key": ("The record of another call issued the credentials that this call was signed with.", ""),
    "join.sign-in": ("This call belongs to the sign-in session that the other record opened.", ""),
    "join.cause": ("The other record is the call that caused this one.", ""),
    "join.effect": ("The other record is a call that this one caused.", ""),
    "join.same-act": ("Both records are of one act.", ""),
    "registry": ("The operator's registry, identities.toml, maps this principal.", ""),
}


def event_page(pages: Pages, request: Request) -> Response:
    """``/events/{event_id}``; with ``part=drawer`` its content alone, to stand beside a list."""
    wanted = request.path_params["event_id"]
    if request.query_params.get("part") == DRAWER:
        content, status = event_drawer(pages, wanted)
        return HTMLResponse(content.encode("utf-8", "replace"), status)
    try:
        values = _event(pages, wanted, level=1)
    except RemitError as error:
        return pages.refused(error, here="events", wanted=wanted)
    return pages.render("event_page.html", here="events", **values)


def event_drawer(pages: Pages, wanted: str, close: str = "") -> tuple[Markup, int]:
    """The content of an event as it stands beside a list, and the status of asking for it; ``close`` leads back."""
    template = pages.templates.get_template("drawer.html")
    try:
        return Markup(template.render(close=close, **_event(pages, wanted, level=2))), 200  # noqa: S704 - ours
    except RemitError as error:
        said = template.render(close=close, wanted=wanted, what=error.what, remedy=error.remedy)
        return Markup(said), told_status(error)  # noqa: S704 - ours


def _event(pages: Pages, wanted: str, level: int) -> Json:
    """What the template of an event needs; its first heading is of ``level``."""
    shown = pages.desk.show(wanted)
    event = shown["event"]
    return {
        "level": level,
        "event": event,
        "head": words.headline(event),
        "ending": words.ending(event),
        "answers": shown["answers"],
        "explanation": shown["explanation"],
        "cause": shown["cause"],
        "behalf_source": words.behalf_source(event),
        "evidence": [_evidence(pages, each) for each in words.by_strength(event["attribution"]["evidence"])],
        "related": [_related(shown["related"][key], title, none) for key, title, none in _RELATED],
        **_around(pages, event["event_id"]),
        "raw": lay_out(shown["raw"]) if shown["raw"] else None,
        "raw_note": shown["raw_note"],
        "policy_url": _policy_url(event),
        "actor_url": _actor_url(event),
    }


def _around(pages: Pages, event_id: str) -> Json:
    """The chain to the event and the life of what it touched; the page stands without them."""
    try:
        return pages.desk.around(event_id)
    except RemitError:
        return {"chain": None, "life": None}


def _evidence(pages: Pages, each: Json) -> Json:
    """A signal with its fact and source; one that joins another record links to it."""
    signal = each["signal"]
    fact, source = pages.signal_fact(signal) or _JOINS.get(signal) or (None, "")
    joined = event_url(each["value"]) if signal.startswith(_JOIN) and each["value"] else None
    web = source if source.startswith(("https://", "http://")) else ""
    return {**each, "fact": fact, "source": web, "source_text": "" if web else source, "joined": joined}


def _related(found: Json, title: str, none: str) -> dict[str, Any]:
    url = Ask(q=found["query"], since=ALL_TIME).url() if found["query"] else None
    return {"title": title, "none": none, "items": found["items"], "total": found["total"], "url": url}


def _policy_url(event: Json) -> str | None:
    deny = event["deny"]
    if not deny or not deny["policy_arn"]:
        return None
    return Ask(q=f"denied:true {term('policy', deny['policy_arn'])}", since=ALL_TIME).url()


def _actor_url(event: Json) -> str | None:
    name = event["actor"]["agent"] or event["actor"]["name"]
    return Ask(q=term("actor", name), since=ALL_TIME).url() if name else None
