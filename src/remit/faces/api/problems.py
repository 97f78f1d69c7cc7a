"""How the API's application answers its errors: each as a problem document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from remit.faces.web.problems import failed, problem, refused
from remit.model.errors import RemitError

_CODES: Final = {400: "request.invalid", 404: "path.unknown", 405: "method.not_allowed", 413: "too_much"}
_SAID: Final = {
    404: ("Nothing is at this path.", "See /api/v1/openapi.json for what there is."),
    405: ("This method is not answered at this path.", "See the Allow header."),
    413: ("The body is longer than is taken at once.", "Send less at a time."),
}
_SHOWN: Final = 200
_FIELDS_SAID: Final = 20


def install(app: FastAPI) -> None:
    """Have an application answer every error as a problem."""
    app.add_exception_handler(RemitError, lambda _, error: refused(error))
    app.add_exception_handler(RequestValidationError, lambda _, error: _unfit(error))
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(Exception, lambda _request, _error: failed())


def _unfit(error: RequestValidationError) -> Response:
    """A request that does not fit its description: every fault with its place."""
    faults = [
        {"where": ".".join(str(part)[:_SHOWN] for part in each["loc"]), "detail": str(each["msg"])[:_SHOWN]}
        for each in error.errors()[:_FIELDS_SAID]
    ]
    said = "; ".join(f"{each['where']}: {each['detail']}" for each in faults)
    return problem(400, "request.invalid", said, "See /api/v1/openapi.json for what is taken.", errors=faults)


def _http_problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail, remedy = _SAID.get(status, (f"{HTTPStatus(status).phrase}.", ""))
    headers = {"Allow": ", ".join(_methods(request))} if status == 405 else None
    return problem(status, _CODES.get(status, "request.invalid"), detail, remedy, headers=headers)


def _methods(request: Request) -> list[str]:
    """The methods answered at a path, whichever of several routes answers them."""
    found: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            found |= {method, "HEAD"} if method == "GET" else {method}
    return sorted(found)
