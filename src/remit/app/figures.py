"""What the stores say of themselves, for the doctor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remit.adapters.store.digest import index_digest
from remit.adapters.store.lease import holder
from remit.adapters.store.store import REBUILT, Store
from remit.app.feeds_desk import RESOLVED


class Figures:
    """``flows.questions.ports.StoreFigures`` over a store."""

    def __init__(self, store: Store, rules_version: str) -> None:
        self._store = store
        self._rules = rules_version

    def quarantine(self) -> Sequence[Mapping[str, Any]]:
        """Unreadable records by reason and feed."""
        sql = (
            "SELECT reason, feed, count(*) AS count, any_value(place || ': ' || detail) AS sample"
            " FROM quarantine WHERE NOT list_contains(CAST(? AS VARCHAR[]), quarantine_id)"
            " GROUP BY ALL ORDER BY count DESC, reason LIMIT 100"
        )
        resolved = self._store.state.marked(RESOLVED)
        rows: list[dict[str, Any]] = self._store.index.execute(sql, [resolved]).to_pylist()
        return rows

    def digest(self) -> Mapping[str, Any]:
        """The digest of the index; the store lets no event in twice."""
        return {"digest": index_digest(self._store.index), "repeated": 0}

    def versions(self) -> Mapping[str, Any]:
        """Where lake and index stand, which rules judge, who keeps the folder."""
        reached = self._store.index.followed()
        return {
            "lake": self._store.lake.version("events"),
            "place": self._store.lake.storage.place,
            "index": reached.get("events"),
            "rules": self._rules,
            "keeper": holder(self._store.folder),
            "rebuilt": self._store.state.setting(REBUILT),
        }
