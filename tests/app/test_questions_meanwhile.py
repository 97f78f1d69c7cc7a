"""While one command keeps a data folder, other commands may ask it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.app.cloudtrail import record
from tests.app.conftest import command, listening, start, stop, wait_for


def test_events_can_be_read_while_a_watch_keeps_the_folder(tmp_path: Path) -> None:
    data, watched = tmp_path / "data", tmp_path / "in"
    watched.mkdir()
    (watched / "first.json").write_bytes(record("seen-meanwhile", "CreateBucket", "w"))
    watching = start("watch", str(watched), "--interval", "0.2", "--data", str(data))
    socket = data / "control.sock"
    listening(watching, data)

    def found() -> bool:
        ran = command("events", "search", "seen-meanwhile", "--json", "--data", str(data))
        return ran.returncode == 0 and json.loads(ran.stdout)["total"] == 1

    assert wait_for(found)
    second = command("ingest", str(watched), "--data", str(data))
    assert second.returncode == 6
    assert b"remit up" in second.stderr
    stop(watching)
    assert not socket.exists()
