"""A small store filled from the demonstration's records, and the command line run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.store.store import Store
from remit.app.application import RemitApplication
from remit.app.ingesting import Ingesting
from remit.faces.cli.main import run
from remit.faces.cli.output import note
from remit.rooms.estate import identities_toml, records

END_US = 1_790_000_000_000_000


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


Remit = Callable[..., Ran]


def _shares(end_us: int) -> Iterator[list[bytes]]:
    """A sixth of every feed's records: enough of each kind, quickly read."""
    for feed in records(end_us):
        if feed.data_source == "cloudtrail":
            yield [json.dumps(record).encode() for record in json.loads(feed.content)["Records"][::6]]
        elif b"\n" in feed.content.strip() and feed.content.lstrip()[:1] == b"{":
            yield feed.content.splitlines()[::6]


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the demonstration estate up to a fixed moment."""
    folder = tmp_path_factory.mktemp("estate") / "data"
    with Store.open(folder, "test") as store:
        (folder / "identities.toml").write_text(identities_toml(), encoding="utf-8")
        work = Ingesting(store, {"feed": "estate"}, lambda state: None)
        work.conclude(work.chunks(Chunk("estate", lines, 0) for lines in _shares(END_US)), 0.0)
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
