"""The Event Center: how much happened, when, by which sources, and the events themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import ALL_TIME, RANGES, Ask, read_ask
from remit.faces.console.chart import BUCKETS, draw
from remit.faces.console.comparing import compare, comparisons
from remit.faces.console.event_page import event_drawer
from remit.faces.console.facets import read_facets
from remit.faces.console.live import live_url
from remit.faces.console.pages import Pages
from remit.faces.console.ports import ConsoleDesk, Json
from remit.faces.console.query_error import pointed
from remit.faces.console.texts import moment
from remit.faces.console.views import views_menu
from remit.faces.console.words import source_class
from remit.model.errors import QueryError
from remit.model.event_json import rfc3339
from remit.model.vocabulary import SOURCE_GROUPS, SOURCES

PAGE_ROWS: Final = 50
_LEAST: Final = timedelta(hours=1)
"""The least that is drawn of all time."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A source: its count in the range, how many of those were denied, and the link that chooses it."""

    source: str
    css: str
    count: int
    denied: int
    chosen: bool
    url: str


def event_center(pages: Pages, request: Request) -> Response:
    """``/``."""
    ask = read_ask(request.query_params)
    following = live_url(pages, ask)  # before the questions: what is stored meanwhile comes twice rather than never
    try:
        values = _answer(pages, ask)
    except QueryError as error:
        return pages.render("query_error.html", 400, error=pointed(error, ask.q), **_asked(pages, ask))
    return pages.render("event_center.html", **{**_asked(pages, ask), **values}, live_url=following)


def _asked(pages: Pages, ask: Ask) -> Json:
    """What the head of the page needs, whether or not there is an answer."""
    return {
        "here": "events",
        "ask": ask,
        "ranges": range_chips(ask),
        "menu": views_menu(pages, ask),
        "scenes": [(scene, Ask(q=scene.query, since=ALL_TIME).url()) for scene in pages.scenes],
    }


def range_chips(ask: Ask) -> list[tuple[str, str, bool]]:
    """``(label, address, current)`` for each ready-made range."""
    since = "" if ask.range_in_query or ask.until else dict(ask.bounds)["since"] or ALL_TIME
    return [(label, ask.within(name).url(), name == since) for name, label in RANGES]


def _answer(pages: Pages, ask: Ask) -> Json:
    desk = pages.desk
    overview = desk.overview(ask.text)
    moved = overview["newest"]
    if moved and not ask.cursor:
        ask = ask.within(moved["low"], moved["high"])
        overview = {**desk.overview(ask.text), "note": overview["note"]}
    if not overview["records"]:
        return {"found": None, "moved": None, "note": overview["note"], **_why_nothing(desk, ask)}
    found = desk.search(ask.text, PAGE_ROWS, ask.cursor or None)
    facets = read_facets(desk, ask)
    now = rfc3339(pages.clock()) or ""
    return {
        "shown_ask": ask,
        "overview": overview,
        "link_url": _fixed(ask, overview, now),
        "found": found,
        "moved": moved,
        "note": overview["note"],
        "tiles": _tiles(desk, ask, overview),
        "facets": facets,
        "chart": _chart(desk, ask, pages.clock()),
        "no_agents": _no_agents(desk, ask, overview, facets, now),
        "denied_url": _denied(ask),
        "comparisons": comparisons(ask),
        "compared": compare(desk, ask),
        "older": ask.url(cursor=found["next"]) if found["next"] else None,
        "newest_url": ask.url() if ask.cursor else None,
        **_drawer(pages, ask),
    }


def _fixed(ask: Ask, overview: Json, now: str) -> str:
    """The address that shows the same events tomorrow: a range that ends now, or counts from now, is written out."""
    if ask.range_in_query:
        return ask.place(open=ask.open, cursor="")
    bounds = overview["range"]
    low, high = bounds["low"] or bounds["first"], bounds["high"] or now
    return replace(ask, since=low, until=high).place(open=ask.open, cursor="")


def _drawer(pages: Pages, ask: Ask) -> Json:
    """The event that is open beside the list, if one is."""
    if not ask.open:
        return {"drawer": None, "opened": ""}
    return {"drawer": event_drawer(pages, ask.open, ask.place())[0], "opened": ask.open}


def _why_nothing(desk: ConsoleDesk, ask: Ask) -> Json:
    """An empty store, or a question that finds nothing in it."""
    return {
        "store_empty": not desk.overview("")["records"],
        "without_query": Ask(since=ask.since, until=ask.until).url(),
        "all_time": ask.within(ALL_TIME).url(),
        "narrowed": ask.narrowed,
        "everything": not ask.range_in_query and not any(value for _, value in ask.bounds),
        "suggestions": [
            {**each, "url": replace(ask, q=each["query"]).url()} for each in desk.near(ask.q)["suggestions"]
        ],
    }


def _tiles(desk: ConsoleDesk, ask: Ask, overview: Json) -> list[tuple[str, list[Tile]]]:
    """Tiles by group. A query that chooses sources still shows how many the others have."""
    wide = ask.without("source")
    rows = (overview if wide.text == ask.text else desk.overview(wide.text))["sources"]
    counts = {row["source"] or "Unknown": row for row in rows}
    grouped = {name for names in SOURCE_GROUPS.values() for name in names}
    groups = {**SOURCE_GROUPS, "Other": tuple(name for name in SOURCES if name not in grouped)}
    return [(group, [_tile(ask, counts[name]) for name in names if name in counts]) for group, names in groups.items()]


def _tile(ask: Ask, row: dict[str, Any]) -> Tile:
    name = row["source"] or "Unknown"
    chosen = ask.standing("source", name) == "included"
    url = (ask.dropping if chosen else ask.only)("source", name).url()
    return Tile(name, source_class(name), row["count"], row["denied"], chosen, url)


def _denied(ask: Ask) -> str:
    chosen = ask.standing("denied", True)
    return (ask.dropping if chosen else ask.only)("denied", True).url()


def _chart(desk: ConsoleDesk, ask: Ask, now_us: int) -> Any:
    """A range that is open at its end is drawn up to now, so that a quiet end is seen as one."""
    since = dict(ask.bounds)["since"]
    open_ended = since and not ask.until and not ask.range_in_query
    if not any(value for _, value in ask.bounds) and not ask.range_in_query:
        return draw(_at_least_an_hour(desk, ask), ask, now_us)
    return draw(desk.histogram(f"{ask.text} until:now" if open_ended else ask.text, BUCKETS), ask, now_us)


def _at_least_an_hour(desk: ConsoleDesk, ask: Ask) -> Json:
    """All time is drawn over what happened in it; a moment of it with its surroundings, so that its bars can be
    read."""
    found = desk.histogram(ask.text, BUCKETS)
    if not found["bars"]:
        return found
    low, high = moment(found["low"]), moment(found["high"])
    if high - low >= _LEAST:
        return found
    around = (_LEAST - (high - low)) / 2
    return desk.histogram(ask.within((low - around).isoformat(), (high + around).isoformat()).text, BUCKETS)


def _no_agents(desk: ConsoleDesk, ask: Ask, overview: Json, facets: list[Any], now: str) -> Json | None:
    """What it means that a whole range shows no agent; None when it shows some or is not whole."""
    kinds = next((facet.values for facet in facets if facet.column == "actor_kind"), ())
    if ask.narrowed or any(value.label == "agent" for value in kinds):
        return None
    bounds = overview["range"]
    return desk.agents(f"{bounds['low'] or bounds['first']}..{bounds['high'] or now}")
