"""The demonstration's data folder: filled from the estate through the same ingest as anybody's logs."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from remit.adapters.feeds.chunks import ByteReader, Source
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, settle_store
from remit.app.packaged import REGISTRY_FILE
from remit.model.errors import UsageError
from remit.rooms.estate import Feed, identities_toml, records

MARK: Final = "demonstration.json"
_FRESH_SECONDS: Final = 12 * 3600


def prepare(folder: Path, say: Callable[[str], None]) -> bool:
    """Make the folder ready for the demonstration; True when it must be filled.

    :raises UsageError: if the folder holds something that is no demonstration.
    """
    mark = folder / MARK
    if mark.exists():
        made = float(json.loads(mark.read_text()).get("made", 0))
        if time.time() - made < _FRESH_SECONDS:
            return False
        say("The demonstration is from another day and is made anew.")
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "This data folder holds no demonstration", where=str(folder), remedy="Name another one with --data."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REGISTRY_FILE).write_text(identities_toml(), encoding="utf-8")
    return True


def fill(store: Store, say: Callable[[str], None]) -> None:
    """Generate the estate up to now and ingest it."""
    started = time.monotonic()
    total = 0
    for feed in records(time.time_ns() // 1000):
        ingesting = Ingesting(store, {"feed": feed.feed_name, "form": "auto"}, lambda state: None)  # noqa: ARG005
        total += ingesting.read(iter([_source(feed)])).new
    store.follow()
    settle_store(store)
    (store.folder / MARK).write_text(json.dumps({"made": time.time(), "synthetic": True}))
    say(f"Demonstration estate: {total:,} synthetic events in {time.monotonic() - started:.1f} s.")


def _source(feed: Feed) -> Source:
    def opened() -> ByteReader:
        return io.BytesIO(feed.content)

    return Source(f"demonstration/{feed.file_name}", len(feed.content), "", opened)
