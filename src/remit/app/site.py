"""What a server answers over HTTP: the console, and beside it whatever else is mounted here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import ASGIApp

from remit.app.config.schema import Auth
from remit.app.credentials import ServerCredentials
from remit.app.desks import METRICS, QUESTIONS, SIGN_INS, TOKENS
from remit.app.exposure import Exposure
from remit.app.packaged import load_rules
from remit.app.signing_in import signing_in
from remit.faces.api.application import api_routes
from remit.faces.console.ports import Notices
from remit.faces.console.sign_in import SignInPages
from remit.faces.console.site import build_console
from remit.faces.web.access import Entrance
from remit.faces.web.caller import LOCAL, NOBODY
from remit.faces.web.metrics import metrics_route
from remit.faces.web.proxy import BehindProxy
from remit.faces.web.streams import Streams
from remit.rooms.estate.stories import SCENES


def build_site(
    desks: Mapping[str, Any],
    exposed: Exposure,
    auth: Auth,
    port: int,
    streams: Streams,
    *,
    demo: bool,
    notices: Notices,
    standing: Callable[[], str] = lambda: "",
) -> ASGIApp:
    """The application of a server that listens on ``port``, over the desks of one store."""
    rules = load_rules()

    def fact(signal: str) -> tuple[str, str] | None:
        found = rules.by_id.get(signal)
        return (found.fact, found.source) if found else None

    way_in = signing_in(auth, exposed.mode, exposed.address(port), desks[TOKENS], desks[SIGN_INS])
    credentials = ServerCredentials(desks[TOKENS], desks[SIGN_INS], way_in.issuer)
    entrance = Entrance(credentials, LOCAL if exposed.mode == "none" else NOBODY, exposed.cookie(port))
    site = build_console(
        desks[QUESTIONS],
        desks=desks,
        more=[*api_routes(desks, streams), metrics_route(desks[METRICS])],
        streams=streams,
        allowed_hosts=exposed.names(port),
        demo=demo,
        scenes=list(SCENES) if demo else [],
        signal_fact=fact,
        notices=notices,
        standing=standing,
        entrance=entrance,
        ways_in=SignInPages(way_in, entrance, exposed.address(port)) if exposed.mode != "none" else None,
    )
    return BehindProxy(site, exposed.proxies) if exposed.tls == "proxy" else site
