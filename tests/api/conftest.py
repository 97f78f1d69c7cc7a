"""The API on a real desk over rows in memory, behind the console's guard, asked by a given caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pytest
from tests.console.asgi import Answer, get
from tests.console.conftest import console_of
from tests.console.estate import NOW, Row, describe, mixed
from tests.console.test_real_desk import Engine, Figures, Raw

from remit.adapters.store.index.reader import IndexReader
from remit.app.desk import LocalDesk
from remit.faces.api.application import api_routes
from remit.faces.web.access import Entrance, NoCredentials
from remit.faces.web.caller import LOCAL, NOBODY, Caller
from remit.rooms.events.denials.explain import DenialGuide

PREFIX = "/api/v1"


def questions_over(rows: list[Row]) -> LocalDesk:
    """The desk of questions over rows; its clock stands at NOW."""
    guide = DenialGuide.from_bytes((files("remit.rooms.events.denials") / "explanations.json").read_bytes())
    return LocalDesk(IndexReader(Engine(rows)), Raw(), Figures(), describe, guide, lambda: NOW)


class Told(Entrance):
    """Knows the caller that a test says it is."""

    def caller(self, scope: Any) -> Caller:
        return scope.get("test.caller", NOBODY)


@dataclass
class Client:
    """Asks the API as one caller."""

    site: Any
    caller: Caller | None = LOCAL

    def __call__(self, path: str, **more: Any) -> Answer:
        """Ask for a path below the API's prefix, or from the root when it begins with ``/api``."""
        return self.at(path if path.startswith("/api") else PREFIX + path, **more)

    def at(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        body: bytes = b"",
    ) -> Answer:
        """Ask for an address of the site."""

        async def asked(scope: Any, receive: Any, send: Any) -> None:
            if self.caller is not None:
                scope["test.caller"] = self.caller
            await self.site(scope, receive, send)

        sent = dict(headers or {})
        if json_body is not None:
            body = json.dumps(json_body).encode()
            sent.setdefault("content-type", "application/json")
        return get(asked, url, method=method, headers=list(sent.items()), body=body)

    def json(self, path: str, **more: Any) -> Any:
        """The answer's JSON; it is not an error."""
        answer = self(path, **more)
        assert answer.status < 300, answer.text
        return json.loads(answer.body)


def site_of(desks: Mapping[str, Any]) -> Any:
    """A console with the API mounted in it."""
    return console_of([], desk=desks["questions"], desks=desks, more=api_routes(desks), entrance=Told(NoCredentials()))


@pytest.fixture(scope="session")
def api() -> Client:
    """The API over eighty events, asked by the person at the machine."""
    return Client(site_of({"questions": questions_over(mixed(80))}))
