"""Feeds: what each brings, how far behind it is, and reading again what could not be read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from remit.faces.api.asking import answer, caller, desk
from remit.faces.api.describing import problems
from remit.faces.web.caller import Caller

router = APIRouter(tags=["feeds"])


class Feeds(Protocol):
    """The desk of feeds."""

    def list(self) -> dict[str, Any]: ...
    def show(self, name: str) -> dict[str, Any]: ...
    def retry(self, name: str, who: str) -> dict[str, Any]: ...


class Reason(BaseModel):
    """Records of one feed that could not be read for one reason."""

    feed: str | None
    reason: str = Field(examples=["time-missing"])
    count: int
    newest: datetime | None = Field(description="When one was last met.")
    place: str | None = Field(description="Where the newest of them stood.")
    detail: str | None = Field(description="The reason for people.")
    sample: str | None = Field(description="The beginning of the newest, redacted.")


class Feed(BaseModel):
    """A configured input of records, or one that brought some."""

    name: str | None
    target: str | None = Field(description="Where it is read from; `push` for deliveries, null when it is not known.")
    format: str | None
    records: int = Field(description="Records stored.")
    first: datetime | None = Field(description="Time of its oldest event.")
    newest: datetime | None = Field(description="Time of its newest event.")
    lag_seconds: float | None = Field(description="From its newest event to now.")
    last_read: datetime | None
    arrival_seconds: float | None = Field(description="How old its newest event was when it was last read.")
    last_error: str | None
    waiting: int = Field(description="Deliveries taken that are not stored yet.")
    waiting_bytes: int
    waiting_seconds: float | None = Field(description="How long the first of them has waited.")
    unread: int = Field(description="Records that could not be read.")
    reasons: list[Reason]
    state: str = Field(
        description="`ok`, `late`, `unread` (some of it could not be read), `waiting`, `failing` or `empty`."
    )
    why: str


class FeedList(BaseModel):
    """Every feed."""

    feeds: list[Feed]
    runs: list[dict[str, Any]] = Field(description="The newest runs of ingest.")
    note: str


class FeedShown(Feed):
    """One feed with the newest records that could not be read."""

    records_unread: list[dict[str, Any]]


class Retried(BaseModel):
    """What reading again gave."""

    feed: str
    unread: int = Field(description="Records that could not be read before.")
    sources: int = Field(description="Files and objects read again.")
    gone: int = Field(description="Those not there any more, or delivered by push.")
    left_out: int = Field(description="Those not tried: too many at once.")
    read: int
    new: int
    resolved: int = Field(description="Records that can be read now.")
    still: int
    note: str


Desk = Annotated[Feeds, Depends(desk("feeds"))]
Name = Annotated[str, Path(max_length=500, description="A feed's name.")]


@router.get("/feeds", responses={200: {"model": FeedList}}, summary="Every feed")
def list_feeds(feeds: Desk) -> Response:
    """The one with the latest event first."""
    return answer(feeds.list())


@router.post(
    "/feeds/{name:path}/retry",
    responses={200: {"model": Retried}, **problems(404)},
    summary="Read again what could not be read",
)
def retry_feed(feeds: Desk, name: Name, by: Annotated[Caller, Depends(caller)]) -> Response:
    """From the files and objects it stood in, where they are still there. Nothing is stored twice."""
    return answer(feeds.retry(name, by.name))


@router.get("/feeds/{name:path}", responses={200: {"model": FeedShown}, **problems(404)}, summary="One feed")
def show_feed(feeds: Desk, name: Name) -> Response:
    """With samples of what could not be read."""
    return answer(feeds.show(name))
