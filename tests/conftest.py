"""What tests of several folders stand on: the state in both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgresql import BINARIES, PostgreSQL, running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server; without Debian's package these tests are skipped and say so."""
    if not (BINARIES / "postgres").exists():
        pytest.skip("no PostgreSQL 15 here: scripts/install_postgresql.sh says why")
    with running() as server:
        yield server


def _address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database()


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a state that holds nothing, in each of the engines."""
    return _address(request, tmp_path)


@pytest.fixture(params=[None, pytest.param("postgresql", marks=pytest.mark.heavy)], ids=["sqlite", "postgresql"])
def store_state(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The same for tests of a whole store; None is its own file."""
    return None if request.param is None else _address(request, tmp_path)
