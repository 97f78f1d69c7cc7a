"""A lake on S3: what a local one does, with one keeper and every request allowed to fail."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from tests.s3server import Answering, Lakes, Proxy, Request, proxied

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.index.index import Index
from remit.adapters.store.lake.deltalog import commit_name
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import KINDS, arrow_table
from remit.adapters.store.lake.vacuum import vacuum
from remit.adapters.store.place import CACHE, LakePlace
from remit.adapters.store.s3 import client as s3client
from remit.adapters.store.s3 import parts as s3parts
from remit.adapters.store.s3.client import Bucket
from remit.adapters.store.s3.lease import LakeLease
from remit.adapters.store.store import Store
from remit.adapters.store.upkeep import StoreUpkeep
from remit.model.errors import CommitTaken, KeeperBusy, LakeUnreachable, LeaseLost, StoreError

from .rows import DAY, correct, correction_columns, event_columns, put, quarantine_columns


@pytest.fixture
def proxy(lakes: Lakes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy before the server; whoever asks through it gives up sooner."""
    monkeypatch.setattr(s3client, "ATTEMPTS", 2)
    with proxied(lakes.endpoint) as proxy:
        yield proxy


def history(store: Store) -> None:
    """What a store may go through."""
    events = event_columns(40, step=DAY)
    put(store, events)
    correct(store, events, range(0, 40, 3), "first")
    store.follow()
    correct(store, events, range(0, 40, 9), "second")
    for seed in range(1, 4):
        put(store, event_columns(10, seed))
    store.commit(None, quarantine=arrow_table("quarantine", quarantine_columns(["q1", "q2"])))
    store.follow()


def maintain(store: Store) -> None:
    upkeep = StoreUpkeep(store)
    upkeep.fold(lambda state: None)
    upkeep.compact(lambda state: None)
    time.sleep(1.1)  # S3 tells the age of an object in whole seconds
    upkeep.vacuum(0)


def library(lakes: Lakes, table: str) -> DeltaTable:
    """The table as any other reader of Delta finds it."""
    options = {
        "AWS_ENDPOINT_URL": lakes.endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    return DeltaTable(f"s3://{lakes.bucket}/lake/{table}", storage_options=options)


def test_a_lake_on_s3_is_ingested_corrected_maintained_rebuilt_and_read_by_others_as_a_local_one_is(
    lakes, tmp_path, monkeypatch
):
    monkeypatch.setattr("remit.adapters.store.lake.deltatable.CHECKPOINT_EVERY", 3)
    with Store.open(tmp_path / "local", "test") as local:
        history(local)
        expected = index_digest(local.index)
    events = event_columns(40, step=DAY)
    with Store.open(tmp_path / "remote", "test", place=lakes.place()) as store:
        history(store)
        assert index_digest(store.index) == lake_digest(store.lake) == expected
        assert store.raw(events["event_id"][30], events["time"][30]) == events["raw"][30]
        maintain(store)
        assert index_digest(store.index) == lake_digest(store.lake) == expected
        store.index.rebuild(store.lake)
        assert index_digest(store.index) == expected
        live = {f"{kind}/{file.path}" for kind in KINDS for file in store.lake.files(kind).added}
    assert {key for key in lakes.stored() if "/month=" in key} == live
    assert not (tmp_path / "remote" / "lake").exists()
    assert not (tmp_path / "remote" / CACHE).exists()
    for kind, rows in (("events", 70), ("corrections", 14), ("quarantine", 2)):
        assert library(lakes, kind).to_pyarrow_table().num_rows == rows
    with Store.open(tmp_path / "another machine", "test", place=lakes.place()) as store:
        assert index_digest(store.index) == expected


def test_an_ingest_fetches_nothing_back_and_a_commit_is_one_request_beside_its_files(lakes, tmp_path):
    with Store.open(tmp_path, "test", place=lakes.place()) as store:
        asked = store.lake.storage.bucket.requests
        asked.clear()
        put(store, event_columns(50))
        store.follow()
        assert asked == {"PutObject": 2}
        put(store, event_columns(50, seed=1))
        store.index.rebuild(store.lake)
        assert asked["GetObject"] == 1  # the file that waited in the cache was read there


@pytest.mark.heavy
def test_the_index_reads_every_column_it_needs_and_none_of_the_raw_records(lakes, tmp_path, monkeypatch):
    monkeypatch.setattr(s3parts, "SMALL", 0)
    monkeypatch.setattr(s3parts, "TAIL", 64)  # not even the footer comes with the first request
    monkeypatch.setattr(s3parts, "NEAR", 0)
    events = event_columns(400)
    events["raw"] = [f'{{"record":"{os.urandom(2_000).hex()}"}}' for _ in range(400)]
    with Store.open(tmp_path / "a", "test", place=lakes.place()) as store:
        put(store, events)
        expected = index_digest(store.index) if store.follow() else ""
        (file,) = store.lake.files("events").added
        with store.lake.here("events", file, {"event_id", "time", "link_offers"}) as path:
            assert path.stat().st_size == file.size
            assert path.stat().st_blocks * 512 < file.size / 4
            some = pq.read_table(path, columns=["event_id", "time", "link_offers"], partitioning=None)
        assert some["event_id"].to_pylist() == events["event_id"]
        with store.lake.here("events", file) as path:
            assert pq.read_table(path, columns=["raw"], partitioning=None)["raw"].to_pylist() == events["raw"]
        assert not list((tmp_path / "a" / CACHE / "files").iterdir())
    with proxied(lakes.endpoint) as proxy:
        place = lakes.place(endpoint=proxy.endpoint)
        with Store.open(tmp_path / "b", "test", place=place) as store:
            assert index_digest(store.index) == expected
            assert proxy.sent_bytes < file.size / 2
            before = proxy.sent_bytes
            assert store.raw(events["event_id"][7], events["time"][7]) == events["raw"][7]
            assert proxy.sent_bytes > before


def test_a_lake_on_s3_is_read_by_who_keeps_nothing_of_it(lakes, tmp_path, monkeypatch):
    (tmp_path / "none").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    events = event_columns(20)
    with Store.open(tmp_path / "keeper", "test", place=lakes.place()) as store:
        put(store, events)
        store.follow()
        reading = Lake.open_to_read(lakes.place().storage())
        assert lake_digest(reading) == index_digest(store.index)
        assert reading.raw(events["event_id"][3], events["time"][3]) == events["raw"][3]
        with pytest.raises(StoreError, match="reads the lake"):
            lakes.place().storage().put("events/x.parquet", lambda sink: None)
    assert list((tmp_path / "none").iterdir()) == []


def test_a_second_data_folder_is_refused_and_told_who_keeps_the_lake_until_it_is_given_back(lakes, tmp_path):
    with Store.open(tmp_path / "one", "server", place=lakes.place()):
        told = rf"kept by server on \S+ .process {os.getpid()}, since 20"
        with pytest.raises(KeeperBusy, match=told) as refused:
            Store.open(tmp_path / "two", "ingest", place=lakes.place())
        assert "is replaced after 30 s" in refused.value.remedy
    started = time.monotonic()
    with Store.open(tmp_path / "two", "ingest", place=lakes.place()):
        assert time.monotonic() - started < 15, "a lake that was given back is taken without waiting"


def test_two_data_folders_with_one_local_lake_are_told_apart_as_well(tmp_path):
    place = LakePlace(str(tmp_path / "shared"))
    with Store.open(tmp_path / "one", "server", place=place) as store:
        put(store, event_columns(5))
        with pytest.raises(KeeperBusy, match="kept by server"):
            Store.open(tmp_path / "two", "ingest", place=place)
    with Store.open(tmp_path / "two", "ingest", place=place) as store:
        assert index_digest(store.index).startswith("5:")


KEEPER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from tests.store.rows import event_columns, put
from remit.adapters.store.place import LakePlace
from remit.adapters.store.store import Store

place = LakePlace(sys.argv[2], "us-east-1", sys.argv[3], 2.0)
with Store.open(Path(sys.argv[1]), "server", print, place=place) as store:
    put(store, event_columns(20, 0))
    print("ready", flush=True)
    for seed, line in enumerate(sys.stdin, 1):
        try:
            named = int(line) if line.strip().isdigit() else seed
            put(store, event_columns(20, named))
            print(named, flush=True)
        except Exception as error:
            print(type(error).__name__, error, flush=True)
"""


def keeper(folder: Path, place: LakePlace) -> subprocess.Popen[str]:
    """A process that keeps the lake and stores twenty events for every line it is given."""
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", KEEPER, str(folder), place.url, place.endpoint, root]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout.readline() == "ready\n"
    return started


def taken(folder: Path, place: LakePlace, notices: list[str]) -> Store:
    """The lake, as soon as its keeper has been silent for long enough."""
    for _ in range(60):
        try:
            return Store.open(folder, "test", notices.append, place=place)
        except KeeperBusy:
            time.sleep(0.25)
    raise AssertionError("the lake was not given up")


def ids(store: Store) -> Counter[str]:
    return Counter(store.index.execute("SELECT event_id AS id FROM events")["id"].to_pylist())


@pytest.mark.heavy
def test_a_keeper_that_sleeps_is_replaced_and_stores_nothing_when_it_wakes(lakes, tmp_path, notices):
    place = lakes.place(lease_seconds=2.0)
    with keeper(tmp_path / "asleep", place) as other:
        other.send_signal(signal.SIGSTOP)
        with taken(tmp_path / "awake", place, notices) as store:
            assert "looking for 2 s whether it still lives" in notices[0]
            put(store, event_columns(20, 50))
            other.send_signal(signal.SIGCONT)
            print("more", file=other.stdin, flush=True)
            told = sorted(other.stdout.readline() for _ in range(2))  # the notice and the refusal of the commit
            assert told[0].startswith("LeaseLost The lake was taken over by test on")
            assert told[1].startswith("The lake was taken over by test on")
            print("more", file=other.stdin, flush=True)
            assert other.stdout.readline().startswith("LeaseLost")
            put(store, event_columns(20, 51))
            store.follow()
            found = ids(store)
            assert len(found) == 60
            assert set(found.values()) == {1}
            assert index_digest(store.index) == lake_digest(store.lake)
        other.kill()


@pytest.mark.heavy
def test_a_killed_keeper_is_replaced_at_once_from_its_own_folder_and_after_its_lease_from_another(
    lakes, tmp_path, notices
):
    place = lakes.place(lease_seconds=2.0)
    for folder in ("one", "one", "two"):
        if folder == "two":
            taken(tmp_path / folder, place, notices).close()
            assert "still lives" in notices[-1]
        with keeper(tmp_path / folder, place) as other:
            other.kill()
    with Store.open(tmp_path / "two", "test", notices.append, place=place) as store:
        assert len([notice for notice in notices if "still lives" in notice]) == 1
        assert ids(store) == Counter(event_columns(20, 0)["event_id"])


@pytest.mark.heavy
def test_killed_at_any_moment_on_s3_nothing_acknowledged_is_lost_and_nothing_is_doubled(lakes, tmp_path):
    place, chance = lakes.place(), random.Random(4)
    acknowledged: list[int] = []
    for turn in range(1, 5):
        with keeper(tmp_path, place) as other:
            other.stdin.write("".join(f"{turn * 1_000 + number}\n" for number in range(400)))
            other.stdin.flush()
            time.sleep(chance.uniform(0.2, 1.2))
            other.kill()
            acknowledged += [int(line) for line in other.stdout if line.endswith("\n") and line.strip().isdigit()]
    assert acknowledged, "every child died before its first commit: the test proved nothing"
    with Store.open(tmp_path, "test", place=place) as store:
        found = ids(store)
        assert set(found.values()) == {1}
        for seed in acknowledged:
            assert found.keys() >= set(event_columns(20, seed)["event_id"])
        assert index_digest(store.index) == lake_digest(store.lake)


def test_a_keeper_that_believes_in_its_lease_cannot_commit_once_the_lake_was_taken_over(
    lakes, tmp_path, notices, monkeypatch
):
    place = lakes.place(lease_seconds=2.0)
    monkeypatch.setattr("remit.adapters.store.s3.lease.LakeLease._renew", lambda self: None)
    monkeypatch.setattr("remit.adapters.store.s3.lease.LakeLease.check", lambda self: None)
    with Store.open(tmp_path / "old", "test", place=place) as old:
        put(old, event_columns(10))
        with taken(tmp_path / "new", place, notices) as new:
            with pytest.raises(CommitTaken, match="Another process has committed"):
                put(old, event_columns(10, seed=1))
            assert old.lake.poisoned
            with pytest.raises(StoreError, match="takes no more commits"):
                put(old, event_columns(10, seed=2))
            put(new, event_columns(10, seed=1))
            new.follow()
            assert set(ids(new).values()) == {1}
            assert len(ids(new)) == 20


def test_a_keeper_that_slept_and_was_not_replaced_goes_on(lakes, tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.s3.lease.LakeLease._renew", lambda self: None)
    with Store.open(tmp_path, "test", place=lakes.place(lease_seconds=0.3)) as store:
        put(store, event_columns(5))
        time.sleep(0.5)
        put(store, event_columns(5, seed=1))
        assert store.follow().events == 10


def test_a_machine_that_was_suspended_for_longer_than_its_lease_asks_before_it_commits(lakes, tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.s3.lease.LakeLease._renew", lambda self: None)
    with Store.open(tmp_path, "test", place=lakes.place(lease_seconds=30.0)) as store:
        asked = store.lake.storage.bucket.requests
        put(store, event_columns(5))
        before = asked["PutObject"]
        store.check_lease()
        store.lake.check()
        assert asked["PutObject"] == before
        awake = time.clock_gettime
        monkeypatch.setattr("time.clock_gettime", lambda clock: awake(clock) + 40.0 * (clock == time.CLOCK_BOOTTIME))
        store.lake.check()
        assert asked["PutObject"] == before + 1, "its lease was over, by the clock that a suspended machine has"


def test_a_lease_lasts_from_when_it_was_asked_for(lakes, tmp_path, monkeypatch):
    """Whoever takes over may count from the moment the object was written, which is before the answer is there."""
    monkeypatch.setattr("remit.adapters.store.s3.lease.LakeLease._renew", lambda self: None)
    bucket = Bucket(f"s3://{lakes.bucket}/slow", "us-east-1", lakes.endpoint)
    for verb in ("create", "change"):
        real = getattr(Bucket, verb)
        monkeypatch.setattr(Bucket, verb, partialmethod(_late, real, 1.2))
        lease = LakeLease.acquire(bucket, "test", tmp_path, seconds=1.0)
        monkeypatch.setattr(Bucket, verb, real)
        before = bucket.requests["PutObject"]
        lease.check()
        assert bucket.requests["PutObject"] == before + 1, "it was over when it was given"
        lease.release()


def _late(bucket: Bucket, real: Callable[..., str], seconds: float, *arguments: object) -> str:
    answer = real(bucket, *arguments)
    time.sleep(seconds)
    return answer


def test_a_lease_that_s3_does_not_take_back_holds_up_no_ending(lakes, tmp_path, monkeypatch):
    monkeypatch.setattr("remit.adapters.store.s3.lease.RELEASE_SECONDS", 0.2)
    going_on = threading.Event()
    bucket = Bucket(f"s3://{lakes.bucket}/silent", "us-east-1", lakes.endpoint)
    lease = LakeLease.acquire(bucket, "test", tmp_path, seconds=30.0)
    monkeypatch.setattr(Bucket, "change", lambda *_: going_on.wait(60) and "")
    ending = threading.Thread(target=lease.release)
    ending.start()
    ending.join(30)
    assert not ending.is_alive()
    going_on.set()


def test_a_keeper_that_cannot_renew_its_lease_commits_nothing_and_goes_on_when_it_can(
    lakes, proxy, tmp_path, monkeypatch
):
    monkeypatch.setattr("remit.adapters.store.s3.lease.LakeLease._renew", lambda self: None)
    place = lakes.place(endpoint=proxy.endpoint, lease_seconds=0.3)
    with Store.open(tmp_path, "test", place=place) as store:
        events = event_columns(5)
        answers = store.ask(events["event_id"], events["time"])
        time.sleep(0.5)
        proxy.faults.append(
            lambda answering, request: "keeper.json" in request.path and answering.refuse(500, "InternalError")
        )
        with pytest.raises(LeaseLost, match="could not be renewed"):
            store.commit(answers.token, arrow_table("events", events))
        assert not store.lake.poisoned
        store.abort(answers.token)
        proxy.faults.clear()
        put(store, events)
        assert store.follow().events == 5


def commits(request: Request, table: str) -> bool:
    return request.verb == "PUT" and f"/{table}/_delta_log/" in request.path and request.path.endswith(".json")


def test_a_write_whose_answer_is_lost_counts_once(lakes, proxy, tmp_path):
    lost: list[str] = []

    def lose(answering: Answering, request: Request) -> bool:
        if commits(request, "events") and request.path not in lost:
            answering.forward(request)
            lost.append(request.path)
            return answering.drop()
        return False

    with Store.open(tmp_path, "test", place=lakes.place(endpoint=proxy.endpoint)) as store:
        proxy.faults.append(lose)
        for seed in range(3):
            put(store, event_columns(10, seed))
        store.follow()
        assert len(lost) == 3
        assert store.lake.version("events") == 3
        assert index_digest(store.index) == lake_digest(store.lake)
        assert len(ids(store)) == 30


@pytest.mark.heavy
def test_a_commit_whose_every_answer_is_lost_is_looked_for_before_it_is_given_up(lakes, proxy, tmp_path):
    def lose(answering: Answering, request: Request) -> bool:
        if commits(request, "events"):
            answering.forward(request)
            return answering.drop()
        return False

    with Store.open(tmp_path, "test", place=lakes.place(endpoint=proxy.endpoint)) as store:
        proxy.faults.append(lose)
        put(store, event_columns(10))
        assert store.follow().events == 10
        assert not store.lake.poisoned


def test_a_commit_that_somebody_else_made_is_not_taken_for_ours(lakes, tmp_path):
    with Store.open(tmp_path, "test", place=lakes.place()) as store:
        put(store, event_columns(10))
        lakes.client.put_object(Bucket=lakes.bucket, Key=f"lake/{commit_name('events', 2)}", Body=b'{"commitInfo":{}}')
        with pytest.raises(CommitTaken):
            put(store, event_columns(10, seed=1))
        assert lakes.get(commit_name("events", 2)) == b'{"commitInfo":{}}'


@pytest.mark.heavy
def test_throttling_and_answers_that_break_off_are_borne_and_cost_no_row(lakes, proxy, tmp_path):
    turns = Counter[str]()

    def trouble(answering: Answering, request: Request) -> bool:
        turns[request.verb] += 1
        if request.verb == "PUT" and turns["PUT"] % 3 == 0:
            return answering.refuse(503, "SlowDown")
        if request.verb == "GET" and turns["GET"] % 2 == 0:
            status, headers, content = answering.forward(request)
            answering.answer(status, headers, content, keep=len(content) // 2)
            return True
        return False

    place = lakes.place(endpoint=proxy.endpoint)
    with Store.open(tmp_path / "a", "test", place=place) as store:
        proxy.faults.append(trouble)
        for seed in range(4):
            put(store, event_columns(100, seed, step=DAY // 10))
        store.follow()
        expected = index_digest(store.index)
        store.index.rebuild(store.lake)
        assert index_digest(store.index) == expected
    assert turns["GET"] > 6
    with Store.open(tmp_path / "b", "test", place=place) as store:
        assert index_digest(store.index) == lake_digest(store.lake) == expected
        assert len(ids(store)) == 400


def test_a_batch_cut_off_between_two_tables_is_finished_by_the_next_keeper(lakes, proxy, tmp_path, notices):
    def gone(answering: Answering, request: Request) -> bool:
        return commits(request, "corrections") and answering.drop()

    events = event_columns(10)
    with Store.open(tmp_path / "a", "test", place=lakes.place(endpoint=proxy.endpoint)) as store:
        proxy.faults.append(gone)
        answers = store.ask(events["event_id"], events["time"])
        settled = arrow_table("corrections", correction_columns(events, range(5), "settled"))
        with pytest.raises(LakeUnreachable, match="cannot be reached"):
            store.commit(answers.token, arrow_table("events", events), settled)
        assert store.lake.poisoned
    with Store.open(tmp_path / "b", "test", notices.append, place=lakes.place()) as store:
        assert "has been finished in corrections" in notices[0]
        said = store.index.execute("SELECT count(*) AS n FROM events WHERE owner = 'settled'")["n"].to_pylist()
        assert said == [5]
        assert index_digest(store.index) == lake_digest(store.lake)


@pytest.mark.heavy
def test_a_large_file_is_sent_in_parts_and_one_that_fails_leaves_nothing(lakes, proxy, tmp_path, monkeypatch):
    monkeypatch.setattr(s3client, "LARGE_BYTES", 1 << 20)
    monkeypatch.setattr(s3client, "PART_BYTES", 5 << 20)
    content = os.urandom(12 << 20)
    storage = lakes.place(endpoint=proxy.endpoint).storage(tmp_path)
    written = storage.put("events/month=2026-10/large.parquet", lambda sink: sink.write(content))
    assert written.size == len(content)
    assert lakes.get("events/month=2026-10/large.parquet") == content
    with storage.here("events/month=2026-10/large.parquet") as path:
        assert path.read_bytes() == content
    proxy.faults.append(lambda answering, request: "partNumber=2" in request.path and answering.refuse(500, "Broken"))
    with pytest.raises(LakeUnreachable, match="failed repeatedly"):
        storage.put("events/month=2026-10/other.parquet", lambda sink: sink.write(content))
    assert lakes.stored() == ["events/month=2026-10/large.parquet"]
    assert "Uploads" not in lakes.client.list_multipart_uploads(Bucket=lakes.bucket)
    assert not list((tmp_path / CACHE / "files").iterdir())


REFUSALS = {
    "AccessDenied": (403, "does not allow", "s3:PutObject"),
    "InvalidAccessKeyId": (403, "does not know these credentials", "Set AWS credentials"),
    "ExpiredToken": (400, "have expired", "Sign in again"),
    "RequestTimeTooSkewed": (403, "clock differs", "Set the clock"),
    "NoSuchBucket": (404, "no such bucket", "lake.url"),
    "PermanentRedirect": (400, "another region", "lake.region"),
    "NotImplemented": (501, "cannot do what the lake needs", "conditional writes"),
    "SlowDown": (503, "slow down", "run again"),
    "InternalError": (500, "failed repeatedly", "run again"),
    "SomethingNew": (418, "SomethingNew", "lake.url"),
}


_OFTEN = ("AccessDenied", "SlowDown")


@pytest.mark.parametrize(
    "code", [code if code in _OFTEN else pytest.param(code, marks=pytest.mark.heavy) for code in REFUSALS]
)
def test_what_s3_refuses_is_said_with_what_to_do(lakes, proxy, tmp_path, code):
    status, what, remedy = REFUSALS[code]
    proxy.faults.append(lambda answering, request: answering.refuse(status, code))
    with pytest.raises(StoreError, match=what) as refused:
        Store.open(tmp_path, "test", place=lakes.place(endpoint=proxy.endpoint))
    assert remedy in refused.value.remedy
    assert refused.value.where.startswith(f"s3://{lakes.bucket}/lake")
    assert isinstance(refused.value, LakeUnreachable) == (status in (500, 503))


@pytest.mark.heavy
def test_a_bucket_that_is_not_there_and_credentials_that_are_not_there_are_said(lakes, tmp_path, monkeypatch):
    with pytest.raises(StoreError, match="no such bucket"):
        Store.open(tmp_path, "test", place=LakePlace("s3://nobody-made-this/lake", "us-east-1", lakes.endpoint))
    monkeypatch.setattr(s3client, "ATTEMPTS", 1)
    with pytest.raises(LakeUnreachable, match="cannot be reached"):
        Store.open(tmp_path, "test", place=LakePlace("s3://some/lake", "us-east-1", "http://127.0.0.1:9"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(StoreError, match="No usable AWS credentials"):
        Store.open(tmp_path, "test", place=lakes.place())


@pytest.mark.parametrize("overlooked", ["If-None-Match", "If-Match"])
def test_an_object_store_that_overlooks_conditions_is_refused(lakes, proxy, tmp_path, overlooked):
    def overlook(answering: Answering, request: Request) -> bool:
        del answering.headers[overlooked]
        return False

    proxy.faults.append(overlook)
    with pytest.raises(StoreError, match="overlooks conditions"):
        Store.open(tmp_path, "test", place=lakes.place(endpoint=proxy.endpoint))


@pytest.mark.heavy
def test_a_console_reads_a_lake_on_s3_without_its_lease(lakes, tmp_path):
    place = lakes.place()
    with Store.open(tmp_path / "keeper", "test", place=place) as store:
        put(store, event_columns(30))
        reader = Lake.open_to_read(place.storage(tmp_path / "console"))
        index = Index.open(tmp_path / "console.duckdb")
        index.follow(reader)
        put(store, event_columns(30, seed=1))
        maintain(store)
        assert reader.refresh()
        index.follow(reader)
        assert index_digest(index) == lake_digest(store.lake)
        assert reader.raw(event_columns(30)["event_id"][3], event_columns(30)["time"][3])
        index.close()


def test_what_a_killed_keeper_left_in_the_cache_is_nothing_to_a_reader(lakes, tmp_path):
    place = lakes.place()
    with Store.open(tmp_path / "keeper", "test", place=place) as store:
        put(store, event_columns(5))
        left = tmp_path / "console" / CACHE / "logs" / commit_name("events", 2)
        left.parent.mkdir(parents=True)
        left.write_bytes(lakes.get(commit_name("events", 1)))  # written, and never carried to the bucket
        put(store, event_columns(5, seed=1))
        reader = Lake.open_to_read(place.storage(tmp_path / "console"))
        assert {file.path for file in reader.files("events").added} == {
            file.path for file in store.lake.files("events").added
        }


def test_a_keeper_that_lost_its_lease_removes_no_file_that_it_does_not_know(lakes, tmp_path):
    def lost() -> None:
        raise LeaseLost("The lake was taken over")

    with Store.open(tmp_path, "test", place=lakes.place()) as store:
        put(store, event_columns(5))
        successors = "events/month=2026-10/successor.parquet"
        store.lake.storage.put(successors, lambda sink: sink.write(b"rows") and None)
        time.sleep(1.1)
        store.lake.write_while(lost)
        for remove in (lambda: store.lake.purge("events"), lambda: list(vacuum(store.lake, "events", 0))):
            with pytest.raises(LeaseLost):
                remove()
        assert successors in lakes.stored()


@pytest.mark.heavy
def test_a_log_that_lost_its_checkpoint_and_its_beginning_is_never_taken_for_an_empty_lake(lakes, tmp_path):
    with Store.open(tmp_path / "a", "test", place=lakes.place()) as store:
        for seed in range(3):
            put(store, event_columns(5, seed))
    lakes.client.delete_object(Bucket=lakes.bucket, Key=f"lake/{commit_name('events', 0)}")
    with pytest.raises(StoreError, match="does not reach back to its beginning"):
        Store.open(tmp_path / "b", "test", place=lakes.place())
    assert commit_name("events", 0) not in lakes.stored()


def test_a_lake_at_another_kind_of_address_is_refused_plainly(tmp_path):
    with pytest.raises(StoreError.__mro__[1], match="cannot be at such an address"):
        Store.open(tmp_path, "test", place=LakePlace("gs://bucket/lake"))


def test_losing_the_lease_is_a_way_of_being_told_who_keeps_the_lake():
    assert issubclass(LeaseLost, KeeperBusy)
