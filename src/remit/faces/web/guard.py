"""What every request passes: the host allow-list, the origin of changes, security headers, and no stack trace ever."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
"""No path answers OPTIONS; the routes refuse it, and name what each of them takes."""
_LOCAL: Final = (b"localhost", b"127.", b"[::1]")
"""What a browser would remember of these would bind other servers of the same machine."""
_LOG: Final = logging.getLogger("remit.console")


class Guard:
    """ASGI middleware. ``allowed_hosts`` are ``host`` (any port) or ``host:port``; a page of another site that had its
    name resolve to this address therefore reads nothing."""

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str]) -> None:
        self._app = app
        self._allowed = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, always_https=scope["scheme"] == "https" and not _own(scope["headers"]))
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except Exception:
            _LOG.exception("A page could not be made")
            if not started:
                await _text("The page could not be made. The server's log says why.", 500)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            # One of the two is not what a proxy in front went by, and what follows is somebody else's request.
            return PlainTextResponse("The request's length is said in two ways.", 400, {"Connection": "close"})
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None:
            return _text("The request names no host, or none that can be read.", 400)
        if not {hosts[0], match[1]} & self._allowed:
            return _text("This server does not answer for that host name. Open it by the address it printed.", 421)
        if scope["method"] not in _SAFE and not _same_origin(scope, hosts[0]):
            return _text("A page of another site may not change anything here.", 403)
        return None


def _same_origin(scope: Scope, host: str) -> bool:
    """Whether a change was asked for by a page of this server, or by no browser at all: a browser names the page's
    origin (``null`` for one without), or at least whether it is another site's."""
    origins = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"origin"]
    if origins:
        return origins == [f"{scope['scheme']}://{host}"]
    sites = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"sec-fetch-site"]
    return all(site in ("same-origin", "none") for site in sites)


def _text(words: str, status: int) -> Response:
    return PlainTextResponse(words, status)


def _own(sent: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request reached this server by a name that every machine has for itself."""
    return any(name == b"host" and value.lower().startswith(_LOCAL) for name, value in sent)


def _add_headers(message: Message, *, always_https: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    if always_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers.setdefault("Cache-Control", "no-store")
