"""A real PostgreSQL for a test run: Debian's package, started on a free port of this machine and ended by its pid.

Its databases sort by the rules of American English, so that whatever rests on an order has to say which. Nothing is
synced: what a power cut leaves is PostgreSQL's affair, and a test would only wait for it.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pg8000.native
from tests.access.certificates import self_signed

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import HEAD, METADATA

BINARIES = Path("/usr/lib/postgresql/15/bin")
USER = "remit"
_STATE = "state"
_DIE_WITH_PARENT = 1


@dataclass
class PostgreSQL:
    """A server that runs. ``password`` is its superuser's."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None
    made: list[str] = field(default_factory=list)

    def url(self, database: str, options: str = "") -> str:
        """A database's address, with the password in it."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}{options}"

    def empty(self) -> str:
        """The address of a new database without tables."""
        name = f"t{len(self.made)}_{secrets.token_hex(3)}"
        self.made.append(name)
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def database(self) -> str:
        """The address of the state of the newest revision, emptied: one test at a time has it."""
        url = self.url(_STATE)
        if _STATE not in self.made:
            self.made.append(_STATE)
            self.run(f"CREATE DATABASE {_STATE}")
            State.open(url).close()
        self.run(f"TRUNCATE {', '.join(METADATA.tables)}", _STATE)
        self.run(f"UPDATE alembic_version SET version_num = '{HEAD}'", _STATE)
        return url

    def run(self, statement: str, database: str = "postgres") -> list[list[object]]:
        """What a statement answers to the superuser."""
        with pg8000.native.Connection(
            USER, host="127.0.0.1", port=self.port, database=database, password=self.password, ssl_context=False
        ) as connection:
            return connection.run(statement)

    def start(self) -> None:
        """Run it, and wait until it answers."""
        command = [str(BINARIES / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,
            **_as_nobody(self.folder),
        )
        log.close()
        ready = [str(BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        for _ in range(60):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
        raise AssertionError("PostgreSQL did not start")

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it: every connection is cut off."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A server of a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="remit-pg-", dir="/tmp"))  # others may look into it, as into no pytest folder
    owner = _owner(folder)
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = PostgreSQL(folder, _free_port(), secrets.token_hex(8))
    try:
        _initialise(server)
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)  # at once: nothing of it is kept
        shutil.rmtree(folder)


def _initialise(server: PostgreSQL) -> None:
    data, secret = server.folder / "data", server.folder / "password"
    secret.write_text(server.password)
    command = [str(BINARIES / "initdb"), "-D", str(data), "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}"]
    command += ["-E", "UTF8", "--no-sync", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
    _readable(server.folder, secret)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_as_nobody(server.folder))
    certificate, key = self_signed(server.folder)
    _readable(server.folder, certificate, key)
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(server.folder),
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "ssl": "on",
        "ssl_cert_file": str(certificate),
        "ssl_key_file": str(key),
    }
    with (data / "postgresql.conf").open("a") as written:
        written.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _owner(folder: Path) -> pwd.struct_passwd | None:
    """Who runs it: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _as_nobody(folder: Path) -> dict[str, object]:
    owner = _owner(folder)
    return (
        {"cwd": folder}
        if owner is None
        else {"cwd": folder, "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    )


def _readable(folder: Path, *paths: Path) -> None:
    owner = _owner(folder)
    for path in paths:
        if owner is not None:
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _die_with_parent() -> None:
    """A run that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
