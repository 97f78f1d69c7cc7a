"""A store of CloudTrail records in this process, with a clock that the test moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.cloudtrail import record

from remit.adapters.store.secrets import Secrets
from remit.adapters.store.store import Store
from remit.app.alert_desk import AlertDesk
from remit.app.keeping import work
from remit.app.watched import WatchedEvents
from remit.flows.alerting.rounds import Rounds

MINUTE = 60_000_000
START = datetime(2026, 10, 1, tzinfo=UTC)


class House:
    """A store with its desk of alerts; ``now`` is microseconds since the epoch."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self._folder = folder
        self._events = 0
        self.now = int(START.timestamp()) * 1_000_000
        self.index = WatchedEvents(store.index)
        self.desk = AlertDesk(self.index, store.state, Secrets(store.folder), "https://remit.example", lambda: self.now)
        # By a clock that stands: on a busy machine no look counts as slow and keeps its alert from the next.
        self.rounds = Rounds(self.index, self.desk.book, lambda: self.now, lambda: 0.0)

    def happens(self, who: str, operation: str, times: int = 1, minutes: float = 0, **more: Any) -> list[str]:
        """Ingest so many calls at ``minutes`` after START; their provider's ids."""
        return self.happen([(who, operation, times)], minutes, **more)

    def happen(self, calls: list[tuple[str, str, int]], minutes: float, **more: Any) -> list[str]:
        """Ingest calls, as (who, operation, times), in one go."""
        at = (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ids, lines = [], []
        for who, operation, times in calls:
            identity = {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/{who}", "userName": who}
            for _ in range(times):
                ids.append(f"{who}-{operation}-{self._events}")
                lines.append(record(ids[-1], operation, who, eventTime=at, userIdentity=identity, **more))
                self._events += 1
        log = self._folder / "log.json"
        log.write_bytes(b"\n".join(lines))
        options = {"form": "auto", "feed": None, "endpoint_url": None, "profile": None, "workers": 1}
        work(self.store, "ingest", {"target": str(log), "options": options}, lambda _: None)
        return ids

    def later(self, minutes: float) -> None:
        """The clock stands so long after START."""
        self.now = int((START + timedelta(minutes=minutes)).timestamp() * 1_000_000)

    def found(self, alert: str) -> list[Any]:
        """The firings of an alert, the oldest first."""
        return list(reversed(self.desk.show(alert)["firings"]))

    def add(self, query: str, kind: str = "match", **settings: str) -> str:
        """Set an alert; its id."""
        return str(self.desk.add({"query": query, "kind": kind, "settings": settings}, "ana")["id"])


@pytest.fixture
def house(tmp_path: Path, store_state: str | None) -> Iterator[House]:
    """An empty store."""
    with Store.open(tmp_path / "data", "test", state_url=store_state) as store:
        yield House(store, tmp_path)


def canonical(value: Any) -> str:
    """A value for comparing."""
    return json.dumps(value, sort_keys=True)
