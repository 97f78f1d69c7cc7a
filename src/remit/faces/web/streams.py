"""Streams of server-sent events: a query followed for as long as its client listens.

Each client pulls: nothing is queued for one who is slow, and one who takes nothing for half a minute is let go. One
thread waits for the index to move and wakes them all; what they then read is read by a few threads, however many
clients there are.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from remit.model.errors import TooMuch, Unavailable

MOST_STREAMS: Final = 100
AT_MOST_BEHIND: Final = 1_000
"""Events told one by one; a client further behind is told how many it is, and where to look."""
HEARTBEAT_SECONDS: Final = 15.0
STALLED_SECONDS: Final = 30.0
"""A client that takes nothing for so long is let go."""
LONGEST_SECONDS: Final = 900.0
"""Then a stream ends, and its client comes back by itself with its last place: what is left behind unseen, such as a
proxy's half of a connection, does not stay for ever."""
RETRY_MS: Final = 2_000
LAST_EVENT_ID: Final = "last-event-id"
_READERS: Final = 2
_LOOK_SECONDS: Final = 1.0
_PLACE_CHARACTERS: Final = 200
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second asks a proxy not to hold the stream back."""
_LOG: Final = logging.getLogger("remit.streams")
Standing = tuple[str, int]


class Told(Protocol):
    """One thing told of a query; see ``flows.questions.tail``."""

    @property
    def what(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def event(self) -> dict[str, Any] | None: ...
    @property
    def words(self) -> str: ...


class Tail(Protocol):
    """A query followed: what is to be told next, until nothing more is."""

    @property
    def place(self) -> str: ...
    def read(self) -> Sequence[Told]: ...


class Live(Protocol):
    """The desk that follows queries."""

    def wait(self, seen: Standing, seconds: float) -> Standing: ...
    def follow(self, query: str, after: str, at_most: int) -> Tail: ...


Render = Callable[[Told], Any]
"""What is told -> the JSON that a client gets as its data."""


@dataclass(eq=False, slots=True)
class _Client:
    """One open stream. ``wake`` is set when there may be something to tell, or when it is to end."""

    loop: asyncio.AbstractEventLoop
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False


class Streams:
    """Every open stream of a server."""

    def __init__(self, live: Live, most: int = MOST_STREAMS) -> None:
        self._live = live
        self._most = most
        self._clients: set[_Client] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._watching: threading.Thread | None = None
        self.readers = ThreadPoolExecutor(_READERS, thread_name_prefix="stream")

    def open(self, query: str, after: str, render: Render) -> EventStream:
        """The answer that follows a query from a place, or from now on.

        :raises QueryError: for a query that cannot be read. :raises UsageError: for a place that is none.
        :raises Unavailable: when as many streams are open as this server serves.
        """
        if self._closed:
            raise Unavailable("The server is stopping", remedy="Try again in a moment.")
        if len(self._clients) >= self._most:
            raise Unavailable(
                f"{self._most} streams are open, and this server serves no more at a time",
                remedy="Close another, or ask again in a moment. Questions are answered as usual.",
            )
        if len(after) > _PLACE_CHARACTERS:
            raise TooMuch("The place to go on from is too long", remedy="Start without one: from now on.")
        return EventStream(self, self._live.follow(query, after, AT_MOST_BEHIND), render)

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._clients)

    def close(self) -> None:
        """End every stream now and open no more."""
        self._closed = True
        with self._lock:
            for client in self._clients:
                client.ended = True
        self._wake()
        self.readers.shutdown(wait=False)

    def admit(self) -> _Client:
        """A stream begins."""
        client = _Client(asyncio.get_running_loop(), ended=self._closed)
        with self._lock:
            self._clients.add(client)
            if self._watching is None:
                self._watching = threading.Thread(target=self._watch, name="streams", daemon=True)
                self._watching.start()
        return client

    def release(self, client: _Client) -> None:
        """A stream is over."""
        with self._lock:
            self._clients.discard(client)

    def _watch(self) -> None:
        seen = self._live.wait(("", -1), 0)
        while not self._closed:
            now = self._live.wait(seen, _LOOK_SECONDS)
            if now != seen:
                seen = now
                self._wake()

    def _wake(self) -> None:
        with self._lock:
            clients = tuple(self._clients)
        for client in clients:
            with suppress(RuntimeError):  # its loop has ended, and it with it
                client.loop.call_soon_threadsafe(client.wake.set)


class EventStream(Response):
    """An answer that goes on until its client leaves, stalls, or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, tail: Tail, render: Render) -> None:
        # As Starlette's own streaming answer does: no body, so no length is said.
        self.status_code = 200
        self.background = None
        self.init_headers(_HEADERS)
        self._streams = streams
        self._tail = tail
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client."""
        client = self._streams.admit()
        leaving = asyncio.create_task(_until_gone(receive, client))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_SECONDS):
                        await self._tell(client, send)
            await _sent(send, "", more=False)
        except _Stalled:
            _LOG.info("A client of a stream took nothing for %d seconds and was let go", STALLED_SECONDS)
        finally:
            leaving.cancel()
            self._streams.release(client)

    async def _tell(self, client: _Client, send: Send) -> None:
        await _sent(send, f"retry: {RETRY_MS}\n{_here(self._tail)}")
        loop = asyncio.get_running_loop()
        while not client.ended:
            client.wake.clear()
            lines = await loop.run_in_executor(self._streams.readers, self._read)
            for text in lines:
                await _sent(send, text)
            if not lines and not client.ended:
                await self._wait(client, send)

    async def _wait(self, client: _Client, send: Send) -> None:
        """Until there may be more, saying now and then that the stream is alive, and how far it has come."""
        while not client.wake.is_set():
            try:
                await asyncio.wait_for(client.wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await _sent(send, f": nothing new\n{_here(self._tail)}")

    def _read(self) -> list[str]:
        return [self._line(told) for told in self._tail.read()]

    def _line(self, told: Told) -> str:
        # ASCII alone: no separator that a client's parser could take for the end of a line.
        return f"id: {told.place}\nevent: {told.what}\ndata: {json.dumps(self._render(told))}\n\n"


class _Stalled(Exception):
    """The client takes nothing any more."""


async def _until_gone(receive: Receive, client: _Client) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.ended = True
    client.wake.set()


async def _sent(send: Send, text: str, *, more: bool = True) -> None:
    """Send, unless the client takes nothing."""
    message = {"type": "http.response.body", "body": text.encode("ascii"), "more_body": more}
    try:
        await asyncio.wait_for(send(message), STALLED_SECONDS)
    except TimeoutError as error:
        raise _Stalled from error


def _here(tail: Tail) -> str:
    """The place reached, which a client keeps although there is no event."""
    return f"id: {tail.place}\n\n"
