"""What a server answers over HTTP: the console, and beside it whatever else is mounted here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import ASGIApp

from remit.app.desks import QUESTIONS
from remit.app.packaged import load_rules
from remit.faces.api.application import api_routes
from remit.faces.console.site import build_console
from remit.faces.web.access import OPEN_HOUSE
from remit.rooms.estate.stories import SCENES


def build_site(desks: Mapping[str, Any], address: str, *, demo: bool, notices: Callable[[], list[str]]) -> ASGIApp:
    """The application for ``address`` (``http://127.0.0.1:8420``) over the desks of one store."""
    rules = load_rules()
    host = address.partition("://")[2]
    port = host.rpartition(":")[2]

    def fact(signal: str) -> tuple[str, str] | None:
        found = rules.by_id.get(signal)
        return (found.fact, found.source) if found else None

    return build_console(
        desks[QUESTIONS],
        desks=desks,
        more=api_routes(desks),
        allowed_hosts={host, f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"},
        demo=demo,
        scenes=list(SCENES) if demo else [],
        signal_fact=fact,
        notices=notices,
        entrance=OPEN_HOUSE,
    )
