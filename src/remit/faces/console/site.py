"""The console as one ASGI application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from remit.faces.console import alerts, completing, guardrails
from remit.faces.console.agent_pages import agent_page, agents_page
from remit.faces.console.answers import denials_page, who_page
from remit.faces.console.assets import Assets
from remit.faces.console.event_center import event_center
from remit.faces.console.event_page import event_page
from remit.faces.console.feeds import feeds_page, retry_feed
from remit.faces.console.identity_pages import identities_page, judge_again, map_identity
from remit.faces.console.journal import journal_page
from remit.faces.console.live import live_rows
from remit.faces.console.pages import Action, Pages, page, posted
from remit.faces.console.ports import ConsoleDesk, Notices, Scene, SignalFact
from remit.faces.console.sign_in import SignInPages
from remit.faces.console.tokens import create_token, revoke_token, tokens_page
from remit.faces.console.values_page import values_page
from remit.faces.console.views import change_view, delete_view, save_view, view_page, views_page
from remit.faces.web.access import CLOSED, SIGN_IN, SIGN_OUT, Access, Entrance
from remit.faces.web.guard import Guard
from remit.faces.web.streams import Streams


def build_console(
    desk: ConsoleDesk,
    *,
    allowed_hosts: set[str],
    demo: bool,
    notices: Notices,
    desks: Mapping[str, Any] = MappingProxyType({}),
    more: Sequence[BaseRoute] = (),
    streams: Streams | None = None,
    entrance: Entrance = CLOSED,
    ways_in: SignInPages | None = None,
    scenes: Sequence[Scene] = (),
    signal_fact: SignalFact = lambda _: None,
    clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    standing: Callable[[], str] = lambda: "",
) -> Starlette:
    """The pages over one desk.

    ``allowed_hosts`` are the ``Host`` headers answered, as ``127.0.0.1:8420`` or, for any port, ``127.0.0.1``.
    ``demo`` marks every page as demonstration data; ``scenes`` are then offered on the first. ``signal_fact`` gives
    the fact and source behind a signal's id. ``desks`` are the desks besides that of questions, by name; ``more``
    are routes of others, such as the API; ``streams`` follow what a page asked. ``entrance`` knows who asks;
    without it nobody is let in. ``ways_in`` are the pages people sign in with, if they have to. ``clock`` is
    microseconds since the epoch. ``standing`` is a line that ``/readyz`` adds.
    """
    assets = Assets({completing.WORDS: completing.words()})
    pages = Pages(desk, assets, demo, notices, tuple(scenes), signal_fact, clock, desks)
    return Starlette(
        routes=[
            *_routes(pages, streams),
            *_ways_in(pages, ways_in),
            *more,
            Route("/livez", _live),
            Route("/readyz", _ready(desk, standing)),
        ],
        middleware=[Middleware(Guard, allowed_hosts=frozenset(allowed_hosts)), Middleware(Access, entrance=entrance)],
        exception_handlers={HTTPException: _http_problem(pages)},
    )


def _routes(pages: Pages, streams: Streams | None) -> list[BaseRoute]:
    """Pages are read with GET; what changes something is posted by a form."""
    read = (
        ("/", event_center),
        ("/events/{event_id:path}", event_page),
        ("/values/{column}", values_page),
        ("/complete/{field}", completing.values),
        ("/agents", agents_page),
        ("/agents/{name:path}", agent_page),
        ("/denials", denials_page),
        ("/who", who_page),
        ("/feeds", feeds_page),
        ("/identities", identities_page),
        ("/views", views_page),
        *alerts.READ,
        ("/views/{view}", view_page),
        *guardrails.READ,
        ("/settings/tokens", tokens_page),
        ("/settings/journal", journal_page),
    )
    acted: tuple[tuple[str, Action], ...] = (
        ("/views", save_view),
        ("/views/{view}", change_view),
        ("/views/{view}/delete", delete_view),
        ("/feeds/retry", retry_feed),
        *alerts.ACTED,
        *guardrails.ACTED,
        ("/settings/tokens", create_token),
        ("/settings/tokens/revoke", revoke_token),
        ("/identities/map", map_identity),
        ("/identities/judge", judge_again),
    )
    return [
        *(Route(path, page(pages, make), name=make.__name__) for path, make in read),
        *(Route(path, posted(pages, act), methods=["POST"], name=act.__name__) for path, act in acted),
        *([Route("/live", live_rows(pages, streams))] if streams else []),
        Route("/favicon.ico", pages.assets.favicon),
        Route("/static/{digest}/{name}", pages.assets.serve),
    ]


def _ways_in(pages: Pages, ways: SignInPages | None) -> list[BaseRoute]:
    """Where people sign in and out; answered to anybody."""
    if ways is None:
        return []
    return [
        Route(SIGN_IN, page(pages, ways.sign_in), name="sign_in"),
        Route(SIGN_IN, posted(pages, ways.with_token), methods=["POST"], name="sign_in_with_token"),
        Route(f"{SIGN_IN}/provider", page(pages, ways.begin), name="sign_in_provider"),
        Route(f"{SIGN_IN}/callback", page(pages, ways.callback), name="sign_in_callback"),
        Route(SIGN_OUT, posted(pages, ways.sign_out), methods=["POST"], name="sign_out"),
    ]


def _live(_: Request) -> Response:
    return PlainTextResponse("alive\n")


def _ready(desk: ConsoleDesk, standing: Callable[[], str]) -> Callable[[Request], Response]:
    def ready(_: Request) -> Response:
        try:
            desk.overview("id:0")
        except Exception:  # whatever it is, the answer is the same: not ready
            return PlainTextResponse("not ready: the store does not answer\n", 503)
        return PlainTextResponse("".join(f"{line}\n" for line in ("ready", standing()) if line))

    return ready


def _http_problem(pages: Pages) -> Callable[[Request, Exception], Response]:
    """An address that leads nowhere."""

    def problem(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        what = "There is no page at this address" if status == 404 else "This cannot be done here"
        return pages.problem(status, what, "Start from the Event Center.", where=request.url.path)

    return problem
