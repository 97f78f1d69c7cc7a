"""A store with a share of the demonstration's records, read in one batch: one for each of its files takes ten times as
long."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting
from remit.rooms.estate import identities_toml, records

END_US = 1_790_000_000_000_000
"""The moment the estate ends, in microseconds since the epoch."""


def share(every: int, *, cloudtrail_alone: bool = False) -> Iterator[bytes]:
    """One in so many records of each feed."""
    for feed in records(END_US):
        if feed.data_source == "cloudtrail":
            yield from (json.dumps(record).encode() for record in json.loads(feed.content)["Records"][::every])
        elif not cloudtrail_alone and b"\n" in feed.content.strip() and feed.content.lstrip()[:1] == b"{":
            yield from feed.content.splitlines()[::every]


def fill(store: Store, folder: Path, lines: Iterable[bytes]) -> None:
    """Map the estate's identities and store these records, their joins made."""
    (folder / "identities.toml").write_text(identities_toml(), encoding="utf-8")
    work = Ingesting(store, {"feed": "estate"}, lambda state: None)
    work.conclude(work.chunks(iter([Chunk("estate", list(lines), 0)])), 0.0)
