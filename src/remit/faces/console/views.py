"""Saved views: a menu of them beside the query, a page of them all, and forms that save, change and delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.asking import Ask, address
from remit.faces.console.pages import Form, Pages
from remit.faces.web.caller import asking, caller_of
from remit.faces.web.statuses import told_status
from remit.model.errors import RemitError, UsageError

PATH = "/views"
SCOPE = "operate"


def view_page(pages: Pages, request: Request) -> Response:
    """Where the question is asked now. Raises NotFound."""
    return RedirectResponse(url_of(pages.desks["views"].show(request.path_params["view"])), 302)


def views_page(pages: Pages, request: Request) -> Response:
    """Every view, with its question."""
    return _page(pages, {}, now=request.query_params.get("at", ""))


def save_view(pages: Pages, request: Request, form: Form) -> Response:
    """A new view of the question that the form carries; then the question itself."""

    def save(by: str) -> Any:
        return pages.desks["views"].save(*(form.get(part, "") for part in ("name", "query", "since", "until")), by=by)

    return _done(pages, request, form, save, lambda made: url_of(made))


def change_view(pages: Pages, request: Request, form: Form) -> Response:
    """Another name or question for a view, if it is still as it was shown."""

    def change(by: str) -> Any:
        parts = {part: form[part] for part in ("name", "query", "since", "until") if part in form}
        return pages.desks["views"].change(request.path_params["view"], _version(form), by=by, **parts)

    return _done(pages, request, form, change, lambda made: address(PATH, at=made["id"]))


def delete_view(pages: Pages, request: Request, form: Form) -> Response:
    """A view taken away, if it is still as it was shown."""

    def delete(by: str) -> Any:
        return pages.desks["views"].delete(request.path_params["view"], _version(form), by=by)

    return _done(pages, request, form, delete, lambda _: PATH)


def views_menu(pages: Pages, ask: Ask) -> dict[str, Any]:
    """What the menu beside the query offers: the views, and the present question for the form that saves it. The page
    stands without it when the views cannot be read."""
    desk = pages.desks.get("views")
    try:
        views = [(view, url_of(view)) for view in desk.list()["items"]] if desk else []
    except RemitError:
        desk, views = None, []
    within = {"since": "", "until": ""} if ask.range_in_query else dict(ask.bounds) | {"since": ask.since}
    return {
        "views": views,
        "savable": bool(desk) and asking().may(SCOPE),
        "saving": {"query": ask.q, **within},
        "left_out": _left_out(ask),
    }


def _left_out(ask: Ask) -> str:
    """What of the page a view does not keep."""
    said = "A view keeps the query and its range, not the comparison. Copy the link to keep both."
    return said if ask.compare else ""


def url_of(view: dict[str, Any]) -> str:
    """Where a view's question is asked."""
    return Ask(view["query"], view["since"], view["until"]).url()


def _done(
    pages: Pages, request: Request, form: Form, act: Callable[[str], Any], then: Callable[[Any], str]
) -> Response:
    """Do it as whoever asks, and lead on; what cannot be done is said on the page of views, with what was written."""
    caller = caller_of(request.scope)
    caller.require(SCOPE)
    try:
        made = act(caller.name)
    except RemitError as error:
        return _page(pages, form, error=error, status=told_status(error))
    return RedirectResponse(then(made), 303)


def _page(pages: Pages, form: Form, *, now: str = "", error: RemitError | None = None, status: int = 200) -> Response:
    desk = pages.desks.get("views")
    views = [(view, url_of(view)) for view in desk.list()["items"]] if desk else []
    return pages.render("views.html", status, here="views", views=views, form=form, now=now, error=error)


def _version(form: Form) -> int:
    try:
        return int(form.get("version", ""))
    except ValueError as error:
        raise UsageError("The form names no version of the view", remedy="Open the page of views again.") from error
