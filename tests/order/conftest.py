"""Nurseries that the tests share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .cradle import ROOT, Cradle
from .nursery import Nursery


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gate as a library to preload."""
    library = tmp_path_factory.mktemp("gate") / "gate.so"
    source = Path(__file__).with_name("gate.c")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: changes that DuckDB, SQLite and the Delta library make are not gated")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl", "-lpthread"], check=True)
    return library


@pytest.fixture(scope="session")
def cradle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cradle]:
    with Nursery(ROOT) as nursery:
        yield Cradle(nursery, tmp_path_factory.mktemp("cradle"))


@pytest.fixture(scope="session")
def gated(gate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cradle]:
    """Lives whose every change of a file is gated in the C library."""
    with Nursery(ROOT, gate) as nursery:
        yield Cradle(nursery, tmp_path_factory.mktemp("gated"))
