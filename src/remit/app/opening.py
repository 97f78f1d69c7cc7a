"""Opening the store of a data folder as its configuration says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from remit.adapters.store.place import LakePlace
from remit.adapters.store.store import Store
from remit.app.config.reading import load_configuration
from remit.app.config.schema import Configuration, Lake


def open_store(
    folder: Path,
    role: str,
    say: Callable[[str], None],
    *,
    control: str = "",
    configured: Configuration | None = None,
) -> Store:
    """The store of a folder, for ``role`` (``server``, ``ingest``, ...). ``configured`` is read from the folder unless
    it is given.

    :raises KeeperBusy: naming the process that keeps the folder, or the lake that lies elsewhere.
    :raises ConfigError: if the configuration cannot be used.
    """
    configured = configured or load_configuration(folder)
    return Store.open(folder, role, say, control=control, place=place_of(configured.lake))


def place_of(lake: Lake) -> LakePlace:
    """The lake's place, as the configuration has it."""
    return LakePlace(lake.url, lake.region, lake.endpoint, lake.lease_seconds)
