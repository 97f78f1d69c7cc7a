"""ETags: what a client has, and which version a change is made to, so that two people overwrite nothing unseen."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated, Any, Final

from fastapi import Header
from starlette.responses import Response

from remit.faces.web.statuses import VersionMissing
from remit.model.errors import Stale, UsageError

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of the version that the change is made to.", examples=['"3"']),
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="An ETag that the client has.")]
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client has just this."}}
"""``responses`` of a route that answers ``If-None-Match``."""
_TAG: Final = re.compile(r'\s*(W/)?"([^"\x00-\x20\x7f]*)"\s*')
_VERSION: Final = re.compile(r"[0-9]{1,15}")


def etag(version: int) -> str:
    """The ETag of a version of a thing."""
    return f'"{version}"'


def version_named(given: str | None, current: int) -> int:
    """The version that ``If-Match`` names; ``*`` is the current one.

    :raises VersionMissing: without the header. :raises Stale: when it names another than the current version.
    """
    if given is None:
        raise VersionMissing(
            "A change must say which version it is made to", remedy='Send its ETag, such as If-Match: "3".'
        )
    if given.strip() == "*":
        return current
    versions = {int(tag) for weak, tag in _tags(given) if not weak and _VERSION.fullmatch(tag)}
    if current not in versions:
        raise Stale(
            f"It was changed meanwhile and is now at version {current}",
            remedy="Read it again, and make the change to what it says now.",
        )
    return current


def unless_known(given: str | None, response: Response, tag: str | None = None) -> Response:
    """The response with its ETag (a digest of its bytes unless given); 304 when the client has just that."""
    tag = tag or f'"{blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    response.headers["ETag"] = tag
    given = given or ""
    if given.strip() != "*" and tag.strip('"') not in {each for _, each in _tags(given, strict=False)}:
        return response
    return Response(status_code=304, headers={"ETag": tag})


def _tags(header: str, *, strict: bool = True) -> list[tuple[bool, str]]:
    """(weak, tag) of each in a header."""
    found = [_TAG.fullmatch(part) for part in header.split(",")]
    if strict and not all(found):
        raise UsageError("The If-Match header cannot be read", remedy='Send an ETag in quotes: If-Match: "3".')
    return [(bool(match[1]), match[2]) for match in found if match]
