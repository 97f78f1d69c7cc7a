"""Alerts: queries that are watched, what they found, and where it is sent."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from remit.faces.api.asking import answer, caller, desk
from remit.faces.api.describing import problems
from remit.faces.api.ports import Alerts, Json
from remit.faces.api.versions import IfMatch, etag, version_named
from remit.faces.web.caller import Caller

router = APIRouter(tags=["alerts"])
Desk = Annotated[Alerts, Depends(desk("alerts"))]
By = Annotated[Caller, Depends(caller)]
AlertId = Annotated[str, Path(max_length=40, pattern="^[0-9a-f]{1,40}$", description="An alert's id.")]
Kind = Literal["match", "rate", "first", "blast"]
_ETAG: Final[dict[str, Any]] = {
    "ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}, "example": '"1"'}
}
_SETTINGS: Any = Field(
    default_factory=dict,
    description="By kind: `window`, `factor`, `least` (rate, blast), `value` (first), `quiet` (all). "
    "What is left out has its default.",
    examples=[{"quiet": "1h"}],
)
Setting = Annotated[str, Field(max_length=40)]


class AlertTried(BaseModel):
    """An alert to try."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        max_length=4096,
        description="In the query language, without since:, until: and time:.",
        examples=["who:agent kind:delete env:production"],
    )
    kind: Kind = Field("match", description="When it fires.")
    settings: dict[Annotated[str, Field(max_length=40)], Setting] = _SETTINGS


class AlertSaid(AlertTried):
    """An alert to set."""

    name: str = Field("", max_length=120, description="Made from the query when empty.")
    channels: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=20)
    enabled: StrictBool = True


class Alert(BaseModel):
    """A watched query."""

    id: str
    name: str
    query: str
    kind: Kind
    kind_title: str
    settings: dict[str, str]
    channels: list[str]
    enabled: StrictBool
    version: int = Field(description="Counts its changes; the ETag is this number in quotes.")
    created: str
    created_by: str
    changed: str
    last_checked: str | None
    last_error: str | None = Field(description="Why it does not work at the moment.")
    note: str | None = Field(description="What could not be judged, or how near it was.")
    unseen: int


class AlertFound(Alert):
    """A watched query with what it found."""

    firings: list[dict[str, Any]] = Field(description="The newest first, each with its deliveries.")


class AlertListed(Alert):
    """A watched query in a list."""

    last_firing: dict[str, Any] | None


class AlertList(BaseModel):
    """Every alert, and what was found lately."""

    alerts: list[AlertListed]
    firings: list[dict[str, Any]]
    unseen: int
    channels: list[dict[str, Any]] = Field(description="Addresses are shortened, so that they cannot be used.")


class DryRun(BaseModel):
    """What an alert would have sent."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    summary: str
    low: str = Field(alias="from")
    to: str
    days: int
    matches: int = Field(description="Acts that matched.")
    firings: int = Field(description="Messages that would have been sent.")
    shown: list[dict[str, Any]] = Field(description="The newest of them.")
    note: str


class Tried(BaseModel):
    """How a test message went."""

    channel: str
    taken: bool
    error: str | None


class Tests(BaseModel):
    """How test messages went, one for each channel."""

    items: list[Tried]


@router.get("/alerts", responses={200: {"model": AlertList}}, summary="Every alert, and what was found lately")
def list_alerts(alerts: Desk) -> Response:
    """By name."""
    return answer(alerts.alerts())


@router.post(
    "/alerts",
    status_code=201,
    responses={201: {"model": AlertFound, "headers": _ETAG}},
    summary="Set an alert",
)
def set_alert(alerts: Desk, by: By, said: AlertSaid) -> Response:
    """It watches from now on: what is stored already is not told."""
    added = alerts.add(said.model_dump(), by.name)
    return answer(added, 201, {"Location": f"/api/v1/alerts/{added['id']}", "ETag": etag(added["version"])})


@router.post(
    "/alerts/dry-run",
    responses={200: {"model": DryRun}},
    summary="What an alert would have sent in the last 30 days",
)
def try_alert(alerts: Desk, said: AlertTried) -> Response:
    """As if every record had come the minute it happened. Nothing is sent or kept."""
    return answer(alerts.dry_run(said.model_dump()))


@router.get(
    "/alerts/{alert}",
    responses={200: {"model": AlertFound, "headers": _ETAG}, **problems(404)},
    summary="One alert with what it found",
)
def show_alert(alerts: Desk, alert: AlertId) -> Response:
    """The ETag is that of the alert, which a change to it must name; what it found changes without it."""
    found = alerts.show(alert)
    return answer(found, headers={"ETag": etag(found["version"])})


@router.put(
    "/alerts/{alert}",
    responses={200: {"model": AlertFound, "headers": _ETAG}, **problems(404, 409, 412, 428)},
    summary="Change an alert",
)
def change_alert(alerts: Desk, by: By, alert: AlertId, said: AlertSaid, if_match: IfMatch = None) -> Response:
    """All its parts are given. With another query, kind or settings it begins anew."""
    version = version_named(if_match, alerts.show(alert)["version"])
    changed = alerts.change(alert, said.model_dump(), version, by.name)
    return answer(changed, headers={"ETag": etag(changed["version"])})


@router.delete(
    "/alerts/{alert}",
    status_code=204,
    responses={204: {"description": "It is gone."}, **problems(404, 409, 412, 428)},
    summary="Delete an alert with what it found",
)
def delete_alert(alerts: Desk, by: By, alert: AlertId, if_match: IfMatch = None) -> Response:
    """412 when somebody else changed it since the version in `If-Match`."""
    version = version_named(if_match, alerts.show(alert)["version"])
    alerts.remove(alert, version, by.name)
    return Response(status_code=204)


@router.post(
    "/alerts/{alert}/test",
    responses={200: {"model": Tests}, **problems(404)},
    summary="Send a test message to an alert's channels",
)
def test_alert(alerts: Desk, by: By, alert: AlertId) -> Response:
    """Now, and once."""
    return answer({"items": alerts.test(alert, by.name)})


@router.post(
    "/alerts/{alert}/seen", status_code=204, responses={**problems(404)}, summary="Mark what an alert found as seen"
)
def see_alert(alerts: Desk, by: By, alert: AlertId) -> Response:
    """Nobody needs to look at it again."""
    found: Json = alerts.show(alert)
    alerts.see(by.name, found["id"])
    return Response(status_code=204)
