"""``/live``: the events of a page's question as they are stored, each as the row that its table would have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import Ask, address, read_ask
from remit.faces.console.pages import Pages
from remit.faces.web.caller import caller_of
from remit.faces.web.problems import refused
from remit.faces.web.streams import LAST_EVENT_ID, Streams, Told
from remit.model.errors import RemitError


def live_url(pages: Pages, ask: Ask) -> str | None:
    """Where the question of a page is followed from now on; None for a page of older events, or of a past range."""
    desk = pages.desks.get("live")
    if desk is None or ask.cursor or ask.until:
        return None
    said = {"q": ask.q, "since": ask.since, "after": desk.place()}
    return address("/live", **{name: value for name, value in said.items() if value})


def live_rows(pages: Pages, streams: Streams) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. ``q``, ``since`` and ``until`` as in the page's address; ``after`` is the place the page was made
    at. Data of ``new`` and ``corrected`` is ``{event_id, html}``, of ``unmatched`` ``{event_id}``, of ``gap``
    ``{words}``."""

    def render(told: Told) -> dict[str, Any]:
        if told.event is None:
            return {"words": told.words}
        if told.what == "unmatched":
            return told.event
        return {"event_id": told.event["event_id"], "html": _row(pages, told.event)}

    async def live(request: Request) -> Response:
        try:
            caller_of(request.scope).require("read")
            ask = read_ask(request.query_params)
            after = request.headers.get(LAST_EVENT_ID) or request.query_params.get("after", "")
            return streams.open(ask.text, after, render)
        except RemitError as error:
            return refused(error)

    return live


def _row(pages: Pages, event: dict[str, Any]) -> str:
    return str(pages.templates.get_template("live_row.html").render(event=event)).strip()
