"""Connections that send too slowly are closed: a client has so long to say what it wants, and no longer.

Slow clients stop nobody else, as nothing waits for one; but each holds a connection, and those are not endless.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 20.0
"""For the head of a request, from the connection or from the answer before."""
BODY_SECONDS: Final = 120.0
"""For all of a request's body."""
MOST_CONNECTIONS: Final = 1000
_OTHER_FILES: Final = 300
"""File descriptors that the store and all else needs: a lake that cannot open a file takes no more commits."""


def most_connections() -> int:
    """How many connections this process can hold, once it may open as many files as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MOST_CONNECTIONS, soft - _OTHER_FILES))


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on how long a request may take to arrive, and on how many connections there are: beyond
    ``most`` the one that has been waited for longest makes room, so that idle ones keep nobody out."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    most = MOST_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._seen: Any = None
        self._since = self.loop.time()
        self._watch = self.loop.call_later(self.head_seconds / 2, self._look)
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        others = ((each, each._awaited()) for each in self.connections if isinstance(each, PatientProtocol))
        idle = [(awaited[0] == "body", each._since, id(each), each) for each, awaited in others if awaited is not None]
        min(idle, default=(False, 0.0, 0, self))[-1].transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close the connection if the same request, or none, has been awaited for too long."""
        waiting = self._awaited()
        if waiting is None or waiting != self._seen:
            self._seen, self._since = waiting, self.loop.time()
        limit = self.body_seconds if waiting and waiting[0] == "body" else self.head_seconds
        if waiting is not None and self.loop.time() - self._since >= limit:
            self.transport.close()
            return
        self._watch = self.loop.call_later(self.head_seconds / 2, self._look)

    def _awaited(self) -> tuple[str, int] | None:
        """What the client has still to send, and after which request; None while the server is at work for it."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return "head", id(cycle)
        return ("body", id(cycle)) if cycle.more_body and not cycle.response_started else None
