"""Two commands and a server on one data folder: one of them keeps it, the others are told who does or go through it,
and every row is there once."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from tests.access.server import served
from tests.app.conftest import start, stop, wait_for

from remit.adapters.store.store import Store
from remit.app.ingesting import settle_store

from .corpus import Arrival, corpus, written
from .stores import Held, ingest, settled

BUSY = 6
pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of two runs, a quarter of the records in both."""
    told = corpus(11, scenes=10, incidents=False)
    return written(tmp_path_factory.mktemp("given"), Arrival(11, runs=2, files=3, copies=0.25).of(told))


@pytest.fixture(scope="module")
def alone(given: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Held:
    with Store.open(tmp_path_factory.mktemp("alone"), "test") as store:
        ingest(store, given)
        return settled(store)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    out, err = process.communicate(timeout=120)
    assert b"Traceback" not in err, err
    return process.returncode, (out + err).decode()


def test_whoever_comes_second_is_told_who_keeps_the_folder(tmp_path: Path) -> None:
    pipe, data = tmp_path / "pipe", tmp_path / "data"
    os.mkfifo(pipe)
    first = start("ingest", str(pipe), "--data", str(data))
    try:
        assert wait_for(lambda: (data / "control.sock").exists(), 60)
        for words in (("ingest", str(tmp_path)), ("up", "--port", "0")):
            status, said = ended(start(*words, "--data", str(data)))
            assert status == BUSY, said
            assert f"kept by ingest (process {first.pid}, since 20" in said
    finally:
        first.kill()
        first.communicate()


def test_two_commands_and_a_server_that_begin_at_once_store_every_row_once(
    tmp_path: Path, given: list[Path], alone: Held
) -> None:
    data = tmp_path / "data"
    waiting = [("ingest", str(target)) for target in given]
    server = start("up", "--port", "0", "--data", str(data))
    deadline = time.monotonic() + 240
    told = []
    try:
        while waiting and time.monotonic() < deadline:
            running = [(words, start(*words, "--data", str(data))) for words in waiting]
            waiting = []
            for words, process in running:
                status, said = ended(process)
                assert status in (0, BUSY), said
                if status == BUSY:
                    told.append(said)
                    waiting.append(words)
            if server.poll() is not None:  # it came second: a command kept the folder at that moment
                status, said = ended(server)
                assert status == BUSY, said
                told.append(said)
                server = start("up", "--port", "0", "--data", str(data))
        assert waiting == []
        assert wait_for(lambda: (data / "control.sock").exists() or server.poll() is not None, 60)
    finally:
        stop(server)
    assert all(("kept by" in said and "process " in said) or "does not answer" in said for said in told), told
    with Store.open(data, "test") as store:
        assert settled(store) == alone


def test_commands_beside_a_server_go_through_it_and_a_second_server_is_refused(
    tmp_path: Path, given: list[Path], alone: Held
) -> None:
    data = tmp_path / "data"
    server = start("up", "--port", "0", "--data", str(data))
    try:
        assert wait_for(lambda: (data / "control.sock").exists(), 60)
        second = start("up", "--port", "0", "--data", str(data))
        both = [start("ingest", str(target), "--json", "--data", str(data)) for target in given]
        assert [ended(process)[0] for process in both] == [0, 0]
        status, said = ended(second)
        assert status == BUSY
        assert f"kept by server (process {server.pid}, since 20" in said
    finally:
        stop(server)
    with Store.open(data, "test") as store:
        assert settled(store) == alone


def test_what_is_delivered_to_a_server_and_what_a_command_reads_end_in_the_same_digest(
    tmp_path: Path, given: list[Path], alone: Held
) -> None:
    data = tmp_path / "data"
    with served(data) as server:
        reading = start("ingest", str(given[1]), "--data", str(data))
        for path in sorted(path for path in given[0].rglob("*") if path.is_file()):
            deliver(server.address, path)
        assert ended(reading)[0] == 0
        assert wait_for(lambda: not list((data / "inbox").glob("*~*")), 60)
    assert not list((data / "inbox").rglob("*~*")), "nothing was set aside"
    with Store.open(data, "test") as store:
        settle_store(store)  # as a server does when it begins: it may have been stopped just before
        assert settled(store) == alone


def deliver(address: str, path: Path) -> None:
    """A file as the body of a delivery."""
    packed = {"Content-Encoding": "gzip"} if path.suffix == ".gz" else {}
    delivery = urllib.request.Request(f"{address}/api/v1/events/auto", path.read_bytes(), packed, method="POST")
    with urllib.request.urlopen(delivery, timeout=60) as answer:
        assert answer.status == 202
