"""Deliveries: records in any format that is read, kept durably before they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from remit.faces.api import schemas
from remit.faces.api.asking import answer, desk, needs
from remit.faces.api.describing import problems
from remit.faces.web.caller import caller_of
from remit.model.errors import TooMuch, Unavailable, UsageError
from remit.model.vocabulary import DATA_SOURCES

router = APIRouter(tags=["deliveries"])
HARD_LIMIT: Final = 1 << 28
_STEP: Final = 1 << 20
_IDLE_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 300.0
_SIGNED: Final = "github-webhook"
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Delivery(Protocol):
    """One delivery arriving."""

    def write(self, data: bytes) -> None: ...
    def finish(self) -> dict[str, Any]: ...
    def drop(self) -> None: ...


class Pushes(Protocol):
    """The desk that takes deliveries; ``most`` bytes each."""

    most: int

    def signs(self, form: str) -> bool: ...
    def begin(
        self, form: str, feed: str, encoding: str, headers: dict[str, Any], *, signature: str | None
    ) -> Delivery: ...


@router.post(
    "/events/{format}",
    status_code=202,
    response_class=Response,
    max_body_size=HARD_LIMIT,
    openapi_extra={
        **needs("none"),
        "security": [{"token": ["push"]}, {"signature": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
    },
    responses={202: {"model": schemas.Receipt}, **problems(401, 403, 404, 413)},
    summary="Deliver records",
)
async def deliver(
    request: Request,
    pushes: Annotated[Pushes, Depends(desk("push"))],
    form: Annotated[
        str,
        Path(alias="format", max_length=60, json_schema_extra={"enum": ["auto", *DATA_SOURCES]}),
    ],
    feed: Annotated[
        str, Query(max_length=64, description="The feed they count under; `push:FORMAT` without one.")
    ] = "",
    x_hub_signature_256: Annotated[str | None, Header(max_length=200)] = None,
    x_github_event: Annotated[str, Header(max_length=64)] = "",
    x_github_delivery: Annotated[str, Header(max_length=64)] = "",
) -> Response:
    """One JSON object, an array, a provider's envelope, or one object a line; plain or `Content-Encoding: gzip`.

    Answered when it is on the disk, synced; what cannot be read goes to quarantine. Sending it again stores nothing
    twice. It needs the scope `push`; GitHub's webhooks are let in by their signature where the server has their secret.
    """
    signature = _signature(request, pushes, form, x_hub_signature_256)
    if x_github_event and request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM_TYPE:
        raise UsageError("A form is not taken", remedy="Give the webhook the content type application/json.")
    if int(_digits(request.headers.get("content-length"))) > pushes.most:
        raise TooMuch(f"More than {pushes.most:,} bytes are not taken at once", remedy="Send it in parts.")
    headers = {"event": x_github_event, "delivery": x_github_delivery}
    encoding = request.headers.get("content-encoding", "").strip().lower()
    delivery = await run_in_threadpool(pushes.begin, form, feed, encoding, headers, signature=signature)
    return answer(await _taken(request, delivery), 202)


def _signature(request: Request, pushes: Pushes, form: str, said: str | None) -> str | None:
    """The signature to be checked. None for a delivery of a caller who may push, which needs none. GitHub's secret
    vouches for GitHub's webhooks alone: whoever has it may deliver nothing else with it."""
    caller = caller_of(request.scope)
    if form == _SIGNED and (said is not None or (pushes.signs(form) and caller.kind != "token")):
        return said or ""
    caller.require("push")
    return None


async def _taken(request: Request, delivery: Delivery) -> dict[str, Any]:
    """Take the whole body in, or leave nothing of it."""
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            async for piece in _pieces(request):
                await run_in_threadpool(delivery.write, piece)
        return await run_in_threadpool(delivery.finish)
    except (TimeoutError, ClientDisconnect) as error:
        raise Unavailable("The delivery came too slowly", remedy="Send it again.") from error
    finally:
        delivery.drop()


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about a megabyte."""
    held = bytearray()
    stream = request.stream()
    while True:
        piece = await asyncio.wait_for(anext(stream, b""), _IDLE_SECONDS)
        held += piece
        if held and (not piece or len(held) >= _STEP):
            yield bytes(held)
            held.clear()
        if not piece:
            return


def _digits(text: str | None) -> str:
    return text if text and text.isascii() and text.isdigit() and len(text) < 19 else "0"
