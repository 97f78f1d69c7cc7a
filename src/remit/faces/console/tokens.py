"""The page of tokens, for those who may make and revoke them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.pages import Form, Pages
from remit.faces.web.caller import SCOPES, caller_of
from remit.model.errors import RemitError

PATH = "/settings/tokens"
_MEANS = {
    "read": "ask questions, and read /metrics",
    "push": "deliver records",
    "operate": "change views, alerts, identities and feeds",
    "admin": "make tokens, remove events",
}


def tokens_page(pages: Pages, request: Request) -> Response:
    """Every token, and a form for another."""
    caller_of(request.scope).require("admin")
    return _page(pages, {})


def create_token(pages: Pages, request: Request, form: Form) -> Response:
    """Make a token and show its secret on this one answer. It is in no address, so it is in no history and no log."""
    caller = caller_of(request.scope)
    caller.require("admin")
    scopes = [scope for scope in SCOPES if form.get(scope)]
    try:
        made = pages.desks["tokens"].create(form.get("name", ""), scopes, form.get("expires", ""), caller.name)
    except RemitError as error:
        return _page(pages, form, error=error, status=400)
    return _page(pages, {}, made=made)


def revoke_token(pages: Pages, request: Request, form: Form) -> Response:
    """Take a token back."""
    caller = caller_of(request.scope)
    caller.require("admin")
    pages.desks["tokens"].revoke(form.get("id", ""), caller.name)
    return RedirectResponse(PATH, 303)


def _page(
    pages: Pages, form: Form, *, made: object = None, error: RemitError | None = None, status: int = 200
) -> Response:
    values = {"form": form, "made": made, "error": error, "means": _MEANS, "here": "tokens"}
    return pages.render("tokens.html", status, tokens=pages.desks["tokens"].list()["tokens"], **values)
