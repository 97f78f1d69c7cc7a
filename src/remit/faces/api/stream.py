"""The stream: matching events as they are stored."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from remit.faces.api.describing import problems
from remit.faces.api.questions import Q
from remit.faces.web.streams import AT_MOST_BEHIND, HEARTBEAT_SECONDS, MOST_STREAMS, Streams, Told
from remit.model.errors import Unavailable

router = APIRouter(tags=["questions"])
_DESCRIPTION = f"""\
Server-sent events. The `id` of each is a place: sent back as `Last-Event-ID` (browsers do it by themselves) or `after`,
the stream goes on there, with nothing missed and nothing told twice.

* `new`: an event, in the shape of `/events/{{event_id}}`'s `event`; whenever it happened, it was stored only now.
* `corrected`: an event that is judged otherwise than before, as a late record can make it.
* `unmatched`: `{{event_id}}` of an event that is judged otherwise than before and does not match now; one that was not
  told before can be passed over.
* `gap`: `{{words}}`: something is not told, and why. The index was rebuilt, or more than {AT_MOST_BEHIND:,} events came
  or changed at once.

A comment comes every {HEARTBEAT_SECONDS:.0f} seconds. A stream ends after fifteen minutes, and when its client takes
nothing for half a minute; a client that comes back loses nothing. At most {MOST_STREAMS} streams are open at a time.
"""
_EXAMPLE = 'id: 4f0c.17.1763640000000000.9b1c\nevent: new\ndata: {"event_id": "9b1c", ...}\n\n'
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The stream.",
        "content": {"text/event-stream": {"schema": {}, "example": _EXAMPLE}},
    }
}


@router.get(
    "/events/stream",
    response_class=Response,
    responses={**_STREAM, **problems(413)},
    summary="Events as they are stored",
    description=_DESCRIPTION,
)
async def stream_events(
    request: Request,
    q: Q = "",
    after: Annotated[str, Query(max_length=200, description="A place; from now on without one.")] = "",
    last_event_id: Annotated[str, Header(max_length=200, description="As `after`, and before it.")] = "",
) -> Response:
    """Follow a query."""
    streams: Streams | None = request.app.state.streams
    if streams is None:
        raise Unavailable("This server follows nothing")
    return streams.open(q, last_event_id or after, _data)


def _data(told: Told) -> dict[str, Any]:
    return {"words": told.words} if told.event is None else told.event
