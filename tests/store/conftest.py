"""A store to test on."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.adapters.store.store import Store


@pytest.fixture
def notices() -> list[str]:
    """What the store told people."""
    return []


@pytest.fixture
def store(tmp_path: Path, notices: list[str]):
    """An open, empty store."""
    with Store.open(tmp_path / "data", "test", notices.append) as opened:
        yield opened
