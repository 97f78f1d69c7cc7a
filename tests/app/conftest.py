"""A server of its own on a temporary data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

PROGRAM = [sys.executable, "-c", "from remit.app.main import main; main()"]


def command(*arguments: str, cwd: Path | None = None, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """One command line in a process of its own."""
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, input=given, capture_output=True, timeout=30, check=False)


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


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C, and the status it ends with."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)
    return int(process.returncode)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder kept by a server that was started with a relative path."""
    above = tmp_path_factory.mktemp("served")
    process = start("up", "--data", "data", "--port", "0", cwd=above)
    socket = above / "data" / "control.sock"
    assert wait_for(socket.exists), process.communicate(timeout=5)
    assert os.stat(socket).st_mode & 0o777 == 0o600
    yield above / "data"
    stop(process)
