"""Opening the store of a data folder as its configuration says: as its keeper, or beside a keeper elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from remit.adapters.store.beside import StoreBeside
from remit.adapters.store.place import LakePlace
from remit.adapters.store.state.state import State
from remit.adapters.store.store import Store
from remit.app.config.reading import load_configuration, read_secret
from remit.app.config.schema import Configuration, Lake
from remit.model.errors import ConfigError

CONSOLE: Final = "console"


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

    :raises KeeperBusy: naming the process that keeps the folder, its lake that lies elsewhere, or its shared state.
    :raises ConfigError: if the configuration cannot be used. :raises StateUnavailable: if its database is not there.
    """
    configured = configured or load_configuration(folder)
    state, place = configured.state, place_of(configured.lake)
    password = read_secret(state.password_file, state.password_env, "state.password")
    if configured.server.role == CONSOLE:
        return _beside(folder, say, control, configured, password)
    url = state.url or None
    return Store.open(folder, role, say, control=control, state_url=url, state_password=password, place=place)


def place_of(lake: Lake) -> LakePlace:
    """The lake's place, as the configuration has it."""
    return LakePlace(lake.url, lake.region, lake.endpoint, lake.lease_seconds)


def _beside(
    folder: Path, say: Callable[[str], None], control: str, configured: Configuration, password: str
) -> StoreBeside:
    if not configured.state.url or not configured.lake.url:
        missing = "state.url" if not configured.state.url else "lake.url"
        raise ConfigError(
            f"A console needs {missing}",
            remedy="Give it the lake and the PostgreSQL state of its keeper; docs/deployment.md shows how.",
        )
    if configured.retention.keep:
        raise ConfigError("retention.keep is the keeper's affair", remedy="Take it out of a console's configuration.")
    storage = place_of(configured.lake).storage(folder)
    state = State.open(configured.state.url, password, migrates=False)
    return StoreBeside.beside(folder, storage, state, say, control=control)
