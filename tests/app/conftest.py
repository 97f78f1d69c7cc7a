"""A server of its own on a temporary data folder, and commands on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType

import pytest

from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.faces.cli.output import note

PROGRAM = [sys.executable, "-c", "from remit.app.main import main; main()"]


def command(*arguments: str, cwd: Path | None = None, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """One command line, run in this process: one of its own takes longer to start than to do what it is told."""
    said, noted = BytesIO(), BytesIO()
    with (
        chdir(cwd or Path.cwd()),
        TemporaryFile() as handed,
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(TextIOWrapper(said, "utf-8", write_through=True)),
        redirect_stderr(TextIOWrapper(noted, "utf-8", write_through=True)),
    ):
        handed.write(given or b"")
        handed.seek(0)
        patch.setattr(sys, "stdin", TextIOWrapper(handed, "utf-8"))
        status = run(RemitApplication(note), list(arguments))
        return subprocess.CompletedProcess(arguments, status, said.getvalue(), noted.getvalue())


def start(
    *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[bytes]:
    """A command that goes on by itself, with some variables more in its environment."""
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(condition: object, seconds: float = 60.0) -> bool:
    """Whether the condition came true in time."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def listening(process: subprocess.Popen[bytes], data: Path) -> None:
    """Wait until a command that goes on answers others on its folder; one that does not is ended, and fails."""
    if not wait_for((data / "control.sock").exists):
        process.kill()
        raise AssertionError(process.communicate())


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C, and the status it ends with."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return int(process.returncode)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder kept by a server that was started with a relative path."""
    above = tmp_path_factory.mktemp("served")
    process = start("up", "--data", "data", "--port", "0", cwd=above)
    listening(process, above / "data")
    try:
        assert os.stat(above / "data" / "control.sock").st_mode & 0o777 == 0o600
        yield above / "data"
    finally:
        stop(process)
