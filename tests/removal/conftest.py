"""A store that holds records of every format, with a subject named in some of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store


@pytest.fixture
def store(tmp_path: Path, store_state: str | None):
    """An open, empty store."""
    with Store.open(tmp_path / "data", "test", state_url=store_state) as opened:
        yield opened


@pytest.fixture
def steps(store: Store) -> StoreRemoval:
    """What that store can do towards a removal."""
    return StoreRemoval(store)
