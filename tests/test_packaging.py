"""The wheel holds what running needs and nothing that only tests need."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from remit import __version__

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "remit"
SHIPPED = ("*.py", "*.toml", "*.html", "*.css", "*.js", "*.svg", "*.gz", "explanations.json", "py.typed")
NEEDED = (
    "remit/rooms/attribution/signals/aws-agents.toml",
    "remit/rooms/events/denials/explanations.json",
    "remit/reference/data/aws_actions.json.gz",
    "remit/faces/console/templates/event_center.html",
    "remit/faces/console/static/console.css",
    "remit/adapters/store/state/migrations/env.py",
    "remit/adapters/store/state/migrations/versions/r0001_state.py",
    "remit/py.typed",
)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_that_running_needs_is_in_the_wheel(names: set[str], name: str) -> None:
    assert name in names


def test_every_shipped_file_of_the_package_is_in_the_wheel(names: set[str]) -> None:
    wanted = {f"remit/{path.relative_to(PACKAGE).as_posix()}" for form in SHIPPED for path in PACKAGE.rglob(form)}
    assert {name for name in wanted if "__pycache__" not in name} <= names


def test_the_cases_of_signals_stay_at_home(names: set[str]) -> None:
    assert not [name for name in names if name.endswith(".cases.json")]
    assert not [name for name in names if name.startswith(("tests/", "bench/")) or "__pycache__" in name]


def test_the_wheel_has_the_program_the_version_and_the_licence(wheel: Path, names: set[str]) -> None:
    info = f"remit-{__version__}.dist-info"
    with ZipFile(wheel) as archive:
        entry = archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
    assert re.search(r"^remit ?= ?remit\.app\.main:main$", entry, re.MULTILINE)
    assert "License-Expression: Apache-2.0" in metadata
    assert f"{info}/licenses/LICENSE" in names


@pytest.mark.heavy
def test_the_installed_wheel_opens_the_demonstration(wheel: Path, tmp_path: Path) -> None:
    program, environment = _install(wheel, tmp_path / "venv", tmp_path)
    told = subprocess.run([program, "--version"], env=environment, cwd=tmp_path, capture_output=True, timeout=60)
    assert __version__ in told.stdout.decode()
    port = _free_port()
    command = [program, "up", "--demo", "--data", str(tmp_path / "demo"), "--port", str(port)]
    server = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        page = _fetch(f"http://127.0.0.1:{port}/", server)
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert "Event Center" in page


def _install(wheel: Path, place: Path, home: Path) -> tuple[str, dict[str, str]]:
    """The wheel alone in a fresh environment; what it depends on comes from this one."""
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, timeout=120)
    own = sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)})
    # Its own packages come first: this environment may hold an editable install of the same project.
    found = os.pathsep.join((own, sysconfig.get_path("purelib")))
    return str(place / "bin" / "remit"), {**os.environ, "PYTHONPATH": found, "HOME": str(home)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fetch(address: str, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the server did not answer; its status is {server.poll()}")
