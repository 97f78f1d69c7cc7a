"""Putting a corpus into a data folder, and what the folder then holds in one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from remit.adapters.store.digest import ATTRIBUTION, index_digest, lake_digest
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, settle_store


@dataclass(frozen=True, slots=True)
class Held:
    """What a store holds: the digest of (id, attribution, same_as), and how many unreadable records."""

    digest: str
    quarantined: int

    @property
    def events(self) -> int:
        """How many events."""
        return int(self.digest.partition(":")[0])


def held(store: Store) -> Held:
    """What it holds, once index and lake were seen to agree, every event to be there once and nothing left to join."""
    assert index_digest(store.index) == lake_digest(store.lake)
    digest = index_digest(store.index, ATTRIBUTION)
    sql = "SELECT count(*) AS rows, count(DISTINCT event_id) AS events FROM events"
    counted = store.index.execute(sql).to_pylist()[0]
    assert counted["rows"] == counted["events"]
    refused = store.index.execute("SELECT count(DISTINCT quarantine_id) AS n FROM quarantine").to_pylist()[0]["n"]
    return Held(digest, refused)


def settled(store: Store) -> Held:
    """As ``held``, when settling once more finds nothing to do."""
    assert settle_store(store).looked_at == 0
    return held(store)


def ingest(store: Store, targets: Iterable[Path], workers: int = 1) -> None:
    """Read these folders, one run each, as a command does."""
    for target in targets:
        options = {"workers": workers, "feed": f"feed-{target.name}"}
        Ingesting(store, options, lambda state: None).from_target(str(target), options)
