"""Sign-ins: a browser holds a random cookie, the server its digest, whose it is and until when."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from remit.flows.access.ports import Journal, Json, SignInStore
from remit.flows.access.tokens import Clock, now

_SHORTEST: Final = 40


class SignIns:
    """Who is signed in. ``subject`` says by whose word: ``oidc <issuer> <sub>`` or ``token <id>``."""

    def __init__(self, store: SignInStore, journal: Journal, clock: Clock = now) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def begin(self, subject: str, name: str, role: str, hours: int) -> str:
        """Sign somebody in; returns the cookie, which is kept nowhere here."""
        at = self._clock()
        cookie = secrets.token_urlsafe(32)
        self._store.remove_expired(at.isoformat(timespec="seconds"))
        row = {"digest": _digest(cookie), "subject": subject, "name": name, "role": role}
        until = at + timedelta(hours=hours)
        times = {"created": at.isoformat(timespec="seconds"), "expires": until.isoformat(timespec="seconds")}
        self._store.add({**row, **times})
        self._journal.journal(name, "signed_in", {"subject": subject, "role": role})
        return cookie

    def known(self, cookie: str) -> Json | None:
        """Whose a cookie is, unless it is unknown or over: ``subject, name, role, created, expires``."""
        row = self._store.of(_digest(cookie)) if len(cookie) >= _SHORTEST else None
        if row is None or row["expires"] <= self._clock().isoformat(timespec="seconds"):
            return None
        return {key: value for key, value in row.items() if key != "digest"}

    def end(self, cookie: str) -> None:
        """Sign a browser out; its cookie is worth nothing from then on."""
        known = self.known(cookie)
        if self._store.remove(_digest(cookie)) and known is not None:
            self._journal.journal(known["name"], "signed_out", {"subject": known["subject"]})


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
