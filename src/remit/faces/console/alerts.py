"""The pages of alerts: what is watched and what was found, one alert, a new one with its dry run, channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.alert_form import (
    BACK,
    TOUCHED,
    advice,
    draft_of,
    fields_of,
    form_values,
    given_of,
    other_queries,
    watchable,
    way_back,
)
from remit.faces.console.asking import Ask, address
from remit.faces.console.pages import Action, Form, Page, Pages
from remit.faces.console.ports import Json
from remit.faces.web.caller import Caller, caller_of
from remit.flows.alerting.suggest import STARTERS
from remit.model.errors import QueryError, Unavailable, UsageError

LIST: Final = "/alerts"
CHANNELS: Final = "/alerts/channels"
_SEE_OTHER: Final = 303


class AlertsDesk(Protocol):
    """What the pages of alerts ask; see ``remit.app.alert_desk``."""

    def kinds(self) -> list[Json]: ...
    def alerts(self) -> Json: ...
    def show(self, alert: str) -> Json: ...
    def add(self, given: Mapping[str, Any], who: str) -> Json: ...
    def change(self, alert: str, given: Mapping[str, Any], version: int | None, who: str) -> Json: ...
    def remove(self, alert: str, version: int | None, who: str) -> None: ...
    def see(self, who: str, alert: str | None = None) -> int: ...
    def test(self, alert: str, who: str) -> list[Json]: ...
    def dry_run(self, given: Mapping[str, Any]) -> Json: ...
    def channels(self) -> list[Json]: ...
    def add_channel(self, name: str, kind: str, url: str, secret: str, who: str) -> Json: ...
    def remove_channel(self, name: str, who: str) -> None: ...
    def test_channel(self, name: str, who: str) -> Json: ...


def alerts_page(pages: Pages, request: Request) -> Response:
    """``/alerts``."""
    found = _desk(pages).alerts()
    set_already = {(each["kind"], each["query"]) for each in found["alerts"]}
    starters = [
        (said, address(f"{LIST}/new", q=query, kind=kind, name=said), query)
        for kind, query, said in STARTERS
        if (kind, query) not in set_already
    ]
    return pages.render(
        "alerts.html",
        here="alerts",
        found=found,
        firings=[_firing(each) for each in found["firings"]],
        starters=starters,
        may_change=caller_of(request.scope).may("operate"),
    )


def new_alert_page(pages: Pages, request: Request) -> Response:
    """``/alerts/new?q=``: the form, filled in, with what it would have sent; ``Preview`` asks for it again."""
    desk = _desk(pages)
    given = given_of(request.query_params, desk.kinds())
    given["query"], taken_out = watchable(given["query"])
    return _form_page(pages, request, given, LIST, None, taken_out)


def edit_alert_page(pages: Pages, request: Request) -> Response:
    """``/alerts/{alert}/edit``: the same form of an alert that exists."""
    desk = _desk(pages)
    alert = desk.show(request.path_params["alert"])
    asked = "kind" in request.query_params
    given = given_of(request.query_params, desk.kinds()) if asked else form_values(alert)
    version = request.query_params.get("version") or str(alert["version"])
    return _form_page(pages, request, given, f"{LIST}/{alert['id']}", {**alert, "version": version})


def _form_page(
    pages: Pages, request: Request, given: Json, action: str, alert: Json | None, said: str = "", error: Any = None
) -> Response:
    desk = _desk(pages)
    tried = None
    untouched = alert is None and request.method in ("GET", "HEAD") and TOUCHED not in request.query_params
    if error is None:
        try:
            tried = desk.dry_run(given)
        except UsageError as refused:
            error = refused
        except Unavailable as given_up:  # an alert can be set without having been tried
            said = f"{said} It was not tried: {given_up.what}.".strip()
    preview = f"{action}/edit" if alert else f"{LIST}/new"
    return pages.render(
        "alert_form.html",
        200 if error is None else 400,
        here="alerts",
        form=fields_of(given, desk.kinds(), desk.channels(), untouched=untouched),
        others=other_queries(request.query_params, given["query"]) if alert is None else [],
        action=action,
        preview=preview,
        alert=alert,
        said=said,
        error=error,
        error_at=error.column if isinstance(error, QueryError) else None,
        tried=tried,
        shown=[{**each, "url": Ask(q=each["query"]).url()} for each in tried["shown"]] if tried else [],
        advice=advice(tried) if tried else "",
        may_change=caller_of(request.scope).may("operate"),
    )


def alert_page(pages: Pages, request: Request) -> Response:
    """``/alerts/{alert}``: what it found, whether it was told, and what can be done about it."""
    return _alert_page(pages, request, [])


def _alert_page(pages: Pages, request: Request, tested: list[Json] | None) -> Response:
    alert = _desk(pages).show(request.path_params["alert"])
    return pages.render(
        "alert.html",
        here="alerts",
        alert=alert,
        kind=next(each for each in _desk(pages).kinds() if each["name"] == alert["kind"]),
        firings=[_firing(each) for each in alert["firings"]],
        tested=tested,
        query_url=Ask(q=alert["query"], since="30d").url(),
        may_change=caller_of(request.scope).may("operate"),
    )


def _firing(firing: Json) -> Json:
    """A firing with the address of its events and its numbers as words."""
    evidence = firing["facts"]["evidence"]
    numbers = [(name, value) for name, value in evidence.items() if isinstance(value, (int, float))]
    facts = firing["facts"]
    return {
        **firing,
        "url": Ask(q=facts["query"]).url(),
        "numbers": numbers,
        "told": facts.get("told", facts["count"]),
        "named": facts.get("resources", []),
        "unnamed": facts.get("resources_more", 0),
    }


def add_alert(pages: Pages, request: Request, form: Form) -> Response:
    """Save a new alert; a mistake shows the form again."""
    who = _operator(request)
    given = given_of(form, _desk(pages).kinds())
    try:
        added = _desk(pages).add(given, who.name)
    except UsageError as error:
        return _form_page(pages, request, given, LIST, None, error=error)
    return _to(f"{LIST}/{added['id']}")


def change_alert(pages: Pages, request: Request, form: Form) -> Response:
    """Save a changed alert, unless somebody else changed it since the form was opened."""
    who = _operator(request)
    alert = _desk(pages).show(request.path_params["alert"])
    given = given_of(form, _desk(pages).kinds())
    try:
        _desk(pages).change(alert["id"], given, _number(form.get("version", "")), who.name)
    except UsageError as error:
        shown = {**alert, "version": form.get("version", "")}
        return _form_page(pages, request, given, f"{LIST}/{alert['id']}", shown, error=error)
    return _to(f"{LIST}/{alert['id']}")


def switch_alert(pages: Pages, request: Request, form: Form) -> Response:
    """Turn an alert on or off."""
    who, alert = _operator(request), request.path_params["alert"]
    _desk(pages).change(alert, {"enabled": form.get("enabled") == "1"}, _number(form.get("version", "")), who.name)
    return _to(f"{LIST}/{alert}")


def delete_alert(pages: Pages, request: Request, form: Form) -> Response:
    """Delete an alert, unless somebody changed it since its page was shown."""
    who = _operator(request)
    _desk(pages).remove(request.path_params["alert"], _number(form.get("version", "")), who.name)
    return _to(LIST)


def test_alert(pages: Pages, request: Request, form: Form) -> Response:  # noqa: ARG001 - an action's form
    """Send a test message and show how it went."""
    who = _operator(request)
    return _alert_page(pages, request, _desk(pages).test(request.path_params["alert"], who.name) or None)


def see_alerts(pages: Pages, request: Request, form: Form) -> Response:
    """Mark firings as seen: of one alert, or of all."""
    who = _operator(request)
    alert = form.get("alert") or None
    _desk(pages).see(who.name, alert)
    return _to(f"{LIST}/{alert}" if alert else LIST)


def channels_page(pages: Pages, request: Request) -> Response:
    """``/alerts/channels``."""
    return _channels_page(pages, request)


def _channels_page(pages: Pages, request: Request, tested: Json | None = None, error: Any = None) -> Response:
    caller = caller_of(request.scope)
    back = request.query_params.get(BACK, "")
    draft = draft_of(request.query_params.multi_items())
    return pages.render(
        "alert_channels.html",
        200 if error is None else 400,
        here="alerts",
        channels=_desk(pages).channels(),
        tested=tested,
        error=error,
        back=back,
        draft=draft,
        back_url=way_back(back, draft),
        may_test=caller.may("operate"),
        may_set=caller.may("admin"),
    )


def add_channel(pages: Pages, request: Request, form: Form) -> Response:
    """Set a channel. Its address is one this server will send to, so it takes an administrator."""
    who = _admin(request)
    name, kind, url, secret = (form.get(each, "") for each in ("name", "kind", "url", "secret"))
    try:
        _desk(pages).add_channel(name, kind, url, secret, who.name)
    except UsageError as error:
        return _channels_page(pages, request, error=error)
    return _to(way_back(form.get(BACK, ""), form.get("draft", ""), name) or CHANNELS)


def change_channel(pages: Pages, request: Request, form: Form) -> Response:
    """Test or remove a channel, as the button says."""
    name = form.get("name", "")
    if form.get("do") == "remove":
        who = _admin(request)
        try:
            _desk(pages).remove_channel(name, who.name)
        except UsageError as error:
            return _channels_page(pages, request, error=error)
        return _to(CHANNELS)
    return _channels_page(pages, request, _desk(pages).test_channel(name, _operator(request).name))


def _desk(pages: Pages) -> AlertsDesk:
    desk: AlertsDesk | None = pages.desks.get("alerts")
    if desk is None:
        raise Unavailable("This server keeps no alerts")
    return desk


def _operator(request: Request) -> Caller:
    caller = caller_of(request.scope)
    caller.require("operate")
    return caller


def _admin(request: Request) -> Caller:
    caller = caller_of(request.scope)
    caller.require("admin")
    return caller


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError("The form does not say which version of the alert it changes", remedy="Open it again.")
    return int(text)


def _to(url: str) -> Response:
    return RedirectResponse(url, _SEE_OTHER)


READ: Final[tuple[tuple[str, Page], ...]] = (
    (LIST, alerts_page),
    (f"{LIST}/new", new_alert_page),
    (CHANNELS, channels_page),
    (f"{LIST}/{{alert}}", alert_page),
    (f"{LIST}/{{alert}}/edit", edit_alert_page),
)
"""The pages by their paths; a fixed one before one with a variable in its place."""
ACTED: Final[tuple[tuple[str, Action], ...]] = (
    (LIST, add_alert),
    (f"{LIST}/seen", see_alerts),
    (CHANNELS, add_channel),
    (f"{CHANNELS}/change", change_channel),
    (f"{LIST}/{{alert}}", change_alert),
    (f"{LIST}/{{alert}}/switch", switch_alert),
    (f"{LIST}/{{alert}}/delete", delete_alert),
    (f"{LIST}/{{alert}}/test", test_alert),
)
"""What forms are posted to."""
