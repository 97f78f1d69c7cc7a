"""Callers from what they present: a token of this server, or the cookie of a sign-in that still holds."""

from __future__ import annotations

from typing import Final

from remit.faces.web.caller import ROLES, Caller
from remit.flows.access.ports import Json
from remit.flows.access.sign_ins import SignIns
from remit.flows.access.tokens import Tokens

OIDC: Final = "oidc"
TOKEN: Final = "token"  # noqa: S105 - a word


class ServerCredentials:
    """``faces.web.access.Credentials`` over a server's tokens and sign-ins. ``issuer`` is the provider whose sign-ins
    hold: those of one that was configured before do not."""

    def __init__(self, tokens: Tokens, sign_ins: SignIns, issuer: str) -> None:
        self._tokens = tokens
        self._sign_ins = sign_ins
        self._issuer = issuer

    def of_token(self, secret: str) -> Caller | None:
        """The token of a secret, if it may be used now."""
        token = self._tokens.known(secret)
        return token_caller(token) if token is not None else None

    def of_sign_in(self, cookie: str) -> Caller | None:
        """Who signed in with a browser, if that still holds: what a token let in goes when the token does."""
        found = self._sign_ins.known(cookie)
        if found is None:
            return None
        kind, _, rest = found["subject"].partition(" ")
        if kind == TOKEN:
            token = self._tokens.usable(rest)
            return token_caller(token) if token is not None else None
        if rest.partition(" ")[0] != self._issuer or found["role"] not in ROLES:
            return None
        return Caller(found["name"], "person", ROLES[found["role"]], found["role"])


def token_caller(token: Json) -> Caller:
    """A token as a caller."""
    return Caller(f"token:{token['name']}", "token", frozenset(token["scopes"]))
