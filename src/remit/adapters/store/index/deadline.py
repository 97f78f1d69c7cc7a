"""How long a question may take: its statements are interrupted where they stand when its time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import duckdb

from remit.model.errors import TooSlow

_CURRENT: Final[ContextVar[Deadline | None]] = ContextVar("remit.deadline", default=None)


class Deadline:
    """The time of one question. A question asks its statements one after another, in one thread."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._over = False
        self._interrupt: Callable[[], None] | None = None

    def expire(self) -> None:
        """The time is over: the statement under way is interrupted, and no other begins."""
        with self._lock:
            self._over = True
            if self._interrupt is not None:
                self._interrupt()

    @contextmanager
    def watching(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """While a statement runs that ``interrupt`` ends. Raises TooSlow when the time is over."""
        with self._lock:
            if self._over:
                raise self._too_slow()
            self._interrupt = interrupt
        try:
            yield
        except duckdb.InterruptException as error:
            if not self._over:
                raise
            raise self._too_slow() from error
        finally:
            with self._lock:
                self._interrupt = None

    def _too_slow(self) -> TooSlow:
        return TooSlow(
            f"This question takes longer than {self.seconds:g} seconds and was given up",
            remedy="Narrow it by time, or by a facet, and ask again.",
        )


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """Statements of this thread that begin here are interrupted after so many seconds, all together."""
    deadline = Deadline(seconds)
    timer = threading.Timer(seconds, deadline.expire)
    timer.daemon = True
    timer.start()
    token = _CURRENT.set(deadline)
    try:
        yield deadline
    finally:
        _CURRENT.reset(token)
        timer.cancel()


@contextmanager
def interruptible(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run a statement on a cursor, under the deadline there is, if there is one."""
    deadline = _CURRENT.get()
    if deadline is None:
        yield
        return
    with deadline.watching(cursor.interrupt):
        yield
