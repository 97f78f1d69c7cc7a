"""A small store filled from the demonstration's records, and the command line run in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.estate_store import fill, share

from remit.adapters.store.store import Store
from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.faces.cli.output import note


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


Remit = Callable[..., Ran]


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds a sixth of the demonstration: enough of each kind, quickly read."""
    folder = tmp_path_factory.mktemp("estate") / "data"
    with Store.open(folder, "test") as store:
        fill(store, folder, share(6))
    return folder


@pytest.fixture
def remit(capsys: pytest.CaptureFixture[str]) -> Remit:
    """Runs one command line in this process."""

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        status = run(RemitApplication(note), list(arguments))
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return ran
