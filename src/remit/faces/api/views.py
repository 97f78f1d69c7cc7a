"""Saved views: questions with a name, each with a version that a change must name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from remit.faces.api.asking import answer, caller, desk
from remit.faces.api.describing import problems
from remit.faces.api.ports import Views
from remit.faces.api.versions import NOT_MODIFIED, IfMatch, IfNoneMatch, etag, unless_known, version_named
from remit.faces.web.caller import Caller

router = APIRouter(tags=["views"])
Desk = Annotated[Views, Depends(desk("views"))]
By = Annotated[Caller, Depends(caller)]
ViewId = Annotated[str, Path(max_length=200, description="A view's id, or its name.")]
_ETAG: Final[dict[str, Any]] = {
    "ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}, "example": '"1"'}
}


class ViewSaid(BaseModel):
    """A question to save."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=120,
        description="Used once, without regard to case.",
        examples=["Agents at work"],
    )
    query: str = Field(
        max_length=4096, description="In the query language.", examples=["source:AgentOps env:production"]
    )
    since: str = Field("", max_length=40, description="Range: `24h` unless said, `all` for all time.", examples=["7d"])
    until: str = Field("", max_length=40, description="End of the range.")


class View(BaseModel):
    """A saved question."""

    id: str = Field(examples=["5f0c2ab91d3e"])
    name: str
    query: str
    since: str
    until: str
    question: str | None = Field(
        description="Query and range as one query, to be sent as `q`; null when this version cannot read it.",
        examples=["source:AgentOps env:production since:7d"],
    )
    owner: str = Field(description="Who saved it.")
    created: datetime
    changed: datetime
    version: int = Field(description="Counts its changes; the ETag is this number in quotes.")
    path: str = Field(description="Where it is in the console.", examples=["/views/5f0c2ab91d3e"])


class ViewList(BaseModel):
    """Every saved view."""

    items: list[View] = Field(description="By name.")
    most: int = Field(description="How many there may be.")


@router.get("/views", responses={200: {"model": ViewList}}, summary="Every saved view")
def list_views(views: Desk) -> Response:
    """All of them, by name."""
    return answer(views.list())


@router.post(
    "/views",
    status_code=201,
    responses={
        201: {
            "model": View,
            "headers": {**_ETAG, "Location": {"description": "The view's address.", "schema": {"type": "string"}}},
        },
        **problems(409),
    },
    summary="Save a view",
)
def save_view(views: Desk, by: By, said: ViewSaid) -> Response:
    """The query and its range must be readable, and the name free (409)."""
    saved = views.save(said.name, said.query, said.since, said.until, by=by.name)
    location = f"/api/v1/views/{quote(saved['id'], safe='')}"
    return answer(saved, 201, {"Location": location, "ETag": etag(saved["version"])})


@router.get(
    "/views/{view}",
    responses={200: {"model": View, "headers": _ETAG}, **NOT_MODIFIED, **problems(404)},
    summary="One saved view",
)
def show_view(views: Desk, view: ViewId, if_none_match: IfNoneMatch = None) -> Response:
    """With the ETag that a change to it must name."""
    found = views.show(view)
    return unless_known(if_none_match, answer(found), etag(found["version"]))


@router.put(
    "/views/{view}",
    responses={200: {"model": View, "headers": _ETAG}, **problems(404, 409, 412, 428)},
    summary="Change a saved view",
)
def change_view(views: Desk, by: By, view: ViewId, said: ViewSaid, if_match: IfMatch = None) -> Response:
    """All its parts are given. 412 when somebody else changed it since the version in `If-Match`."""
    found = views.show(view)
    version = version_named(if_match, found["version"])
    changed = views.change(found["id"], version, by=by.name, **said.model_dump())
    return answer(changed, headers={"ETag": etag(changed["version"])})


@router.delete(
    "/views/{view}",
    status_code=204,
    responses={204: {"description": "It is gone."}, **problems(404, 412, 428)},
    summary="Delete a saved view",
)
def delete_view(views: Desk, by: By, view: ViewId, if_match: IfMatch = None) -> Response:
    """412 when somebody else changed it since the version in `If-Match`."""
    found = views.show(view)
    views.delete(found["id"], version_named(if_match, found["version"]), by=by.name)
    return Response(status_code=204)
