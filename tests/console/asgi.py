"""A browser of one request: drives an ASGI application in this process, without a socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def get(
    app: Any,
    url: str,
    *,
    method: str = "GET",
    hosts: tuple[str, ...] = ("127.0.0.1:8420",),
    headers: Headers | None = None,
    body: bytes = b"",
) -> Answer:
    """Ask for ``url``."""
    parts = urlsplit(url)
    sent = [(b"host", host.encode()) for host in hosts]
    sent += [(name.lower().encode(), value.encode()) for name, value in headers or []]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path, errors="replace"),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": sent,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    return asyncio.run(_answer(app, scope, body))


async def _answer(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    messages: list[dict[str, Any]] = []

    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()  # the client stays and says nothing more
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start = messages[0]
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(each.get("body", b"") for each in messages[1:]))
