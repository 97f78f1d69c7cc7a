"""The API as one ASGI application, built of routers.

A part of the API is a module with a ``router``; it is added to ``ROUTERS``, where a fixed path goes before one with a
variable in its place. Its operations get their desk with ``Depends(desk(NAME))``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, request_response

from remit import __version__
from remit.faces.api import alerts, exports, feeds, guardrails, problems, proposals, pushes, questions, stream, views
from remit.faces.api.asking import admitted, answer, known_parameters
from remit.faces.api.describing import describe
from remit.faces.api.heads import Heads
from remit.faces.api.versions import unless_known
from remit.faces.web.problems import problem
from remit.faces.web.streams import Streams

PREFIX: Final = "/api/v1"
BODY_BYTES: Final = 1 << 20
"""A request's body at most, where a route does not say otherwise with ``max_body_size``."""
ROUTERS: Final[tuple[APIRouter, ...]] = (
    stream.router,
    pushes.router,
    questions.router,
    exports.router,
    views.router,
    feeds.router,
    alerts.router,
    proposals.router,
    guardrails.router,
)


def build_api(desks: Mapping[str, Any], streams: Streams | None = None) -> FastAPI:
    """The API over the desks of one store, to be mounted at ``PREFIX``; without ``streams`` nothing can be followed."""
    app = FastAPI(
        title="Remit",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=BODY_BYTES,
        dependencies=[Depends(admitted), Depends(known_parameters)],
        generate_unique_id_function=_operation,
        middleware=[Middleware(Heads)],
    )
    app.state.desks = desks
    app.state.streams = streams
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_route("/openapi.json", _document, include_in_schema=False)
    return app


def api_routes(desks: Mapping[str, Any], streams: Streams | None = None) -> list[BaseRoute]:
    """The routes of a site: the API, and a problem for every other path below ``/api``."""
    return [_below(PREFIX, build_api(desks, streams)), _below("/api", _nowhere), Route("/api", _nowhere)]


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the API."""
    return describe(app, PREFIX)


async def _document(request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "document"):
        state.document = document(request.app)
    return unless_known(request.headers.get("if-none-match"), answer(state.document))


def _below(path: str, app: Any) -> Mount:
    """A mount that takes every path below, also one with a line break in it, which Starlette's would leave out."""
    mount = Mount(path, app if isinstance(app, FastAPI) else request_response(app))
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


async def _nowhere(_: Request) -> Response:
    return problem(404, "path.unknown", "Nothing is at this path.", f"The API begins at {PREFIX}/.")


def _operation(route: APIRoute) -> str:
    """An operation's id: the name of its function."""
    return route.name
