"""Who is let in: every request gets its caller, and what is not open to all is answered to those alone who may."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from remit.faces.web.caller import LOCAL, NOBODY, SCOPE_KEY, Caller, answer_to
from remit.faces.web.problems import refused
from remit.model.errors import Forbidden, NotSignedIn

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
OPEN: Final = ("/livez", "/readyz", "/favicon.ico", SIGN_IN, SIGN_OUT)
OPEN_BELOW: Final = ("/static/", f"{SIGN_IN}/")
"""Answered to anybody: whether the server lives, the look of a page, and the way in and out."""
PUSHES: Final = "/api/v1/events/"
"""Below it records are delivered; the endpoint lets in a token that may push, or a body signed by its sender."""
ASKING: Final = frozenset(
    (
        "/guardrails/edit",
        "/guardrails/propose",
        *(f"/api/v1/guardrails/{verb}" for verb in ("render", "lint", "fix", "export", "backtest")),
    )
)
"""Questions that are posted, as a policy is too long for an address; their answers change nothing."""
_SAFE: Final = ("GET", "HEAD")
_PROGRAMS: Final = ("/api/", "/metrics")
_PRESENTED: Final = (b"authorization", b"cookie")
_LOOK_AGAIN_SECONDS: Final = 10.0


class Credentials(Protocol):
    """Whom a secret stands for now; None when it is unknown, expired or taken back."""

    def of_token(self, secret: str) -> Caller | None: ...
    def of_sign_in(self, cookie: str) -> Caller | None: ...


class NoCredentials:
    """``Credentials`` of a server that has given none."""

    def of_token(self, secret: str) -> Caller | None:  # noqa: ARG002 - the port's form
        """Nobody."""
        return None

    def of_sign_in(self, cookie: str) -> Caller | None:  # noqa: ARG002 - the port's form
        """Nobody."""
        return None


class Entrance:
    """How a server knows its callers. ``otherwise`` is who asks without a credential; ``cookie`` is the name of the
    sign-in's cookie. Who sends a token that is not good is nobody, never ``otherwise``."""

    def __init__(self, credentials: Credentials, otherwise: Caller = NOBODY, cookie: str = "remit") -> None:
        self._credentials = credentials
        self._otherwise = otherwise
        self.cookie = cookie

    def caller(self, scope: Scope) -> Caller:
        """Who sends this request. Looks into the state, so it is called from a thread."""
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
        if sent:
            kind, _, secret = sent[0].partition(" ")
            known = self._credentials.of_token(secret.strip()) if kind.lower() == "bearer" and len(sent) == 1 else None
            return known or NOBODY
        if cookie := self.presented(scope):
            return self._credentials.of_sign_in(cookie) or self._otherwise
        return self._otherwise

    def presented(self, scope: Scope) -> str:
        """The sign-in cookie of a request, empty if it has none."""
        for name, value in scope["headers"]:
            if name == b"cookie" and (found := cookie_parser(value.decode("latin-1")).get(self.cookie)):
                return found
        return ""


OPEN_HOUSE: Final = Entrance(NoCredentials(), LOCAL)
"""A server on loopback without sign-in: whoever reaches it is the person at this machine."""
CLOSED: Final = Entrance(NoCredentials())
"""Nobody is known, so nothing but what is open to everybody is answered."""


class Access:
    """ASGI middleware, inside the guard. A caller who loses their right loses a long answer too: at the next piece of
    it, once ten seconds have passed since they were last looked up."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app = app
        self._entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the caller, then pass the request on or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = await self._caller(scope)
        scope[SCOPE_KEY] = caller
        answer_to(caller)
        refusal = _refusal(scope, caller)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        with suppress(_Ended):
            await self._app(scope, receive, send if _open(scope) else self._watched(scope, caller, send))

    async def _caller(self, scope: Scope) -> Caller:
        if any(name in _PRESENTED for name, _ in scope["headers"]):
            return await run_in_threadpool(self._entrance.caller, scope)
        return self._entrance.caller(scope)  # which then looks nothing up

    def _watched(self, scope: Scope, caller: Caller, send: Send) -> Send:
        """``send`` that ends the answer once its caller may no longer have it."""
        looked = time.monotonic()

        async def watched(message: Message) -> None:
            nonlocal looked
            if message["type"] == "http.response.body" and time.monotonic() - looked > _LOOK_AGAIN_SECONDS:
                if await self._caller(scope) != caller:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    raise _Ended
                looked = time.monotonic()
            await send(message)

        return watched


class _Ended(Exception):
    """The caller of a long answer may no longer have it."""


def _open(scope: Scope) -> bool:
    path = scope["path"]
    return path in OPEN or path.startswith(OPEN_BELOW)


def _refusal(scope: Scope, caller: Caller) -> Response | None:
    """Reading needs ``read``. Changing needs more, which the endpoint names: this only keeps out who may change
    nothing at all, whatever the endpoint forgets."""
    path = scope["path"]
    safe = scope["method"] in _SAFE or (scope["method"] == "POST" and path in ASKING)
    if _open(scope) or (scope["method"] == "POST" and path.startswith(PUSHES)):
        return None
    try:
        if safe:
            caller.require("read")
        elif not caller.scopes - {"read"}:
            caller.require("operate")
    except NotSignedIn as error:
        return _not_signed_in(scope, error, safe=safe)
    except Forbidden as error:
        return refused(error)
    return None


def _not_signed_in(scope: Scope, error: NotSignedIn, *, safe: bool) -> Response:
    """A person is led to the sign-in and back; a program is told."""
    said = {name: value.decode("latin-1") for name, value in scope["headers"]}
    by_program = scope["path"].startswith(_PROGRAMS) or said.get(b"sec-fetch-mode", "navigate") != "navigate"
    if not safe or by_program or b"authorization" in said or "text/html" not in said.get(b"accept", ""):
        return refused(error)
    query = scope["query_string"].decode("latin-1")
    back = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(back, safe='', errors='replace')}", 303)
