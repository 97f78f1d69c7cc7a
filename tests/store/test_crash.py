"""Killed or cut off at any point: nothing acknowledged is lost, nothing is stored twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.lake.deltalog import commit_path, versions
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.store import Store
from remit.model.errors import IntegrityError

from .rows import correction_columns, event_columns, put, quarantine_columns

LOG = Path("lake/events/_delta_log")


def stored_ids(store: Store) -> list[str]:
    return [event_id for batch in store.index.rows("true", [], ["event_id"]) for event_id in batch["event_id"]]


def cut(path: Path, how: str) -> None:
    content = path.read_bytes()
    kept = {
        "zero": b"",
        "half": content[: len(content) // 2],
        "first line": content.splitlines(keepends=True)[0],
        "nul bytes": b"\x00" * len(content),
        "not utf-8": b"\xff" + content,
    }
    path.write_bytes(kept[how])


@pytest.mark.parametrize("how", ["zero", "half", "first line", "nul bytes", "not utf-8"])
def test_a_commit_cut_short_before_it_was_acknowledged_is_dropped_and_can_be_read_again(tmp_path, notices, how):
    lost = event_columns(10, seed=1)
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(10))
        store.follow()
        put(store, lost)  # the index never followed it
    cut(commit_path(tmp_path / LOG, 2), how)
    leftovers = ["_commit_0f3e.json.tmp", f"{2:020d}.json#1", f"{2:020d}.checkpoint.parquet#3", "_last_checkpoint#1"]
    for leftover in leftovers:
        (tmp_path / LOG / leftover).write_bytes(b'{"half')
    with Store.open(tmp_path, "test", notices.append) as store:
        assert index_digest(store.index) == lake_digest(store.lake)
        assert len(stored_ids(store)) == 10
        put(store, lost)
        store.follow()
        assert index_digest(store.index) == lake_digest(store.lake)
        assert len(set(stored_ids(store))) == len(stored_ids(store)) == 20
    assert "cut short before it was acknowledged" in notices[0]
    assert not [leftover for leftover in leftovers if (tmp_path / LOG / leftover).exists()]


@pytest.mark.parametrize("how", ["zero", "half", "first line"])
def test_a_commit_the_index_has_followed_is_restored_and_not_dropped(tmp_path, notices, how):
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(10))
        put(store, event_columns(10, seed=1))
        store.follow()
        digest = index_digest(store.index)
    cut(commit_path(tmp_path / LOG, 2), how)
    with Store.open(tmp_path, "test", notices.append) as store:
        assert lake_digest(store.lake) == index_digest(store.index) == digest
    assert "restored from the index" in notices[0]


def test_a_damaged_commit_below_one_that_was_acknowledged_stops_the_store(tmp_path):
    with Store.open(tmp_path, "test") as store:
        for seed in range(3):
            put(store, event_columns(10, seed))
        store.follow()
    commit_path(tmp_path / LOG, 3).unlink()
    cut(commit_path(tmp_path / LOG, 2), "zero")
    with pytest.raises(IntegrityError, match="Commit 2 was acknowledged and is damaged"):
        Store.open(tmp_path, "test")


@pytest.mark.parametrize("how", ["zero", "half"])
def test_a_table_whose_creation_was_cut_short_is_created_again(tmp_path, how):
    Lake.open(str(tmp_path / "lake"))
    cut(commit_path(tmp_path / LOG, 0), how)
    with Store.open(tmp_path, "test") as store:
        put(store, event_columns(5))
        store.follow()
        assert len(stored_ids(store)) == 5


@pytest.mark.parametrize("damage", ["zero", "gone"])
def test_a_damaged_checkpoint_is_removed_and_the_log_replayed(tmp_path, monkeypatch, damage):
    monkeypatch.setattr("remit.adapters.store.lake.deltatable.CHECKPOINT_EVERY", 3)
    with Store.open(tmp_path, "test") as store:
        for seed in range(5):
            put(store, event_columns(4, seed))
        store.follow()
        digest = index_digest(store.index)
    checkpoints = list((tmp_path / LOG).glob("*.checkpoint.parquet"))
    assert checkpoints
    for checkpoint in checkpoints:
        checkpoint.unlink() if damage == "gone" else checkpoint.write_bytes(b"")
    with Store.open(tmp_path, "test") as store:
        assert lake_digest(store.lake) == digest
        put(store, event_columns(4, seed=9))


@pytest.mark.parametrize("committed", [1, 2])
def test_a_batch_interrupted_between_two_tables_is_finished_on_the_next_open(tmp_path, notices, committed):
    events = event_columns(10)
    correction = arrow_table("corrections", correction_columns(events, range(5), "settled"))
    with Store.open(tmp_path, "test") as store:
        answers = store.ask(events["event_id"], events["time"])
        bad = arrow_table("quarantine", quarantine_columns(["q1", "q2"]))
        store.commit(answers.token, arrow_table("events", events), correction, bad)
        before = {kind: store.lake.version(kind) for kind in ("events", "corrections", "quarantine")}
    for kind in ("corrections", "quarantine")[committed - 1 :]:
        commit_path(tmp_path / "lake" / kind / "_delta_log", before[kind]).unlink()
    with Store.open(tmp_path, "test", notices.append) as store:
        assert {kind: store.lake.version(kind) for kind in before} == before
        said = store.index.execute("SELECT count(*) AS n FROM events WHERE owner = 'settled'")["n"].to_pylist()
        assert said == [5]
        assert store.index.execute("SELECT count(*) AS n FROM quarantine")["n"].to_pylist() == [2]
        assert index_digest(store.index) == lake_digest(store.lake)
    assert len([notice for notice in notices if "has been finished" in notice]) == 3 - committed
    with Store.open(tmp_path, "test", notices.append) as store:
        assert {kind: store.lake.version(kind) for kind in before} == before


CHILD = """
import sys
from pathlib import Path
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.store import Store
from remit.app.maintaining import maintain
from tests_rows import correction_columns, event_columns, quarantine_columns

folder, first = Path(sys.argv[1]), int(sys.argv[2])
with Store.open(folder, "child") as store:
    print("open", flush=True)
    for seed in range(first, first + 100_000):
        events = event_columns(20, seed)
        answers = store.ask(events["event_id"], events["time"])
        tables = [arrow_table("events", events), arrow_table("corrections", correction_columns(events, [0], "c"))]
        store.commit(answers.token, *tables, arrow_table("quarantine", quarantine_columns([f"q{seed}"])))
        print(seed, flush=True)
        if seed % 3 == 0:
            store.follow()
        if seed % 7 == 0:
            maintain(store, "test", grace_hours=0)
"""


def killed_run(tmp_path: Path, first: int, chance: random.Random) -> list[int]:
    """Run the child for a random while after it has opened, kill it, and return the seeds it acknowledged."""
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    (tmp_path / "tests_rows.py").write_text(Path(__file__).with_name("rows.py").read_text())
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "data"), str(first)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "open\n"
        time.sleep(chance.uniform(0.0, 0.4))
        os.kill(child.pid, signal.SIGKILL)
        return [int(line) for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


def kill_often(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: list[int] = []
    for turn in range(kills):
        acknowledged += killed_run(tmp_path, turn * 1_000_000, chance)
    assert acknowledged, "every child died before its first commit: the test proved nothing"
    with Store.open(tmp_path / "data", "test") as store:
        found = Counter(stored_ids(store))
        assert set(found.values()) == {1}
        for number in acknowledged:
            assert found.keys() >= set(event_columns(20, number)["event_id"])
        quarantined = store.index.execute("SELECT quarantine_id AS q FROM quarantine")["q"].to_pylist()
        assert len(set(quarantined)) == len(quarantined) == len(found) / 20
        corrected = store.index.execute("SELECT count(*) AS n FROM events WHERE owner = 'c'")["n"].to_pylist()
        assert corrected == [len(found) / 20]
        digest = index_digest(store.index)
        assert digest == lake_digest(store.lake)
        store.index.rebuild(store.lake)
        assert index_digest(store.index) == digest


def test_killed_five_times_between_and_during_commits_nothing_is_lost_or_doubled(tmp_path):
    kill_often(tmp_path, 5, seed=1)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(5))
def test_killed_fifty_times_nothing_is_lost_or_doubled(tmp_path, seed):
    kill_often(tmp_path, 50, seed)


def test_the_log_carries_what_a_batch_was_told_to_remember(store):
    put(store, event_columns(3))
    events = event_columns(3, seed=1)
    token = store.ask(events["event_id"], events["time"]).token
    store.commit(token, arrow_table("events", events), meta={"feed": "acme", "object": "a.json.gz"})
    log = store.folder / LOG
    first = json.loads(commit_path(log, versions(log)[-1]).read_text().splitlines()[0])
    assert first["commitInfo"]["remit"]["meta"] == {"feed": "acme", "object": "a.json.gz"}
