"""How people get into a server that asks for a sign-in: through the identity provider, or with a token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from remit.adapters.oidc.provider import Provider, safe_address
from remit.app.config.reading import read_secret
from remit.app.config.schema import Auth, Oidc
from remit.app.credentials import TOKEN
from remit.flows.access.handshake import Begun, Finished, Handshake
from remit.flows.access.roles import RolePolicy
from remit.flows.access.sign_ins import SignIns
from remit.flows.access.tokens import Tokens
from remit.model.errors import ConfigError, NotSignedIn, UsageError

CALLBACK: Final = "/sign-in/callback"


class SigningIn:
    """``faces.console.sign_in.SignInDesk`` of one server. ``handshake`` is None where there is no provider."""

    def __init__(self, tokens: Tokens, sign_ins: SignIns, hours: int, handshake: Handshake | None, issuer: str) -> None:
        self._tokens = tokens
        self._sign_ins = sign_ins
        self._handshake = handshake
        self.issuer = issuer
        self.hours = hours

    def begin(self, next_path: str) -> Begun:
        """Towards the provider."""
        return self._through().begin(next_path)

    def finish(self, said: Mapping[str, str], sealed: str) -> Finished:
        """Back from it."""
        return self._through().finish(said, sealed)

    def with_token(self, secret: str) -> str:
        """In with a token of this server; returns the cookie, which is worth something as long as the token is."""
        token = self._tokens.known(secret)
        if token is None:
            raise NotSignedIn("This is no token that can be used", remedy="It may have ended or been revoked.")
        return self._sign_ins.begin(f"{TOKEN} {token['id']}", f"token:{token['name']}", "", self.hours)

    def end(self, cookie: str) -> None:
        """Out."""
        self._sign_ins.end(cookie)

    def _through(self) -> Handshake:
        if self._handshake is None:
            raise UsageError("This server has no identity provider", remedy="Sign in with a token.")
        return self._handshake


def signing_in(auth: Auth, mode: str, address: str, tokens: Tokens, sign_ins: SignIns) -> SigningIn:
    """The way in for a server that people open at ``address``.

    :raises ConfigError: if the mode is oidc and the provider is not fully described.
    """
    if mode != "oidc":
        return SigningIn(tokens, sign_ins, auth.session_hours, None, "")
    secret = read_secret(auth.oidc.client_secret_file, auth.oidc.client_secret_env, "auth.oidc.client_secret")
    provider = _provider(auth.oidc, address, secret)
    values = {role: getattr(auth.oidc.roles, role) for role in ("viewer", "operator", "admin")}
    default = "" if auth.oidc.default_role == "none" else auth.oidc.default_role
    if not default and not any(values.values()):
        raise ConfigError(
            "Nobody could sign in: no value of the role claim gives a role",
            remedy=f'Set [auth.oidc.roles], as admin = ["sre-leads"], for the claim {auth.oidc.role_claim!r}.',
        )
    policy = RolePolicy(auth.oidc.role_claim, values, default)
    handshake = Handshake(provider, sign_ins, policy, auth.session_hours, key=_seal(secret))
    return SigningIn(tokens, sign_ins, auth.session_hours, handshake, provider.issuer)


def _seal(secret: str) -> bytes:
    """The key of what a browser keeps while it is at the provider: the same on every console of one client."""
    return hmac.digest(secret.encode(), b"remit sign-in", "sha256") if secret else b""


def _provider(oidc: Oidc, address: str, secret: str) -> Provider:
    if not oidc.issuer or not oidc.client_id:
        raise ConfigError('[auth] mode = "oidc" needs [auth.oidc] issuer and client_id')
    if not safe_address(oidc.issuer) or any(letter.isspace() for letter in oidc.issuer):
        raise ConfigError(f"auth.oidc.issuer must be an https:// address, not {oidc.issuer!r}")
    if "openid" not in oidc.scopes:
        raise ConfigError('auth.oidc.scopes must hold "openid"')
    return Provider(oidc.issuer, oidc.client_id, secret, oidc.scopes, f"{address}{CALLBACK}")
