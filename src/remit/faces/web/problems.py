"""Every error over HTTP as ``application/problem+json`` (RFC 9457): a stable type, what happened, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.responses import Response

from remit.faces.web.statuses import told_status
from remit.model.errors import QueryError, RemitError

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:remit:problem:"
_TITLES: Final = {
    "query.invalid": "The query cannot be read",
    "usage": "This cannot be asked",
    "request.invalid": "The request does not fit its description",
    "not_found": "There is no such thing in this store",
    "path.unknown": "Nothing is at this path",
    "method.not_allowed": "This method is not answered here",
    "too_much": "More than is taken at once",
    "not_signed_in": "Nobody is known to ask",
    "forbidden": "This caller may not do that",
    "conflict": "It contradicts what is there",
    "not_ready": "Something else comes before this",
    "stale": "Somebody else changed it in the meantime",
    "version_missing": "A change must name the version it is made to",
    "unavailable": "Something this needs does not answer",
    "too_slow": "The question takes too long",
    "busy": "Too much is asked at this moment",
    "store.kept_elsewhere": "Another process keeps this data folder",
    "failed": "The server could not do this",
}
"""Code -> title; the same at every occurrence. A code without one has its status's phrase."""


def problem(
    status: int, code: str, detail: str, remedy: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A problem document. Members that are None or empty are left out."""
    title = _TITLES.get(code, HTTPStatus(status).phrase)
    said = {"type": TYPE + code, "title": title, "status": status, "code": code, "detail": detail, "remedy": remedy}
    body = msgspec.json.encode({name: value for name, value in {**said, **more}.items() if value not in (None, "")})
    return Response(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def refused(error: RemitError) -> Response:
    """The problem of an error of ours. What failed inside the server is said in its log and not to a client."""
    status = told_status(error)
    if status == 500:
        return failed()
    place: dict[str, Any] = {"where": error.where}
    if isinstance(error, QueryError):
        place = {"column": error.column, "text": error.text}
    headers = {401: {"WWW-Authenticate": 'Bearer realm="remit"'}, 503: {"Retry-After": "5"}}.get(status)
    return problem(status, error.code, error.what, error.remedy, headers=headers, **place)


def failed() -> Response:
    """The problem of a fault of ours."""
    return problem(500, "failed", "The server could not do this.", "Its log says why.")
