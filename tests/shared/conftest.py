"""A keeper and consoles beside it, each a process of its own, over one lake and one PostgreSQL."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.live.conftest import Server
from tests.postgresql import PostgreSQL


@dataclass
class Company:
    """``keeper`` and ``consoles``, none started yet."""

    folder: Path
    keeper: Server
    consoles: list[Server] = field(default_factory=list)

    def end(self) -> None:
        """Every one of them."""
        for server in (self.keeper, *self.consoles):
            server.down(signal.SIGKILL)


def configured(folder: Path, database: PostgreSQL, url: str, more: str = "") -> Server:
    """A server whose state is in the database; the password is in a file of its own."""
    folder.mkdir(mode=0o700)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(f"{database.password}\n")
    shown = url.replace(f":{database.password}@", "@")
    state = f'[state]\nurl = "{shown}"\npassword_file = "password"\n'
    (folder / "remit.toml").write_text(state + more)
    return Server(folder)


def company_of(folder: Path, database: PostgreSQL, consoles: int = 2) -> Company:
    """A keeper and so many consoles over a new state."""
    url = database.empty()
    keeper = configured(folder / "keeper", database, url)
    beside = f'[server]\nrole = "console"\n[lake]\nurl = "{keeper.folder / "lake"}"\n'
    return Company(folder, keeper, [configured(folder / f"console{n}", database, url, beside) for n in range(consoles)])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[Company]:
    """A keeper and two consoles, all running, shared by the tests of a module."""
    made = company_of(tmp_path_factory.mktemp("company"), postgresql)
    try:
        for server in (made.keeper, *made.consoles):
            server.up()
        yield made
    finally:
        made.end()
