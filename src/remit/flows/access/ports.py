"""What giving and taking access needs: somewhere to keep it, and a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Json = dict[str, Any]
Row = Mapping[str, Any]


class TokenStore(Protocol):
    """Tokens as rows of ``id, name, digest, scopes`` (list), ``created, created_by, expires, last_used, revoked``;
    times are ISO 8601 in UTC or None."""

    def add(self, row: Row) -> None: ...
    def of(self, token_id: str) -> Row | None: ...
    def rows(self) -> Sequence[Row]: ...
    def mark(self, token_id: str, column: str, at: str) -> None: ...


class SignInStore(Protocol):
    """Browsers signed in, as rows of ``digest, subject, name, role, created, expires``."""

    def add(self, row: Row) -> None: ...
    def of(self, digest: str) -> Row | None: ...
    def rows(self) -> Sequence[Row]: ...
    def remove(self, digest: str) -> bool: ...
    def remove_expired(self, at: str) -> None: ...


class Journal(Protocol):
    """Where changes of Remit itself are recorded."""

    def journal(self, who: str, what: str, facts: Mapping[str, object]) -> None: ...
