"""The smaller pages: denials, and who."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import ALL_TIME, Ask, read_ask
from remit.faces.console.event_center import range_chips
from remit.faces.console.pages import Pages
from remit.faces.console.ports import Json
from remit.faces.console.query_error import pointed
from remit.model.errors import QueryError

_GROUPS: Final = 50


def denials_page(pages: Pages, request: Request) -> Response:
    """``/denials`` with the query and range of the Event Center; 30 days unless said."""
    given = read_ask(request.query_params, "/denials")
    ask = given if given.since or given.until or given.range_in_query else given.within("30d")
    asked: Json = {"here": "denials", "ask": ask, "ranges": range_chips(ask)}
    try:
        found = pages.desk.denials(ask.text, _GROUPS)
    except QueryError as error:
        return pages.render("query_error.html", 400, error=pointed(error, ask.q), **asked, scenes=[])
    groups = [{**group, "url": _url_of(group)} for group in found["groups"]]
    return pages.render("denials.html", **asked, found=found, groups=groups)


def _url_of(group: dict[str, Any]) -> str:
    """The denials of a group; its query may confine its own time inside parentheses."""
    ask = Ask(q=group["query"])
    return ask.url() if ask.range_in_query else Ask(q=group["query"], since=ALL_TIME).url()


def who_page(pages: Pages, request: Request) -> Response:
    """``/who?subject=``."""
    subject = request.query_params.get("subject", "").strip()
    found = pages.desk.who(subject) if subject else None
    return pages.render(
        "who.html", 200 if found is None or found["found"] else 404, here="who", subject=subject, found=found
    )
