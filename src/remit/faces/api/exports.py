"""Every event that answers a query, streamed as a file of any size through bounded memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Iterator
from itertools import chain
from typing import Annotated, Any, Final, Literal

import anyio
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from remit.faces.api.questions import Desk, Q

router = APIRouter(tags=["questions"])
_CHUNK: Final = 1 << 16
STALLED_SECONDS: Final = 60.0
_LOG: Final = logging.getLogger("remit.api")
_FORMS: Final = {
    "jsonl": ("application/x-ndjson", "\n", "remit-events.jsonl"),
    "csv": ("text/csv; charset=utf-8; header=present", "\r\n", "remit-events.csv"),
    "ocsf": ("application/x-ndjson", "\n", "remit-events.ocsf.jsonl"),
}
"""Form -> media type, line end, name of the file."""
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One event a line, newest first. An answer that is cut off was not finished.",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


@router.get("/export", response_class=StreamingResponse, responses=_LINES, summary="Events as a file")
def export_events(
    questions: Desk,
    q: Q = "",
    form: Annotated[
        Literal["jsonl", "csv", "ocsf"],
        Query(alias="format", description="Events as JSON, as CSV, or as OCSF API Activity."),
    ] = "jsonl",
    limit: Annotated[int | None, Query(ge=1, le=10**9, description="At most this many; all unless said.")] = None,
) -> Response:
    """JSON Lines, CSV or OCSF. In CSV a cell that a spreadsheet would run as a formula has a leading apostrophe."""
    media, end, name = _FORMS[form]
    chunks = _chunks(questions.export(q, form, limit), end)
    first = next(chunks, b"")  # a query that cannot be read is refused before the answer begins
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Poured(chunks, chain((first,), chunks), media_type=media, headers=headers)


class Poured(StreamingResponse):
    """A file as it is made. A client that leaves, or does not take a piece in a minute, ends the making too."""

    def __init__(self, chunks: Generator[bytes, None, None], content: Iterator[bytes], **more: Any) -> None:
        super().__init__(content, **more)
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def sent(message: Message) -> None:
            await asyncio.wait_for(send(message), STALLED_SECONDS)

        try:
            await super().__call__(scope, receive, sent)
        except TimeoutError:
            _LOG.info("A client of an export took nothing for %d seconds and was let go", STALLED_SECONDS)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._chunks.close)


def _chunks(lines: Iterator[str], end: str) -> Generator[bytes, None, None]:
    """Lines gathered into pieces worth sending."""
    piece = bytearray()
    for line in lines:
        piece += f"{line}{end}".encode("utf-8", "backslashreplace")
        if len(piece) >= _CHUNK:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
