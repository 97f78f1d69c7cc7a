"""Which events are on their way into the store: reserved by a batch in flight, or committed but not yet followed.

The link keys that such events offer are held here too, so that a later batch finds them before the index does.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

Row = Mapping[str, object]
Offers = Mapping[str, Sequence[Row]]
"""Per link key the facts of the events that offer it."""
REMEMBERED_OFFERS: Final = 50_000
"""Most offers held for the index; a join to one beyond them is found when the index has followed."""


class Reservations:
    """Ids held in memory between a batch's question and the moment the index itself knows them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: dict[str, set[str]] = {}
        self._taken: set[str] = set()
        self._committed: list[tuple[set[str], Offers]] = []
        self._offers_by_token: dict[str, Offers] = {}
        self._offered: dict[str, dict[str, Row]] = {}

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

    def in_flight(self) -> int:
        """Batches that have asked and not yet committed or given up."""
        with self._lock:
            return len(self._by_token)

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
            self._offers_by_token.pop(token, None)

    def commit(self, token: str) -> None:
        """The batch is in the lake: its ids stay taken until the index has followed."""
        with self._lock:
            offers = self._offers_by_token.pop(token, {})
            if len(self._offered) + len(offers) > REMEMBERED_OFFERS:
                offers = {}
            self._committed.append((self._by_token.pop(token, set()), offers))
            for key, rows in offers.items():
                self._offered.setdefault(key, {}).update((str(row["event_id"]), row) for row in rows)

    def committed(self) -> int:
        """How many batches wait for the index; give the number to ``followed`` afterwards."""
        with self._lock:
            return len(self._committed)

    def followed(self, batches: int) -> None:
        """The index knows the first so many committed batches: they need no memory any more."""
        with self._lock:
            for ids, offers in self._committed[:batches]:
                self._taken -= ids
                for key, rows in offers.items():
                    self._forget(key, rows)
            del self._committed[:batches]

    def offer(self, token: str, offers: Offers) -> None:
        """The link keys that this batch's events offer; of its reserved ids alone, for only those it will store."""
        with self._lock:
            mine = self._by_token[token]
            fresh = {key: [row for row in rows if row["event_id"] in mine] for key, rows in offers.items()}
            self._offers_by_token[token] = {key: rows for key, rows in fresh.items() if rows}

    def offering(self, token: str, keys: Sequence[str]) -> dict[str, list[Row]]:
        """Per key the events that offer it and that this batch may join to: its own, and committed ones.

        Ask the index only afterwards, or an event could be followed and forgotten here between the two questions.
        """
        with self._lock:
            own = self._offers_by_token.get(token, {})
            found = {key: [*own.get(key, ()), *self._offered.get(key, {}).values()] for key in keys}
        return {key: rows for key, rows in found.items() if rows}

    def _forget(self, key: str, rows: Sequence[Row]) -> None:
        offered = self._offered[key]
        for row in rows:
            offered.pop(str(row["event_id"]), None)
        if not offered:
            del self._offered[key]
