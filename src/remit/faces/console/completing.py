"""What the query's input offers while it is written: the words of the language, and the values of a field."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.pages import Pages
from remit.model.errors import NotFound
from remit.rooms.query.completion import counted_column, field_words, written

WORDS: Final = "words.json"
MOST: Final = 12
_LONGEST: Final = 200
_JSON: Final = "application/json"


def words() -> bytes:
    """``[[field, meaning, [value]]]`` as JSON; in place of the values 1 where they are those of the store."""
    return msgspec.json.encode([[each.field, each.means, 1 if each.open else each.values] for each in field_words()])


def values(pages: Pages, request: Request) -> Response:
    """``/complete/{field}``: ``[[as it is written, count]]``, the commonest values ever that contain ``find``."""
    field, find = request.path_params["field"], request.query_params.get("find", "")[:_LONGEST]
    column = counted_column(field)
    if column is None:
        raise NotFound(f"Values of {field[:60]!r} are not counted", remedy="Write the value yourself.")
    rows = pages.desk.facet("", column, MOST, find)["values"]
    found = [(written(field, str(row["value"])), row["count"]) for row in rows if row["value"] is not None]
    return Response(msgspec.json.encode([each for each in found if each[0] is not None]), media_type=_JSON)
