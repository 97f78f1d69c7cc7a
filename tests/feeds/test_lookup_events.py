"""Reading an account's own event history, against a stand-in on loopback."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.feeds.lookup_cursor import Cursor
from remit.adapters.feeds.lookup_events import Account, events
from remit.app import connecting
from remit.app.application import RemitApplication
from remit.faces.cli.main import run

from .event_history import History, serving
from .records import EPOCH, record, stored

NOW = EPOCH + 3600


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = float(NOW)
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def history(writes: int, reads: int, region: str = "us-east-1", **moods: Any) -> History:
    """Events three to a second, so that pages end in the middle of one."""
    made = []
    for number in range(writes + reads):
        at, read_only = EPOCH + number // 3, number >= writes
        made.append(
            {
                "region": region,
                "read_only": read_only,
                "at": at,
                "record": record(number, at=at, read_only=read_only, region=region),
            }
        )
    return History(made, **moods)


def walk(
    endpoint: str,
    cursor: Cursor,
    clock: Clock,
    regions: tuple[str, ...] = ("us-east-1",),
    max_pages: int | None = None,
) -> Iterator[Chunk]:
    account = Account(endpoint_url=endpoint)

    def client(region: str) -> Any:
        return account.client("cloudtrail", region)

    return events(regions, client, cursor, clock=clock, sleep=clock.sleep, max_pages=max_pages)


def numbers(chunks: list[Chunk]) -> list[int]:
    return [int(json.loads(line)["requestID"].removeprefix("REQ")) for chunk in chunks for line in chunk.records]


def test_writes_come_first_and_the_newest_first_at_two_requests_a_second() -> None:
    told, clock = history(writes=120, reads=60), Clock()
    with serving(told) as endpoint:
        chunks = list(walk(endpoint, Cursor(), clock))
    assert [len(chunk.records) for chunk in chunks] == [50, 50, 20, 50, 10]
    seconds = [number // 3 for number in numbers(chunks)]
    assert seconds[:120] == sorted(seconds[:120], reverse=True)
    assert Counter(numbers(chunks)) == Counter(range(180))
    assert {number < 120 for number in numbers(chunks)[:120]} == {True}
    assert clock.now - NOW == pytest.approx(0.5 * (len(told.calls) - 1))


def test_throttling_and_an_expired_token_lose_nothing_and_wait_longer_each_time() -> None:
    told, clock = history(writes=200, reads=0), Clock()
    told.moods = {1: "ThrottlingException", 2: "ThrottlingException", 4: "InvalidNextTokenException"}
    with serving(told) as endpoint:
        chunks = list(walk(endpoint, Cursor(), clock))
    assert set(numbers(chunks)) == set(range(200))
    assert not [fault for chunk in chunks for fault in chunk.faults]
    assert [pause for pause in clock.slept if pause >= 1] == [1.0, 2.0]


def test_tokens_that_always_expire_end_in_a_fault_and_not_in_a_loop() -> None:
    told = history(writes=200, reads=0, moods=dict.fromkeys(range(1, 60), "InvalidNextTokenException"))
    with serving(told) as endpoint:
        chunks = list(walk(endpoint, Cursor(), Clock()))
    assert [fault.reason for chunk in chunks for fault in chunk.faults][:1] == ["unreadable"]
    assert len(told.calls) < 20


def test_a_region_that_refuses_is_named_and_the_others_are_read() -> None:
    told = history(writes=60, reads=0)
    told.denied = frozenset({"eu-west-1"})
    cursor = Cursor()
    with serving(told) as endpoint:
        chunks = list(walk(endpoint, cursor, Clock(), ("eu-west-1", "us-east-1")))
    faults = [fault for chunk in chunks for fault in chunk.faults]
    assert [fault.place for fault in faults] == ["lookup-events:eu-west-1:write", "lookup-events:eu-west-1:read"]
    assert "AccessDenied" in faults[0].detail
    assert set(numbers(chunks)) == set(range(60))
    assert cursor.walk("eu-west-1", "write").windows
    assert not cursor.walk("us-east-1", "write").windows


@pytest.mark.parametrize("pages", [1, 2, 3, 5])
def test_a_walk_stopped_anywhere_goes_on_where_it_stopped(pages: int) -> None:
    told, clock, cursor = history(writes=130, reads=70), Clock(), Cursor()
    found: list[int] = []
    with serving(told) as endpoint:
        while True:
            batch = list(walk(endpoint, cursor, clock, max_pages=pages))
            found += numbers(batch)
            cursor = Cursor.from_json(json.loads(json.dumps(cursor.to_json())))
            clock.now += 5
            if len(batch) < pages or len(told.calls) > 400:
                break
    assert set(found) == set(range(200))
    assert len(told.calls) < 60


def test_a_later_walk_asks_for_what_is_new_and_what_may_have_been_late_only() -> None:
    told, clock, cursor = history(writes=30, reads=0), Clock(), Cursor()
    with serving(told) as endpoint:
        list(walk(endpoint, cursor, clock))
        before = len(told.calls)
        clock.now += 86_400
        list(walk(endpoint, cursor, clock))
    assert {call["StartTime"] for call in told.calls[before:]} == {NOW - 900}


def test_an_event_history_is_connected_stopped_and_read_to_its_end_each_event_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told, clock = history(writes=130, reads=70), Clock()
    told.moods = {1: "ThrottlingException"}
    monkeypatch.setattr(connecting.time, "time", clock)
    monkeypatch.setattr(connecting.time, "sleep", clock.sleep)
    results = []
    with serving(told) as endpoint:
        words = [
            "connect",
            "aws",
            "--endpoint-url",
            endpoint,
            "--region",
            "us-east-1",
            "--data",
            str(tmp_path),
            "--json",
        ]
        for more in (["--max-pages", "2"], [], []):
            assert run(RemitApplication(lambda _: None), [*words, *more]) == 0
            results.append(json.loads(capsys.readouterr().out))
            clock.now += 60
    assert results[0]["new"] == 100
    assert sum(result["new"] for result in results) == 200
    assert stored(tmp_path) == [f"REQ{number:08}" for number in range(200)]
    assert "Still unread: us-east-1/write" in results[0]["notes"][1]
    assert [len(result["notes"]) for result in results] == [2, 1, 1]
    assert "Other regions were not looked at" in results[0]["notes"][0]


def test_a_history_that_refuses_every_region_is_said_and_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = history(writes=3, reads=0)
    told.denied = frozenset({"us-east-1"})
    with serving(told) as endpoint:
        words = ["connect", "aws", "--endpoint-url", endpoint, "--region", "us-east-1", "--data", str(tmp_path)]
        assert run(RemitApplication(lambda _: None), words) == 1
    out = capsys.readouterr().out
    assert "AccessDenied" in out
    assert "Still unread: us-east-1/write, us-east-1/read" in out
