"""What tests of several folders stand on: the state in both engines, an S3 server."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from tests import s3server
from tests.postgresql import BINARIES, PostgreSQL, running

# A shell starts a background job with Ctrl-C ignored, and so would be every process that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Everything collected lives until the end: looking through it for garbage, then and later, is work for nothing."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_unconfigure() -> None:
    """At the end it goes as ever."""
    gc.unfreeze()


class _Compiled(BytecodeCache):
    """Compiled templates by name and content."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> Iterator[None]:
    """A process has one console, but here every test has: compiling its templates would take most of the test."""
    with pytest.MonkeyPatch.context() as patch:
        compiling = partial(Environment, bytecode_cache=_Compiled())
        patch.setattr("remit.faces.console.pages.Environment", compiling)
        yield


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


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 server on loopback."""
    with s3server.serving() as endpoint:
        yield endpoint


@pytest.fixture
def s3_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that mean nothing, and none from anywhere else."""
    for name, value in s3server.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def lakes(s3_endpoint: str, s3_environment: None) -> s3server.Lakes:
    """An empty bucket for lakes."""
    return s3server.Lakes(s3_endpoint)
