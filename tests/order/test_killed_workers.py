"""kill -9 within an ingest of two decoding processes: one of them, or the one that keeps the store, after so many
commits. The others end by themselves, and the same command again ends where an undisturbed one does."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.app.conftest import wait_for

from .logs import digest, ingested, start, written

EVENTS = 2_000
WORKERS = ("--workers", "2")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("logs") / "in", EVENTS, files=20)


@pytest.fixture(scope="module")
def undisturbed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int, str]:
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    ingested(data, logs)
    return digest(data)


def workers(parent: int) -> list[int]:
    """The decoding processes of an ingest."""
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    below = [int(pid) for children in listed for pid in children.read_text().split()]
    return sorted(pid for pid in below if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())


def commits(data: Path) -> int:
    return len(list((data / "lake/events/_delta_log").glob("*.json"))) - 1  # the first one makes the table


def running(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def begun(data: Path, logs: Path, after: int) -> tuple[subprocess.Popen[str], list[int]]:
    """An ingest that has committed so often, and its two decoding processes."""
    child = start(data, logs, *WORKERS)
    reached = lambda: (commits(data) >= after and len(workers(child.pid)) == 2) or child.poll() is not None  # noqa: E731
    assert wait_for(reached, 60)
    assert child.poll() is None, child.communicate()
    return child, workers(child.pid)


@pytest.mark.heavy
@pytest.mark.parametrize("after", [0, 8])
def test_a_decoding_process_that_is_killed_is_said_and_the_same_command_completes(
    logs: Path, undisturbed: tuple[int, int, str], tmp_path: Path, after: int
) -> None:
    child, (one, other) = begun(tmp_path / "data", logs, after)
    os.kill(one, signal.SIGKILL)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 1, said
    assert "A decoding process ended unexpectedly" in said
    assert "Run the same command again." in said
    assert "Traceback" not in said
    assert not running(other)
    ingested(tmp_path / "data", logs, *WORKERS)
    assert digest(tmp_path / "data") == undisturbed


@pytest.mark.heavy
@pytest.mark.parametrize("after", [8])
def test_decoding_processes_end_with_the_keeper_that_was_killed_and_the_same_command_completes(
    logs: Path, undisturbed: tuple[int, int, str], tmp_path: Path, after: int
) -> None:
    child, both = begun(tmp_path / "data", logs, after)
    child.kill()
    child.communicate(timeout=60)
    assert wait_for(lambda: not any(map(running, both)), 60)
    ingested(tmp_path / "data", logs, *WORKERS)
    assert digest(tmp_path / "data") == undisturbed
