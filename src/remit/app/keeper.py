"""The store in the shapes that the ingest and re-judging flows ask for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.store import Store
from remit.flows.ingest.ports import Answers, Offers

_CORRECTIONS_AT_ONCE: Final = 50_000


class StoreKeeper:
    """``flows.ingest.ports.Keeper`` over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ask(self, ids: Sequence[str], times: Sequence[int], keys: Sequence[str], offers: Offers) -> Answers:
        """Which ids are known, and who stands behind the link keys."""
        answers = self._store.ask(ids, times, keys, offers)
        return Answers(answers.token, answers.known, answers.offers, answers.erased)

    def commit(self, token: Any, files: Sequence[Any], quarantine: Sequence[Mapping[str, Any]], origin: str) -> None:
        """Make one chunk durable: its events, and what of it could not be read."""
        rows = arrow_table("quarantine", _quarantine_columns(quarantine)) if quarantine else None
        if not files and rows is None:
            if token is not None:
                self._store.abort(token)
            return
        self._store.commit(token, list(files), None, rows, {"origin": origin})

    def abort(self, token: Any) -> None:
        """Give a chunk up."""
        self._store.abort(token)


def _quarantine_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {**columns, "time": [time.time_ns() // 1000] * len(rows)}


class StoreCorrections:
    """``flows.rejudge.Corrections``: gathers corrections and commits them in large lots."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, list[Any]] = {}

    def append(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Take corrections; a full lot is committed at once."""
        for name, values in columns.items():
            self._waiting.setdefault(name, []).extend(values)
        if len(self._waiting["event_id"]) >= _CORRECTIONS_AT_ONCE:
            self._commit()

    def settled(self) -> None:
        """Commit the rest and let the index follow."""
        if self._waiting.get("event_id"):
            self._commit()
        self._store.follow()

    def _commit(self) -> None:
        table = arrow_table("corrections", self._waiting)
        self._store.commit(None, None, table, None, {"origin": "judged again"})
        self._waiting = {}
        self._store.follow()  # not beside the questions that go on: both together may want more memory than there is
