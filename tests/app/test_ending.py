"""How a server ends."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.app.conftest import command, listening, start


def test_sigterm_closes_the_folder_and_gives_the_lease_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = start("up", "--data", str(data), "--port", "0")
    socket = data / "control.sock"
    listening(process, data)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert not socket.exists()
    assert (data / "keeper.lock").read_text() == ""
    assert command("agents", "--data", str(data)).returncode == 0
