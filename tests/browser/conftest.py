"""A server of the demonstration and a Chromium, both real; without a browser these tests are skipped and say so."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WAIT_MS = 30_000


@contextmanager
def serving(data: Path, *options: str) -> Iterator[str]:
    """``remit up`` in a process of its own on a free port; gives its address and ends it by its pid."""
    command = [sys.executable, "-m", "remit", "up", "--data", str(data), "--port", "0", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _address(process: subprocess.Popen[str]) -> str:
    """The address a starting server says it is open on."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "Remit is open on" in line:
            return line.split()[4].rstrip("/")
    raise AssertionError(f"the server did not start: {''.join(said)}")


def deliver(address: str, *records: dict[str, Any]) -> None:
    """Push CloudTrail records over HTTP, as a forwarder does."""
    request = urllib.request.Request(f"{address}/api/v1/events/cloudtrail", json.dumps(records).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the demonstration."""
    with serving(tmp_path_factory.mktemp("browser") / "demo", "--demo") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. For one module: while Playwright runs, its event loop is in nobody else's way only there."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: scripts/install_browser.sh says why")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new window; what goes wrong in the page's own scripts fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(_WAIT_MS)
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert not troubles
