"""Tokens: made, shown once, known again by their digest, taken back.

A secret is ``remit_<id>_<random>``. Its random part has 192 bits, so nobody finds it by trying, whatever the hash: a
slow hash with a salt is for passwords, which people choose. SHA-256 keeps a look at the state from giving the secret
away and costs nothing at each request. The id finds the row; the digests are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final

from remit.flows.access.ports import Journal, Json, Row, TokenStore
from remit.model.errors import Conflict, NotFound, StoreError, UsageError

SCOPES: Final = ("read", "push", "operate", "admin")
_SECRET: Final = re.compile(r"remit_([0-9a-f]{12})_[0-9a-f]{48}", re.ASCII)
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})([hdw])", re.ASCII)
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_NAME: Final = re.compile(r"[\w.@:/+-][\w.@:/+ -]{0,79}")
_NOTED_AGAIN: Final = timedelta(minutes=1)
Clock = Callable[[], datetime]


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


class Tokens:
    """The tokens of one server. Answers are JSON-able and hold no digest; only ``create`` gives a secret."""

    def __init__(self, store: TokenStore, journal: Journal, clock: Clock = now) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def create(self, name: str, scopes: Iterable[str], expires: str = "", by: str = "local") -> Json:
        """Make a token; ``secret`` in the answer is shown this once. ``expires`` is ``12h``, ``90d``, ``8w``, a day
        (``2027-01-31``, to whose end it holds) or empty for never.

        :raises UsageError: for a name, scope or end that cannot be. :raises Conflict: for a name in use.
        """
        name, given = name.strip(), list(dict.fromkeys(scopes))
        _check(name, given)
        if any(row["name"] == name and self._state(row) == "active" for row in self._store.rows()):
            raise Conflict(f"There is a token named {name} already", remedy="Choose another name, or revoke that one.")
        token_id = secrets.token_hex(6)
        secret = f"remit_{token_id}_{secrets.token_hex(24)}"
        row = {
            "id": token_id,
            "name": name,
            "digest": _digest(secret),
            "scopes": [scope for scope in SCOPES if scope in given],
            "created": _spelled(self._clock()),
            "created_by": by,
            "expires": self._end(expires.strip()),
            "last_used": None,
            "revoked": None,
        }
        self._store.add(row)
        facts = {key: row[key] for key in ("id", "name", "scopes", "expires")}
        self._journal.journal(by, "token.created", facts)
        return {**self._shown(row), "secret": secret}

    def list(self) -> Json:
        """Every token there was, newest first: ``{"tokens": [...]}``; ``state`` is active, expired or revoked."""
        return {"tokens": [self._shown(row) for row in self._store.rows()]}

    def revoke(self, which: str, by: str = "local") -> Json:
        """Take a token back, by its id or name; it is refused from the next request on.

        :raises NotFound: if there is no such token that could still be used.
        """
        for row in self._store.rows():
            if which in (row["id"], row["name"]) and row["revoked"] is None:
                self._store.mark(row["id"], "revoked", _spelled(self._clock()))
                self._journal.journal(by, "token.revoked", {"id": row["id"], "name": row["name"]})
                return self._shown(self._store.of(row["id"]) or row)
        raise NotFound(f"There is no token {which!r} to revoke", remedy="`remit tokens list` names them.")

    def known(self, secret: str) -> Json | None:
        """The token that a secret is, if it may be used now; its use is noted at most once a minute."""
        found = _SECRET.fullmatch(secret)
        row = self._store.of(found[1]) if found else None
        if row is None or not hmac.compare_digest(row["digest"], _digest(secret)) or self._state(row) != "active":
            return None
        self._note(row)
        return self._shown(row)

    def usable(self, token_id: str) -> Json | None:
        """The token of an id, if it may be used now."""
        row = self._store.of(token_id)
        return self._shown(row) if row is not None and self._state(row) == "active" else None

    def _note(self, row: Row) -> None:
        at = self._clock()
        if row["last_used"] is None or datetime.fromisoformat(row["last_used"]) + _NOTED_AGAIN <= at:
            with suppress(StoreError):  # a disk that is full must not lock out who would make room
                self._store.mark(row["id"], "last_used", _spelled(at))

    def _state(self, row: Row) -> str:
        if row["revoked"] is not None:
            return "revoked"
        ended = row["expires"] is not None and datetime.fromisoformat(row["expires"]) <= self._clock()
        return "expired" if ended else "active"

    def _shown(self, row: Row) -> Json:
        return {**{key: value for key, value in row.items() if key != "digest"}, "state": self._state(row)}

    def _end(self, text: str) -> str | None:
        if not text:
            return None
        end = _end_of(text, self._clock())
        if end <= self._clock():
            raise UsageError(f"{text} is over already", remedy="Name a day to come, or a span such as 90d.")
        return _spelled(end)


def _check(name: str, scopes: Sequence[str]) -> None:
    if not _NAME.fullmatch(name):
        remedy = "Up to 80 letters, digits, spaces and . _ - @ : / +, as in `prometheus`."
        raise UsageError(f"{name!r} cannot be a token's name", remedy=remedy)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        said = f"There is no scope {unknown[0]!r}" if unknown else "A token needs a scope"
        raise UsageError(said, remedy=f"Scopes: {', '.join(SCOPES)}.")


def _end_of(text: str, at: datetime) -> datetime:
    if span := _SPAN.fullmatch(text):
        return at + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        remedy = "Write 12h, 90d, 8w or a day such as 2027-01-31."
        raise UsageError(f"{text!r} is no time to end at", remedy=remedy) from None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _spelled(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
