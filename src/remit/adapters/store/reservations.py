"""Which events are on their way into the store: reserved by a batch in flight, or committed but not yet followed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence


class Reservations:
    """Ids held in memory between a batch's question and the moment the index itself knows them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: dict[str, set[str]] = {}
        self._taken: set[str] = set()
        self._committed: list[set[str]] = []

    def reserve(self, ids: Sequence[str]) -> tuple[str, set[str]]:
        """Take the ids nobody else holds; returns a token and the ids that somebody does.

        Ask the index only afterwards, and give what it knows to ``drop``. The other way round an id could be followed
        and forgotten here between the two questions, and would be stored twice.
        """
        with self._lock:
            asked = set(ids)
            taken = asked & self._taken
            token = uuid.uuid4().hex
            self._by_token[token] = asked - taken
            self._taken |= asked
            return token, taken

    def drop(self, token: str, stored: set[str]) -> None:
        """The index knows these already: they need no reservation."""
        with self._lock:
            mine = self._by_token[token]
            self._taken -= mine & stored
            mine -= stored

    def held(self, token: str) -> frozenset[str]:
        """The ids this batch may store; empty once it has committed or was given up."""
        with self._lock:
            return frozenset(self._by_token.get(token, ()))

    def release(self, token: str) -> None:
        """The batch was given up: its ids are free again."""
        with self._lock:
            self._taken -= self._by_token.pop(token, set())

    def commit(self, token: str) -> None:
        """The batch is in the lake: its ids stay taken until the index has followed."""
        with self._lock:
            self._committed.append(self._by_token.pop(token, set()))

    def committed(self) -> int:
        """How many batches wait for the index; give the number to ``followed`` afterwards."""
        with self._lock:
            return len(self._committed)

    def followed(self, batches: int) -> None:
        """The index knows the first so many committed batches: they need no memory any more."""
        with self._lock:
            for ids in self._committed[:batches]:
                self._taken -= ids
            del self._committed[:batches]
