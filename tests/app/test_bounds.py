"""What is asked of a server costs it no more than it allows: time, turns, and connections."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.requests import ClientDisconnect

from remit.adapters.store.index.deadline import within
from remit.adapters.store.store import Store
from remit.app.bounds import ASKING, Bounded, Patience, Turns, bounded
from remit.app.config.schema import Questions
from remit.app.connections import MOST_CONNECTIONS, PatientProtocol, most_connections
from remit.app.desks import IDENTITIES, QUESTIONS
from remit.faces.api import exports
from remit.faces.web.problems import refused
from remit.faces.web.statuses import status_of
from remit.model.errors import Busy, TooSlow

ENDLESS = "SELECT count(*) AS n FROM range(100000000) AS a, range(100000000) AS b WHERE a.range * b.range = 7"
"""Hours of work on any machine."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, "test") as opened:
        yield opened


def test_a_question_that_takes_too_long_is_given_up_where_it_stands(store: Store) -> None:
    with pytest.raises(TooSlow, match=r"longer than 0\.1 seconds") as caught, within(0.1):
        store.index.execute(ENDLESS)
    assert "Narrow it by time" in caught.value.remedy
    assert status_of(caught.value) == 504
    assert store.index.execute("SELECT 1 AS n")["n"].to_pylist() == [1]


def test_a_question_whose_time_is_over_begins_no_other_statement(store: Store) -> None:
    with within(3600) as deadline:
        assert store.index.execute("SELECT 1 AS n").num_rows == 1
        deadline.expire()
        with pytest.raises(TooSlow):
            store.index.execute("SELECT 1 AS n")
    assert store.index.execute("SELECT 1 AS n").num_rows == 1


def test_an_endless_question_does_not_keep_another_from_its_answer(store: Store) -> None:
    failed: list[Exception] = []
    with within(3600) as deadline:

        def ask() -> None:
            try:
                with deadline.watching(cursor.interrupt):
                    cursor.execute(ENDLESS).fetchall()
            except TooSlow as error:
                failed.append(error)

        cursor = store.index._duck.new_cursor()
        asking = threading.Thread(target=ask)
        asking.start()
        answered: list[int] = []
        other = threading.Thread(target=lambda: answered.append(store.index.execute("SELECT 1 AS n").num_rows))
        other.start()
        other.join(60)
        assert answered == [1]
        assert asking.is_alive()
        deadline.expire()
        asking.join(60)
        assert len(failed) == 1


class Desk:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.begun = threading.Semaphore(0)

    def search(self, query: str) -> str:
        self.begun.release()
        assert self.let.wait(60)
        return query

    def overview(self, query: str) -> str:
        return query

    def export(self, query: str) -> Iterator[str]:
        yield query


@contextmanager
def at_work(asked: Bounded, desk: Desk, count: int) -> Iterator[list[Any]]:
    """So many questions under way until the end."""
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(asked.search("slow"))) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        desk.let.set()
        for thread in threads:
            thread.join(60)


def test_beyond_those_at_work_and_waiting_one_is_told_to_come_again() -> None:
    desk = Desk()
    asked = Bounded(QUESTIONS, desk, Turns(Patience(60, at_once=2, waiting=0)))
    with at_work(asked, desk, 2) as answers:
        for _ in range(2):
            assert desk.begun.acquire(timeout=60)
        with pytest.raises(Busy) as caught:
            asked.overview("")
        assert list(asked.export("all")) == ["all"]
    assert answers == ["slow", "slow"]
    assert asked.overview("again") == "again"
    response = refused(caught.value)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


def test_a_question_that_waits_for_its_turn_is_answered_or_told_so_in_time() -> None:
    desk = Desk()
    impatient = Bounded(QUESTIONS, desk, Turns(Patience(60, at_once=1, waiting=1, wait_seconds=0.01)))
    with at_work(impatient, desk, 1):
        assert desk.begun.acquire(timeout=60)
        with pytest.raises(Busy):
            impatient.overview("")
    desk = Desk()
    patient = Bounded(QUESTIONS, desk, Turns(Patience(60, at_once=1, waiting=1, wait_seconds=60)))
    with at_work(patient, desk, 1):
        assert desk.begun.acquire(timeout=60)
        waited: list[str] = []
        waiting = threading.Thread(target=lambda: waited.append(patient.overview("waited")))
        waiting.start()
        desk.let.set()
        waiting.join(60)
        assert waited == ["waited"]


def filled(asked: Bounded) -> bool:
    """Wait until so many questions wait that no more may."""
    for _ in range(6000):
        if not asked._turns._room._value:
            return True
        time.sleep(0.01)
    return False


class Identities:
    """A desk that asks the index, and changes something."""

    def suggest(self) -> str:
        return "asked"

    def judge_again(self) -> str:
        return "changed"


def test_what_other_desks_ask_of_the_index_takes_its_turn_among_the_questions() -> None:
    desk, others = Desk(), {name: Identities() for name in ASKING}
    desks = bounded({QUESTIONS: desk, **others}, Questions(seconds=60, at_once=1))
    with at_work(desks[QUESTIONS], desk, 17):
        assert desk.begun.acquire(timeout=60)
        assert filled(desks[QUESTIONS])
        with pytest.raises(Busy):
            desks[IDENTITIES].suggest()
        assert desks[IDENTITIES].judge_again() == "changed"
    assert desks[IDENTITIES].suggest() == "asked"


def test_only_so_many_exports_are_made_at_a_time_however_slowly_they_are_taken() -> None:
    class Pouring:
        def export(self, query: str) -> Iterator[str]:
            yield "first"
            yield query

    bounded = Bounded(QUESTIONS, Pouring(), Turns(Patience(60, at_once=1, waiting=0, pouring=2)))
    begun = [bounded.export("x") for _ in range(2)]
    never = bounded.export("never begun")
    assert [next(each) for each in begun] == ["first", "first"]
    with pytest.raises(Busy):
        next(bounded.export("x"))
    begun[0].close()
    assert list(bounded.export("y")) == ["first", "y"]
    assert list(begun[1]) == ["x"]
    assert list(bounded.export("z")) == list(bounded.export("z"))
    never.close()


@pytest.mark.parametrize("ends", ["leaves", "stalls"])
def test_an_export_whose_client_leaves_or_stalls_is_made_no_further(monkeypatch: Any, ends: str) -> None:
    monkeypatch.setattr(exports, "STALLED_SECONDS", 0.2)
    made: list[int] = []

    def endless() -> Iterator[bytes]:
        try:
            for at in range(10_000_000):
                made.append(at)
                yield b"x"
        finally:
            made.append(-1)

    async def receive() -> Any:
        await (sending if ends == "leaves" else asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sending.set()
            await asyncio.Event().wait()

    sending = asyncio.Event()
    chunks = endless()
    answer = exports.Poured(chunks, chunks)
    with suppress(ClientDisconnect):
        asyncio.run(answer({"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}, receive, send))
    assert made[-1] == -1
    assert len(made) < 10


def test_an_error_gives_the_turn_back() -> None:
    class Failing:
        def search(self, query: str) -> str:
            raise ValueError(query)

        def overview(self, query: str) -> str:
            return query

    asked = Bounded(QUESTIONS, Failing(), Turns(Patience(60, at_once=1, waiting=0)))
    for _ in range(3):
        with pytest.raises(ValueError, match="x"):
            asked.search("x")
    assert asked.overview("fine") == "fine"


async def _hello(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


class Hasty(PatientProtocol):
    head_seconds = 0.2
    body_seconds = 0.4


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A server that has little patience."""
    config = uvicorn.Config(
        _hello, http=getattr(request, "param", Hasty), log_level="error", lifespan="off", timeout_keep_alive=600
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /again HTTP/1.1\r\nHo",
    ],
)
def test_a_client_that_never_says_what_it_wants_is_hung_up_on(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
        slow.sendall(sent)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as quick:
            quick.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert quick.makefile("rb").read().endswith(b"hello")
        answered = slow.makefile("rb").read()
        assert answered.endswith(b"hello") if sent.endswith(b"Ho") else not answered


class Crowded(PatientProtocol):
    most = 3


@pytest.mark.parametrize("port", [Crowded], indirect=True)
def test_idle_connections_make_room_for_who_asks_and_a_body_under_way_is_let_finish(port: int) -> None:
    def ask() -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as quick:
            quick.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return quick.makefile("rb").read()

    held = []
    for said in (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n12345",
        b"GET / HT",
        b"",
    ):
        held.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        held[-1].sendall(said)
        assert ask().endswith(b"hello")
    assert [ask()[-5:] for _ in range(5)] == [b"hello"] * 5
    held[0].sendall(b"67890")
    assert held[0].makefile("rb").read().endswith(b"hello")
    for each in held:
        each.close()


def test_connections_leave_files_to_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, hard, expected in ((1024, 1024, 724), (256, 4096, MOST_CONNECTIONS), (400, 400, 100), (64, 64, 16)):
        asked: list[Any] = []
        monkeypatch.setattr(resource, "getrlimit", lambda _, said=(soft, hard): said)
        monkeypatch.setattr(resource, "setrlimit", lambda _, said, into=asked: into.append(said))
        assert most_connections() == expected
        assert all(said[0] <= hard == said[1] for said in asked)
