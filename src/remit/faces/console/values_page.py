"""Every value of one facet: as many as an answer holds, commonest first, and a search for the others."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import read_ask
from remit.faces.console.event_center import range_chips
from remit.faces.console.facets import facet_values
from remit.faces.console.pages import Pages
from remit.model.columns import BY_NAME

MOST: Final = 200
_LONGEST: Final = 200


def values_page(pages: Pages, request: Request) -> Response:
    """``/values/{column}``, with ``find`` the values that contain it."""
    column = request.path_params["column"]
    ask, find = read_ask(request.query_params), request.query_params.get("find", "")[:_LONGEST]
    wide = ask.without(column) if column in BY_NAME else ask
    answer = pages.desk.facet(wide.text, column, MOST, find)
    return pages.render(
        "values.html",
        here="events",
        ask=ask,
        ranges=range_chips(ask),
        column=column,
        title=answer["title"],
        find=find,
        found=facet_values(ask, column, answer["values"]),
        more=answer["more"],
        back=ask.url(),
    )
