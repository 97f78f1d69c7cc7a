"""``/feeds``: where records come from, how far behind they are, and what could not be read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.asking import ALL_TIME, Ask, address
from remit.faces.console.pages import Form, Pages
from remit.faces.web.caller import caller_of
from remit.rooms.query import term

PATH = "/feeds"


def feeds_page(pages: Pages, request: Request) -> Response:
    """Every feed, or with ``?name=`` one and its unreadable records; ``?retried=`` says what a retry did."""
    caller_of(request.scope).require("read")
    desk, name = pages.desks["feeds"], request.query_params.get("name", "")
    found = desk.list()
    rows = [{**feed, **_links(feed["name"])} for feed in found["feeds"]]
    shown = desk.show(name) if name else None
    return pages.render("feeds.html", here="feeds", found=found, rows=rows, shown=shown, done=_done(request))


def _done(request: Request) -> dict[str, int] | None:
    """What a retry did, as the address after it says."""
    said = {name: request.query_params.get(name, "") for name in ("sources", "resolved", "gone")}
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in said.values()):
        return None
    return {name: int(text) for name, text in said.items()}


def retry_feed(pages: Pages, request: Request, form: Form) -> Response:
    """Read again where something could not be read."""
    caller = caller_of(request.scope)
    caller.require("operate")
    name = form.get("name", "")
    done = pages.desks["feeds"].retry(name, caller.name)
    said = {"name": name, "resolved": str(done["resolved"]), "sources": str(done["sources"]), "gone": str(done["gone"])}
    return RedirectResponse(address(PATH, **said), 303)


def _links(name: str | None) -> dict[str, str]:
    """Where a feed's row leads: to what could not be read, and to the Event Center on what it brought."""
    events = Ask(q=term("feed", name) if name else "-feed:*", since=ALL_TIME).url()
    return {"url": address(PATH, name=name or ""), "events": events}
