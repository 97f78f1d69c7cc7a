"""The address of a saved view: it leads to the Event Center with the view's question."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.asking import Ask
from remit.faces.console.pages import Pages


def view_page(pages: Pages, request: Request) -> Response:
    """Where the question is asked now. Raises NotFound."""
    view = pages.desks["views"].show(request.path_params["view"])
    return RedirectResponse(Ask(view["query"], view["since"], view["until"]).url(), 302)
