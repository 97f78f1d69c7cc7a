"""Who asks: a person on this machine, a person signed in, or a token; and what they may do."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from remit.model.errors import Forbidden, NotSignedIn

SCOPES: Final = ("read", "push", "operate", "admin")
"""``read`` asks questions; ``push`` delivers records; ``operate`` changes views, alerts, identities and feeds;
``admin`` changes who may do what, and removes events."""
ROLES: Final = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "push", "operate"}),
    "admin": frozenset(SCOPES),
}
SCOPE_KEY: Final = "remit.caller"
"""Where the ASGI scope of a request carries its caller."""


@dataclass(frozen=True, slots=True)
class Caller:
    """``kind`` is local (the person at this machine), person (signed in), token, or nobody."""

    name: str
    kind: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    role: str = ""

    def may(self, scope: str) -> bool:
        """Whether this caller has a scope."""
        return scope in self.scopes

    def require(self, scope: str) -> None:
        """:raises NotSignedIn: if nobody is known to ask. :raises Forbidden: if they may not."""
        if self.may(scope):
            return
        if self.kind == "nobody":
            raise NotSignedIn("This needs a sign-in or a token", remedy="Sign in, or send a token of this server.")
        raise Forbidden(
            f"{self.name} may not do this: it needs the scope {scope!r}",
            remedy="Ask an administrator of this server for it.",
        )


LOCAL: Final = Caller("local", "local", ROLES["admin"], "admin")
"""Whoever reaches a server on loopback that was started without sign-in."""
NOBODY: Final = Caller("", "nobody")
_ASKING: Final[ContextVar[Caller]] = ContextVar("asking", default=NOBODY)


def asking() -> Caller:
    """Who sends the request that is being answered: for pages that show it, and offer only what they may do. What
    they may do is decided by ``require``, never by what a page offers."""
    return _ASKING.get()


def answer_to(caller: Caller) -> None:
    """Note who sends the request that this task answers."""
    _ASKING.set(caller)


def may(scope: str) -> bool:
    """Whether who asks has a scope."""
    return asking().may(scope)


def caller_of(scope: Any) -> Caller:
    """The caller of a request, from its ASGI scope (``request.scope``); nobody unless one was put there."""
    found: Caller = scope.get(SCOPE_KEY, NOBODY)
    return found
