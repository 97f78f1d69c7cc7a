"""Every event that answers a query, streamed as a file of any size through bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from remit.faces.api.questions import Desk, Q

router = APIRouter(tags=["questions"])
_CHUNK: Final = 1 << 16
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
    return StreamingResponse(chain((first,), chunks), media_type=media, headers=headers)


def _chunks(lines: Iterator[str], end: str) -> Iterator[bytes]:
    """Lines gathered into pieces worth sending."""
    piece = bytearray()
    for line in lines:
        piece += f"{line}{end}".encode("utf-8", "backslashreplace")
        if len(piece) >= _CHUNK:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
