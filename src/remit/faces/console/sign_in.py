"""Signing in and out: a page, the way to the identity provider and back, and a form for tokens."""

from __future__ import annotations

from typing import Any, Final, Protocol
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.pages import Form, Pages
from remit.faces.web.access import SIGN_IN, SIGN_OUT, Entrance

KEPT: Final = "signing-in"
"""What the cookie between leaving for the provider and coming back is called, after the sign-in's own cookie."""
_KEPT_SECONDS: Final = 600
_SAID: Final = ("state", "code", "error", "iss")
_SAID_LETTERS: Final = 8000


class SignInDesk(Protocol):
    """How people get in. ``issuer`` is empty where there is no identity provider; ``hours`` is how long it holds."""

    issuer: str
    hours: int

    def begin(self, next_path: str) -> Any: ...
    def finish(self, said: dict[str, str], sealed: str) -> Any: ...
    def with_token(self, secret: str) -> str: ...
    def end(self, cookie: str) -> None: ...


class SignInPages:
    """The pages of one server. ``address`` is where people open it; cookies go there alone."""

    def __init__(self, desk: SignInDesk, entrance: Entrance, address: str) -> None:
        self._desk = desk
        self._entrance = entrance
        self._address = address
        self._secure = address.startswith("https:")
        self._kept = f"{entrance.cookie}-{KEPT}"

    def sign_in(self, pages: Pages, request: Request) -> Response:
        """The page with the ways in."""
        wanted = safe_next(request.query_params.get("next", ""))
        name = urlsplit(self._desk.issuer).hostname or ""
        out, begin = "out" in request.query_params, f"{SIGN_IN}/provider?next={quote(wanted, safe='')}"
        return pages.render("sign_in.html", next=wanted, begin=begin, provider=name, out=out, here="")

    def begin(self, pages: Pages, request: Request) -> Response:  # noqa: ARG002 - a page's form
        """To the provider; by another name of this server first to the one the provider sends people back to."""
        wanted = safe_next(request.query_params.get("next", ""))
        if request.headers.get("host", "").lower() != self._address.partition("://")[2]:
            return RedirectResponse(f"{self._address}{SIGN_IN}?next={quote(wanted, safe='')}", 303)
        begun = self._desk.begin(wanted)
        answer = RedirectResponse(begun.url, 303)
        self._set(answer, self._kept, begun.sealed, _KEPT_SECONDS)
        return answer

    def callback(self, pages: Pages, request: Request) -> Response:  # noqa: ARG002 - a page's form
        """Back from the provider."""
        said = {name: value[:_SAID_LETTERS] for name, value in request.query_params.items() if name in _SAID}
        finished = self._desk.finish(said, request.cookies.get(self._kept, ""))
        answer = self._in(finished.cookie, finished.next)
        self._set(answer, self._kept, "", 0)
        return answer

    def with_token(self, pages: Pages, request: Request, form: Form) -> Response:  # noqa: ARG002 - a form's form
        """In with a token."""
        return self._in(self._desk.with_token(form.get("token", "").strip()), form.get("next", ""))

    def sign_out(self, pages: Pages, request: Request, form: Form) -> Response:  # noqa: ARG002 - a form's form
        """Out, here and on the server."""
        self._desk.end(self._entrance.presented(request.scope))
        answer = RedirectResponse(f"{SIGN_IN}?out=1", 303)
        self._set(answer, self._entrance.cookie, "", 0)
        return answer

    def _in(self, cookie: str, wanted: str) -> Response:
        answer = RedirectResponse(safe_next(wanted), 303)
        self._set(answer, self._entrance.cookie, cookie, self._desk.hours * 3600)
        return answer

    def _set(self, answer: Response, name: str, value: str, seconds: int) -> None:
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")


def safe_next(text: str) -> str:
    """A path of this server to go on to; the first page for whatever could lead elsewhere or round in a circle."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    plain = text.isprintable() and not set(text) & set("\\ ")
    if not plain or parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//"):
        return "/"
    return "/" if parts.path.startswith((SIGN_IN, SIGN_OUT)) else text
