"""What every page shares: the desk, the templates, and how an error becomes a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from remit.faces.console import texts, words
from remit.faces.console.alert_links import alert_url, unseen_alerts
from remit.faces.console.asking import address
from remit.faces.console.assets import Assets
from remit.faces.console.ports import ConsoleDesk, Notices, Scene, SignalFact
from remit.faces.web.caller import asking, may
from remit.faces.web.statuses import told_status
from remit.model.errors import RemitError, TooMuch, UsageError
from remit.model.vocabulary import POLICY_WORDS

_FORM_BYTES: Final = 1 << 18
_FILTERS: Final = {
    "shown": texts.shown,
    "spelled": texts.spelled,
    "written": texts.written,
    "plain": texts.plain,
    "number": texts.number,
    "lasting": texts.lasting,
    "day": texts.day,
    "clock": texts.clock_time,
    "full_time": texts.full_time,
    "short_time": texts.short_time,
    "source_class": words.source_class,
    "outcome_class": words.outcome_class,
    "verdict": words.verdict_strength,
    "strongest": words.strongest_signal,
}
_WORDS: Final = {
    "strength_means": words.STRENGTH_MEANS,
    "strength_bars": words.STRENGTH_BARS,
    "policy_words": POLICY_WORDS,
    "policy_short": words.POLICY_SHORT,
    "governed_means": words.GOVERNED_MEANS,
    "path_means": words.PATH_MEANS,
    "percent": texts.percent,
}
Page = Callable[["Pages", Request], Response]
Form = Mapping[str, str]
Action = Callable[["Pages", Request, Form], Response]
"""What a posted form does: usually one call to a desk, then a redirect (303) to the page that shows the result."""


@dataclass(frozen=True)
class Pages:
    """The parts of a console. ``clock`` gives microseconds since the epoch."""

    desk: ConsoleDesk
    assets: Assets
    demo: bool
    notices: Notices
    scenes: Sequence[Scene]
    signal_fact: SignalFact
    clock: Callable[[], int]
    desks: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def templates(self) -> Environment:
        """The templates, escaping everything that is not mark-up of ours."""
        environment = Environment(
            loader=PackageLoader("remit.faces.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= _FILTERS | {"ago": lambda text: texts.ago(text, self.clock())}
        environment.globals |= _WORDS | {
            "asset": self.assets.url,
            "demo": self.demo,
            "address": address,
            "event_url": event_url,
            "asking": asking,
            "may": may,
            "agent_url": agent_url,
            "alert_url": alert_url,
            "unseen_alerts": lambda: unseen_alerts(self.desks),
        }
        return environment

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        content = self.templates.get_template(template).render(notices=self.notices(), **values)
        return HTMLResponse(content.encode("utf-8", "replace"), status)

    def refused(self, error: RemitError, **values: Any) -> Response:
        """The page of an error: what happened and what to do."""
        response = self.problem(told_status(error), error.what, error.remedy, where=error.where, **values)
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = "5"
        return response

    def problem(self, status: int, what: str, remedy: str, where: str = "", **values: Any) -> Response:
        """A page that says what is wrong and what to do about it."""
        return self.render(
            "problem.html",
            status,
            title=_title(status),
            what=what,
            remedy=remedy,
            where=where,
            **{"here": "", **values},
        )


def page(pages: Pages, make: Page) -> Callable[[Request], Response]:
    """An endpoint; Starlette runs it in a thread, as the desk is synchronous."""

    def endpoint(request: Request) -> Response:
        try:
            return make(pages, request)
        except RemitError as error:
            return pages.refused(error)

    return endpoint


def posted(pages: Pages, act: Action) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for a form of ours, urlencoded and at most ``_FORM_BYTES`` long; its last value of a name counts."""

    async def endpoint(request: Request) -> Response:
        try:
            form = await _form(request)
            return await run_in_threadpool(act, pages, request, form)
        except RemitError as error:
            return pages.refused(error)

    return endpoint


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            raise TooMuch("The form is too long", remedy=f"At most {_FORM_BYTES:,} bytes are taken.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=500))
    except ValueError as error:
        raise UsageError("The form cannot be read", remedy="Send it from the page it belongs to.") from error


def event_url(event_id: str) -> str:
    """The address of an event's page."""
    return f"/events/{quote(event_id, safe='', errors='replace')}"


def agent_url(name: str, **parameters: str) -> str:
    """The address of an agent's page. A name that no path can carry (browsers resolve ``..``, a line break ends a
    path) goes into the query."""
    if name in (".", "..") or not name.isprintable():
        return address("/agents", agent=name, **parameters)
    return address(f"/agents/{quote(name, safe='', errors='replace')}", **parameters)


def _title(status: int) -> str:
    return {404: "Not found", 400: "This cannot be asked"}.get(status, HTTPStatus(status).phrase)
