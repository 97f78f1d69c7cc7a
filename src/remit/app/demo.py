"""The demonstration's data folder: filled from the estate through the same ingest as anybody's logs."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from remit.adapters.feeds.chunks import ByteReader, Source
from remit.adapters.store.lease import FILE as LEASE_FILE
from remit.adapters.store.lease import Lease
from remit.adapters.store.store import Store
from remit.app.authorization_files import FOLDER
from remit.app.ingesting import Ingesting, settle_store
from remit.app.organization_file import FILE_NAME
from remit.app.packaged import REGISTRY_FILE
from remit.model.errors import UsageError
from remit.rooms.estate import Feed, authorization_json, identities_toml, organization_json, records
from remit.rooms.estate.authorization import BEFORE_END

MARK: Final = "demonstration.json"
_FRESH_SECONDS: Final = 12 * 3600


def prepare(folder: Path, say: Callable[[str], None], beside: str = "") -> bool:
    """Make the folder ready for the demonstration; True when it must be filled. A file named ``beside`` may be there.

    :raises UsageError: if the folder holds something that is no demonstration.
    """
    mark = folder / MARK
    if mark.exists():
        if time.time() - _made(mark) < _FRESH_SECONDS:
            return False
        say("The demonstration is unfinished or from another day, and is made anew.")
        _empty(folder)
    elif folder.exists() and any(item.name != beside for item in folder.iterdir()):
        raise UsageError(
            "This data folder holds no demonstration", where=str(folder), remedy="Name another one with --data."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sign(mark, made=0)  # killed from here on, it is known for a demonstration and made anew
    (folder / REGISTRY_FILE).write_text(identities_toml(), encoding="utf-8")
    (folder / FILE_NAME).write_text(organization_json(time.time_ns() // 1000), encoding="utf-8")
    _export_authorization(folder / FOLDER)
    return True


def remove(folder: Path, beside: str = "") -> None:
    """Empty a folder but for the file named ``beside``, unless a process keeps it; there need not be one."""
    if folder.exists():
        _empty(folder, beside)
        (folder / MARK).unlink(missing_ok=True)
        (folder / LEASE_FILE).unlink(missing_ok=True)


def _export_authorization(folder: Path) -> None:
    """Exports of IAM, dated as they are: from before the incident."""
    folder.mkdir(exist_ok=True)
    taken = time.time() - BEFORE_END / 1_000_000
    for name, text in authorization_json().items():
        (folder / name).write_text(text, encoding="utf-8")
        os.utime(folder / name, (taken, taken))


def _made(mark: Path) -> float:
    try:
        return float(json.loads(mark.read_text(encoding="utf-8"))["made"])
    except (ValueError, KeyError, TypeError):
        return 0.0


def _sign(mark: Path, made: float) -> None:
    mark.write_text(json.dumps({"made": made, "synthetic": True}), encoding="utf-8")


def _empty(folder: Path, beside: str = "") -> None:
    """Remove what is in the folder, unless a process keeps it. The mark goes last: half emptied, it is still known."""
    with Lease.acquire(folder, "demonstration"):
        for item in folder.iterdir():
            if item.name in (LEASE_FILE, MARK, beside):
                continue
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item)
            else:
                item.unlink()


def fill(store: Store, say: Callable[[str], None]) -> None:
    """Generate the estate up to now and ingest it."""
    started = time.monotonic()
    total = 0
    feeds: dict[str, list[Source]] = {}
    for feed in records(time.time_ns() // 1000):
        feeds.setdefault(feed.feed_name, []).append(_source(feed))
    for name, found in feeds.items():
        ingesting = Ingesting(store, {"feed": name, "form": "auto"}, lambda state: None)  # noqa: ARG005
        total += ingesting.read(iter(found)).new
    store.follow()
    settle_store(store)
    _sign(store.folder / MARK, made=time.time())
    say(f"Demonstration estate: {total:,} synthetic events in {time.monotonic() - started:.1f} s.")


def _source(feed: Feed) -> Source:
    def opened() -> ByteReader:
        return io.BytesIO(feed.content)

    return Source(f"demonstration/{feed.file_name}", len(feed.content), "", opened)
