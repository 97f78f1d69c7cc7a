"""One OpenID Connect provider: discovery, the authorization code flow with PKCE, and ID tokens that are verified.

What the provider says is believed only as far as its keys prove it: the token's signature by a key of its JWKS (read
anew when a key is unknown), its issuer, audience, time and nonce. Every request ends in time, and its answer is short.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from remit.model.errors import ConfigError, NotSignedIn, Unavailable

Json = dict[str, Any]
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures by a key pair; one made with the client's secret, or none at all, proves nothing."""
_SECONDS: Final = 8.0
_ANSWER_BYTES: Final = 1 << 20
_KEPT_SECONDS: Final = 3600.0
_LEEWAY_SECONDS: Final = 60
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider:
    """``issuer`` is exactly what the provider calls itself. ``redirect_uri`` is where it sends people back to."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        scopes: tuple[str, ...],
        redirect_uri: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self._client = {"client_id": client_id, "client_secret": client_secret or None}
        self._scope = " ".join(scopes)
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._lock = threading.Lock()
        self._found: tuple[float, Json] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where a browser is sent to sign in. :raises Unavailable: if the provider does not answer."""
        endpoint = self._metadata()["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return str(url)

    def claims(self, code: str, nonce: str, verifier: str, wanted: str) -> Json:
        """What the provider says of whoever came back with ``code``: the claims of the verified ID token, and those of
        its userinfo if the token lacks the claim ``wanted``.

        :raises NotSignedIn: if the code or the token is not good. :raises Unavailable: if the provider does not answer.
        """
        granted = self._granted(code, verifier)
        claims = self._verified(str(granted.get("id_token") or ""), nonce, granted.get("access_token"))
        if wanted not in claims and wanted.partition(".")[0] not in claims:
            claims = {**self._told(granted, claims), **claims}
        return claims

    def _granted(self, code: str, verifier: str) -> Mapping[str, Any]:
        endpoint = self._metadata()["token_endpoint"]
        with self._session() as session:
            try:
                found = session.fetch_token(endpoint, code=code, code_verifier=verifier, allow_redirects=False)
            except (AuthlibBaseError, ValueError) as error:
                said = getattr(error, "error", None) or "no token"
                _LOG.warning("The identity provider gave no token: %s", _printable(error))
                raise _refused(f"the provider gave no token ({_printable(said)})") from error
            except requests.RequestException as error:
                raise _silent(endpoint, error) from error
        return dict(found)

    def _verified(self, id_token: str, nonce: str, access_token: object) -> Json:
        token = self._signed(id_token, self._key_set()) or self._signed(id_token, self._key_set(fresh=True))
        if token is None:
            raise _refused("the ID token names a key that the provider does not have")
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client["client_id"]},
        }
        params = {"nonce": nonce, "client_id": self._client["client_id"], "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, params)
        try:
            claims.validate(now=int(self._clock()), leeway=_LEEWAY_SECONDS)
        except JoseError as error:
            raise _refused(f"the ID token does not hold ({error.description or error.error})") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise _refused("the ID token has a claim of the wrong kind") from error
        return dict(token.claims)

    def _signed(self, id_token: str, keys: KeySet) -> jwt.Token | None:
        """None if it names a key that is not among these. :raises NotSignedIn: if the signature is wrong."""
        allowed = self._metadata().get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = jws.JWSRegistry(algorithms=[name for name in ALGORITHMS if name in allowed])
        registry.strict_check_header = False
        try:
            kid = jws.extract_compact(id_token.encode()).headers().get("kid")
            fitting = [key for key in keys.keys if key.key_type != "oct" and (kid is None or key.kid == kid)]
            if not fitting and kid is not None:
                return None
            return _first_that_verifies(id_token, fitting, registry)
        except (JoseError, ValueError, TypeError, AttributeError) as error:
            raise _refused("the ID token's signature is not the provider's") from error

    def _told(self, granted: Mapping[str, Any], claims: Json) -> Json:
        """The userinfo, if the provider has one and it is of the same person."""
        endpoint = self._metadata().get("userinfo_endpoint")
        if not endpoint:
            return {}
        told = self._read(str(endpoint), {"Authorization": f"Bearer {granted.get('access_token')}"})
        return told if told.get("sub") == claims["sub"] else {}

    def _metadata(self) -> Json:
        with self._lock:
            if self._found is None or self._clock() - self._found[0] > _KEPT_SECONDS:
                found = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                self._found = self._clock(), self._sound(found)
            return self._found[1]

    def _sound(self, found: Json) -> Json:
        if found.get("issuer") != self.issuer:
            raise ConfigError(
                f"The identity provider calls itself {str(found.get('issuer'))[:200]!r}, not {self.issuer!r}",
                remedy="Set [auth.oidc] issuer to exactly that, if it is the provider you mean.",
            )
        for name in _ENDPOINTS:
            if not safe_address(str(found.get(name) or "")):
                raise Unavailable(f"The identity provider names no usable {name}", where=self.issuer)
        return found

    def _key_set(self, *, fresh: bool = False) -> KeySet:
        address = str(self._metadata()["jwks_uri"])
        with self._lock:
            if fresh or self._keys is None or self._clock() - self._keys[0] > _KEPT_SECONDS:
                found = self._read(address)
                try:
                    self._keys = self._clock(), KeySet.import_key_set(found)  # type: ignore[arg-type]
                except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                    raise Unavailable("The identity provider's keys cannot be read", where=address) from error
            return self._keys[1]

    def _read(self, address: str, headers: Mapping[str, str] | None = None) -> Json:
        try:
            with _Bounded() as session:
                answer = session.get(address, headers=dict(headers or {}), allow_redirects=False)
                answer.raise_for_status()
                found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _silent(address, error) from error
        if not isinstance(found, dict):
            raise _silent(address, ValueError("its answer is no object"))
        return found

    def _session(self) -> Any:
        taken = self._metadata().get("token_endpoint_auth_methods_supported") or _BASIC
        by_form = self._client["client_secret"] is not None and _BASIC[0] not in taken
        client: Any = _BoundedClient  # which has the constructor of its first parent
        return client(
            **self._client,
            scope=self._scope,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_post" if by_form else None,
        )


_BASIC: Final = ("client_secret_basic",)


class _Bounded(requests.Session):
    """A session whose requests end in time and whose answers are short."""

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        named = {**named, "timeout": _SECONDS, "stream": True}
        answer = super().request(*arguments, **named)
        content = answer.raw.read(_ANSWER_BYTES + 1, decode_content=True) or b""
        answer.close()
        if len(content) > _ANSWER_BYTES:
            raise requests.exceptions.ContentDecodingError("its answer is too long")
        answer._content = content  # what ``content`` would have read without a bound
        return answer


class _BoundedClient(OAuth2Session, _Bounded):  # type: ignore[misc]
    """An OAuth client of the same manners."""


def safe_address(address: str) -> bool:
    """Whether an address is HTTPS, or of this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _OWN))


_LOG: Final = logging.getLogger("remit.oidc")
_OWN: Final = ("localhost", "127.0.0.1", "::1")


def _first_that_verifies(id_token: str, keys: list[Any], registry: jws.JWSRegistry) -> jwt.Token:
    """A token need not name its key; the error of the last one is what is said."""
    failed: Exception = ValueError("no key")
    for key in keys:
        try:
            return jwt.decode(id_token, key, registry=registry)
        except JoseError as error:
            failed = error
    raise failed


def _refused(why: str) -> NotSignedIn:
    return NotSignedIn(f"The sign-in could not be verified: {why}", remedy="Start again from the sign-in page.")


def _printable(said: object) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in str(said))[:200]


def _silent(address: str, error: Exception) -> Unavailable:
    _LOG.warning("The identity provider does not answer at %s: %s", address, _printable(error))
    status = getattr(getattr(error, "response", None), "status_code", None)
    said = f"it answered {status}" if status else type(error).__name__
    return Unavailable(
        f"The identity provider does not answer as it should: {said}",
        where=address,
        remedy="Try again in a moment. Whoever runs this server can see from its log whether it can be reached.",
    )
