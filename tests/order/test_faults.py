"""Whole commands killed at moments nobody chose, and out of space: the same events, judged the same, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .logs import digest, ingested, start, written

EVENTS = 5_000


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("logs") / "in", EVENTS)


@pytest.fixture(scope="module")
def undisturbed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int, str]:
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    ingested(data, logs)
    found = digest(data)
    assert found[:2] == (EVENTS, 2)
    return found


def killed_again_and_again(data: Path, logs: Path, kills: int, seed: int) -> int:
    """Kill the ingest at moments spread over its run; how many times it was still running then."""
    chance, landed = random.Random(seed), 0
    for _ in range(kills):
        child = start(data, logs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 1.6))
        landed += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
    return landed


@pytest.mark.heavy
def test_an_ingest_killed_at_any_moment_and_run_again_stores_the_same(
    logs: Path, undisturbed: tuple[int, int, str], tmp_path: Path
) -> None:
    assert killed_again_and_again(tmp_path / "data", logs, kills=5, seed=20) > 0
    ingested(tmp_path / "data", logs)
    assert digest(tmp_path / "data") == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder]).returncode:
        pytest.skip("a small file system takes the right to mount one")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.heavy
def test_a_full_disk_is_said_with_its_place_and_with_space_the_same_command_completes(
    logs: Path, undisturbed: tuple[int, int, str], small_disk: Path
) -> None:
    data = small_disk / "data"
    child = start(data, logs)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 1, said
    assert "Traceback" not in said
    assert str(data) in said
    assert "space" in said
    assert "[store." in said
    subprocess.run(["mount", "-o", "remount,size=300m", small_disk], check=True)
    ingested(data, logs)
    assert digest(data) == undisturbed
