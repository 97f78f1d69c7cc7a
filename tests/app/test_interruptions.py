"""Killed, stopped and failing processes: nothing hangs, nothing is lost, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.app.cloudtrail import record
from tests.app.conftest import start, wait_for

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.store.store import Store
from remit.app import demo, main
from remit.app.keeper import StoreKeeper
from remit.app.pipeline import build_pipeline
from remit.app.workers import ingest_in_parallel
from remit.flows.ingest.batch import Pipeline
from remit.flows.ingest.ports import Keeper
from remit.flows.ingest.run import ingest
from remit.model.errors import ConfigError, KeeperBusy, StoreError

LINES = [record(f"call-{n}", "CreateBucket", "k") for n in range(20)]


@dataclass
class OneSource:
    place: str = "test"
    size: int = 0
    fingerprint: str = ""


def one_chunk(source: Any) -> Iterator[Chunk]:
    yield Chunk(source.place, LINES, 0)


def build_mortal(keeper: Keeper, settings: Mapping[str, Any]) -> Pipeline:
    """A worker that is killed after it reserved its ids."""
    pipeline = build_pipeline(keeper, settings)

    def killed(columns: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    return Pipeline(pipeline.decode, pipeline.judge, pipeline.keeper, killed, pipeline.redact)


def parallel(store: Store, build: Any) -> int:
    settings = {"data": str(store.folder), "format": "auto"}
    done = ingest_in_parallel(
        [OneSource()],
        one_chunk,
        StoreKeeper(store),
        "test",
        2,
        build,
        settings,
        progress=lambda summary, place: None,
        finished=lambda source: None,
    )
    return done.new


def test_a_killed_worker_is_an_error_and_its_records_are_read_next_time(tmp_path: Path) -> None:
    with Store.open(tmp_path, "test") as store:
        with pytest.raises(StoreError, match="ended unexpectedly"):
            parallel(store, build_mortal)
        assert parallel(store, build_pipeline) == len(LINES)


def test_a_decoding_process_loads_no_database() -> None:
    loaded = (
        "import sys, remit.app.workers, remit.app.pipeline; print({'duckdb', 'sqlalchemy', 'boto3'} & {*sys.modules})"
    )
    assert (
        subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


def test_a_worker_that_cannot_start_its_work_says_why(tmp_path: Path) -> None:
    (tmp_path / "identities.toml").write_text("[[agnet]]\n")
    with Store.open(tmp_path, "test") as store, pytest.raises(ConfigError, match="agnet"):
        parallel(store, build_pipeline)


def test_a_reader_that_fails_leaves_no_ids_reserved(tmp_path: Path) -> None:
    def failing(source: Any) -> Iterator[Chunk]:
        for start_at in range(0, 20, 4):
            yield Chunk("test", LINES[start_at : start_at + 4], start_at)
        raise StoreError("The source went away")

    with Store.open(tmp_path, "test") as store:
        pipeline = build_pipeline(StoreKeeper(store), {"data": str(tmp_path), "format": "auto"})

        def read(reader: Any) -> int:
            sources = [OneSource()]
            done = ingest(sources, reader, pipeline, "t", progress=lambda *_: None, finished=lambda _: None)
            return done.new

        with pytest.raises(StoreError, match="went away"):
            read(failing)
        read(one_chunk)
        store.follow()
        assert store.index.execute("SELECT count(*) AS n FROM events").to_pylist() == [{"n": len(LINES)}]


def test_an_unfinished_demonstration_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert demo.prepare(folder, lambda text: None)
    (folder / "index.duckdb").write_bytes(b"half")
    assert demo.prepare(folder, lambda text: None)
    assert not (folder / "index.duckdb").exists()


def test_a_demonstration_in_use_is_never_removed(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo.prepare(folder, lambda text: None)
    with Store.open(folder, "server"):
        with pytest.raises(KeeperBusy):
            demo.prepare(folder, lambda text: None)
        assert (folder / "state.db").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_during_an_ingest_sums_up_what_is_kept(tmp_path: Path, workers: str) -> None:
    folder, data = tmp_path / "long", tmp_path / "data"
    folder.mkdir()
    first = folder / "0.jsonl"
    first.write_bytes(b"\n".join(record(f"n{n}", "CreateBucket", "k") for n in range(20_000)))
    for copy in range(1, 20):  # reading them all takes long on any machine
        os.link(first, folder / f"{copy}.jsonl")
    process = start("ingest", str(folder), "--json", "--workers", workers, "--data", str(data))
    events = data / "lake" / "events"
    assert wait_for(lambda: any(events.rglob("*.parquet")))
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    done = json.loads(out)
    assert done["stopped"] is True
    assert 0 < done["new"] <= 20_000
    assert done["read"] < 400_000
    assert b"Traceback" not in err


def test_ctrl_c_during_a_query_is_a_stop_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> int:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(main, "run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 130
    assert "stopped" in capsys.readouterr().err
