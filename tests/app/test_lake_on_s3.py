"""The commands on a data folder whose lake lies on S3: what is in the folder, what is asked of it, who is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.feeds.records import log_file
from tests.s3server import Lakes
from tests.store.test_s3 import KEEPER

from remit.app.application import RemitApplication
from remit.app.serving import serve
from remit.model.errors import UsageError


def folder(tmp_path: Path, lakes: Lakes, name: str, seconds: int = 30) -> Path:
    """A data folder with nothing but a configuration."""
    made = tmp_path / name
    made.mkdir()
    lake = f'url = "s3://{lakes.bucket}/lake"\nregion = "us-east-1"\nendpoint = "{lakes.endpoint}"\n'
    (made / "remit.toml").write_text(f"[lake]\n{lake}lease_seconds = {seconds}\n")
    return made


def remit(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "remit", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_what_the_configuration_says_of_the_lake_holds_for_ingest_questions_and_the_doctor(lakes, tmp_path):
    trail = tmp_path / "trail.json.gz"
    trail.write_bytes(log_file(range(40)))
    data = folder(tmp_path, lakes, "data")
    application = RemitApplication(print)
    assert application.ingest(data, str(trail), {}, lambda state: None)["new"] == 40
    assert not (data / "lake").exists()
    with application.desk(data) as desk:
        said = json.dumps(desk.doctor())
    assert f"The lake lies at s3://{lakes.bucket}/lake." in said
    assert any(key.startswith("events/month=2026-10/") for key in lakes.stored())


def test_the_demonstration_is_never_poured_into_a_lake_that_the_configuration_names(tmp_path, monkeypatch):
    monkeypatch.setenv("REMIT_LAKE_URL", "s3://acme-audit/remit")
    options = {"demo": True, "data_given": True, "config": None, "host": None, "port": 0, "watch": (), "beside": None}
    with pytest.raises(UsageError, match="a lake of its own"):
        serve(tmp_path / "demo", options, print)
    assert not list(tmp_path.iterdir())


@pytest.mark.heavy
def test_workers_write_to_s3_and_a_second_folder_is_refused_by_every_command(lakes, tmp_path):
    trail = tmp_path / "trail.json.gz"
    trail.write_bytes(log_file(range(40)))
    data, other = folder(tmp_path, lakes, "data"), folder(tmp_path, lakes, "other")
    done = remit(data, "ingest", str(trail), "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["new"] == 40
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", KEEPER, str(data), f"s3://{lakes.bucket}/lake", lakes.endpoint, root]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout.readline() == "ready\n"
        for words in (["ingest", str(trail)], ["doctor"], ["events", "search"]):
            refused = remit(other, *words)
            assert refused.returncode == 6, refused.stderr
            assert "The lake is kept by server on" in refused.stderr
            assert f"process {keeper.pid}" in refused.stderr
        keeper.kill()
    shown = remit(data, "events", "search", "since:2000-01-01", "--json")
    assert shown.returncode == 0, shown.stderr
