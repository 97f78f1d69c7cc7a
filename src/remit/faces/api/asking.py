"""What every operation shares: who asks and whether they may, parameters that exist, desks, and how an answer is sent.

An operation needs the scope its route names with ``needs``; one that names none needs ``read`` when it is a GET and
``operate`` when it is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from fastapi import params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from remit.faces.web.caller import Caller, caller_of
from remit.model.errors import Unavailable, UsageError

SCOPE: Final = "x-scope"
"""Where an operation's description names the scope it needs; ``none`` for one that proves its caller by itself."""


def needs(scope: str) -> dict[str, Any]:
    """``openapi_extra`` of a route whose callers need this scope."""
    return {SCOPE: scope}


def scope_needed(route: Any, method: str) -> str:
    """The scope a caller needs for a route and method."""
    extra: Mapping[str, Any] = route.openapi_extra or {}
    return str(extra.get(SCOPE) or ("read" if method in ("GET", "HEAD") else "operate"))


async def admitted(request: Request) -> None:
    """Every operation's first dependency. Raises NotSignedIn or Forbidden."""
    scope = scope_needed(request.scope["route"], request.method)
    if scope != "none":
        caller_of(request.scope).require(scope)


async def known_parameters(request: Request) -> None:
    """Refuse a parameter that does not exist or is given twice: left out silently, it would change the question."""
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    known = {each.alias for each in get_flat_params(route.dependant) if isinstance(each.field_info, params.Query)}
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            near = get_close_matches(name[:40], known, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            remedy = f"{meant}It takes {', '.join(sorted(known)) or 'none'}."
            raise UsageError(f"There is no parameter {name[:40]!r} here", remedy=remedy)
        if given.count(name) > 1:
            raise UsageError(f"The parameter {name} is given {given.count(name)} times", remedy="Give it once.")


async def caller(request: Request) -> Caller:
    """A dependency: who asks."""
    return caller_of(request.scope)


def desk(name: str) -> Callable[[Request], Any]:
    """A dependency: one desk of the server, by name."""

    async def find(request: Request) -> Any:
        if name not in request.app.state.desks:
            raise Unavailable(f"This server has nothing that answers here: no desk of {name}")
        return request.app.state.desks[name]

    return find


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer, as the desk gave it."""
    try:
        body = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half of a surrogate pair, from a text that was sent: only an escape can say it
        body = json.dumps(value).encode("ascii")
    return Response(body, status, dict(headers or {}), media_type="application/json")
