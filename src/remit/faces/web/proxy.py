"""Behind a proxy that ends TLS: its word about the scheme is taken, nobody else's, and nobody comes past it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_PROBES: Final = ("/livez", "/readyz")
"""Whoever runs the machine asks these directly."""


class BehindProxy:
    """ASGI middleware, outermost. ``proxies`` are the networks whose peers are the proxy."""

    def __init__(self, app: ASGIApp, proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
        self._app = app
        self._proxies = tuple(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the proxy's word, or refuse what did not come through it."""
        if scope["type"] == "http" and scope["path"] not in _PROBES:
            refusal = self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            scope["scheme"] = "https"
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        if not self._is_proxy((scope.get("client") or ("",))[0]):
            return PlainTextResponse("This server answers through its proxy alone.", 403)
        said = [value.strip().lower() for name, value in scope["headers"] if name == b"x-forwarded-proto"]
        if said != [b"https"]:
            words = "The proxy did not say by X-Forwarded-Proto that the request came to it by HTTPS."
            return PlainTextResponse(words, 400)
        return None

    def _is_proxy(self, address: str) -> bool:
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in network for network in self._proxies)
