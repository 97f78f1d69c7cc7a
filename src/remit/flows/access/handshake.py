"""Signing in through a provider: sent there with a state of one's own, back with a code, in with a cookie.

What must be remembered in between is kept by the browser, sealed: nothing piles up here when people wander off.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from remit.flows.access.ports import Json
from remit.flows.access.roles import RolePolicy, claim_texts, person_name
from remit.flows.access.sign_ins import SignIns
from remit.flows.access.tokens import Clock, now
from remit.model.errors import Forbidden, NotSignedIn

MINUTES: Final = 10
_NEXT_LETTERS: Final = 2000
"""A cookie holds four kilobytes; a longer way back is not remembered."""


class IdentityProvider(Protocol):
    """Whoever knows the people."""

    issuer: str

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str: ...
    def claims(self, code: str, nonce: str, verifier: str, wanted: str) -> Json: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it keeps until it is back."""

    url: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The cookie of the sign-in, and the path the browser wanted."""

    cookie: str
    next: str


class Handshake:
    """Sign-ins through one provider. ``hours`` is how long one holds. Servers with the same ``key`` can finish what
    another of them began; without one, only this process can."""

    def __init__(
        self,
        provider: IdentityProvider,
        sign_ins: SignIns,
        policy: RolePolicy,
        hours: int,
        clock: Clock = now,
        key: bytes = b"",
    ) -> None:
        self._provider = provider
        self._sign_ins = sign_ins
        self._policy = policy
        self._hours = hours
        self._clock = clock
        self._key = key or secrets.token_bytes(32)

    def begin(self, next_path: str) -> Begun:
        """:raises Unavailable: if the provider does not answer."""
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        kept["verifier"] += secrets.token_urlsafe(16)
        url = self._provider.authorization_url(kept["state"], kept["nonce"], kept["verifier"])
        path = next_path if len(next_path) <= _NEXT_LETTERS else "/"
        ends = int(self._clock().timestamp()) + 60 * MINUTES
        return Begun(url, self._sealed({**kept, "next": path, "ends": ends}))

    def finish(self, said: Mapping[str, str], sealed: str) -> Finished:
        """``said`` is what the provider sent back through the browser, ``sealed`` what the browser kept.

        :raises NotSignedIn: if they do not belong together, or the provider refused. :raises Forbidden: without a role.
        """
        kept = self._opened(sealed)
        if not hmac.compare_digest(said.get("state", "").encode(), kept["state"].encode()):
            raise _start_again("it was begun in another window, or by somebody else")
        if said.get("iss", self._provider.issuer) != self._provider.issuer:
            raise _start_again("another provider answered")
        if "error" in said or not said.get("code"):
            raise _start_again(f"the provider said {_word(said.get('error', 'nothing'))}")
        claims = self._provider.claims(said["code"], kept["nonce"], kept["verifier"], self._policy.claim)
        return Finished(self._admitted(claims), kept["next"])

    def _admitted(self, claims: Json) -> str:
        name, role = person_name(claims), self._policy.role(claims)
        if not role:
            count = len(claim_texts(claims, self._policy.claim))
            raise Forbidden(
                f"{name} is known to the identity provider and has no role here",
                remedy=f"The claim {self._policy.claim!r} held {count} of your groups, and none of them gives one. Ask "
                "whoever runs this server.",
            )
        subject = f"oidc {self._provider.issuer} {claims['sub']}"
        return self._sign_ins.begin(subject, name, role, self._hours)

    def _sealed(self, kept: Mapping[str, Any]) -> str:
        body = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
        return f"{body}.{self._mark(body)}"

    def _opened(self, sealed: str) -> Json:
        body, _, mark = sealed.partition(".")
        if not hmac.compare_digest(mark.encode(), self._mark(body).encode()):
            raise _start_again("this browser has not begun one, or it was begun with another server")
        kept: Json = json.loads(base64.urlsafe_b64decode(body))
        if kept["ends"] <= self._clock().timestamp():
            raise _start_again(f"it took longer than {MINUTES} minutes")
        return kept

    def _mark(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _start_again(why: str) -> NotSignedIn:
    return NotSignedIn(f"The sign-in cannot go on: {why}", remedy="Start again from the sign-in page.")


def _word(text: str) -> str:
    """An error code of the protocol; anything else is not repeated."""
    return text if text.isascii() and text.replace("_", "").isalnum() and len(text) <= 60 else "something unreadable"
