"""HEAD, answered as GET without its body; an answer that streams is given up once its head is known."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of a HEAD only the head comes back."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        with anyio.CancelScope() as told:

            async def head_only(message: Message) -> None:
                if message["type"] == "http.response.start" and not told.cancel_called:
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    told.cancel()

            await self._app({**scope, "method": "GET"}, receive, head_only)
