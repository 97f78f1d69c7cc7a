"""API tokens and sign-ins in the state; digests alone, never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, delete, or_, select, update

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import SIGN_INS, TOKENS
from remit.model.errors import Conflict

Row = dict[str, Any]


class StoredTokens:
    """``flows.access.ports.TokenStore`` over the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a new token. Raises Conflict when one of its name, made at the same moment elsewhere, may be used."""
        named = select(TOKENS.c.id).where(TOKENS.c.name == row["name"], TOKENS.c.revoked.is_(None))
        usable = named.where(or_(TOKENS.c.expires.is_(None), TOKENS.c.expires > row["created"]))
        with self._state.transaction(alone="tokens") as connection:
            if connection.execute(usable).first() is not None:
                raise Conflict(f"There is a token named {row['name']} already", remedy="Choose another name.")
            connection.execute(TOKENS.insert().values({**row, "scopes": json.dumps(row["scopes"])}))

    def of(self, token_id: str) -> Row | None:
        """The token of an id."""
        with self._state.transaction() as connection:
            found = connection.execute(select(TOKENS).where(TOKENS.c.id == token_id)).mappings().first()
        return _token(found) if found is not None else None

    def rows(self) -> list[Row]:
        """Every token, newest first."""
        with self._state.transaction() as connection:
            query = select(TOKENS).order_by(TOKENS.c.created.desc(), TOKENS.c.id)
            return [_token(row) for row in connection.execute(query).mappings()]

    def mark(self, token_id: str, column: str, at: str) -> None:
        """Note when a token was last used, or that it is revoked."""
        with self._state.transaction() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.id == token_id).values({column: at}))


def _token(row: RowMapping) -> Row:
    return {**row, "scopes": json.loads(row["scopes"])}


class StoredSignIns:
    """``flows.access.ports.SignInStore`` over the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a new sign-in."""
        with self._state.transaction() as connection:
            connection.execute(SIGN_INS.insert().values(dict(row)))

    def of(self, digest: str) -> Row | None:
        """The sign-in of a cookie's digest."""
        with self._state.transaction() as connection:
            found = connection.execute(select(SIGN_INS).where(SIGN_INS.c.digest == digest)).mappings().first()
        return dict(found) if found is not None else None

    def rows(self) -> list[Row]:
        """Every sign-in, newest first."""
        with self._state.transaction() as connection:
            query = select(SIGN_INS).order_by(SIGN_INS.c.created.desc(), SIGN_INS.c.digest)
            return [dict(row) for row in connection.execute(query).mappings()]

    def remove(self, digest: str) -> bool:
        """Forget a sign-in; False if there is none."""
        with self._state.transaction() as connection:
            return bool(connection.execute(delete(SIGN_INS).where(SIGN_INS.c.digest == digest)).rowcount)

    def remove_expired(self, at: str) -> None:
        """Forget what ended by ``at``."""
        with self._state.transaction() as connection:
            connection.execute(delete(SIGN_INS).where(SIGN_INS.c.expires <= at))
