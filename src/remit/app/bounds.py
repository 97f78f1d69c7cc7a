"""Bounds on what is asked of a server: how long one question may take, and how many are answered at a time.

A question that takes too long is given up with what would narrow it. Questions beyond those at work wait their turn,
a few of them and not for long; any more are told at once to come again, so that a page that costs nothing, or the
answer that somebody waits for, is never stuck behind them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from remit.adapters.store.index.deadline import within
from remit.app.config.schema import Questions
from remit.app.desks import ALERTS, BACKTEST, FEEDS, IDENTITIES, PERMISSIONS, QUESTIONS, STREAMED
from remit.model.errors import Busy

ASKING: Final[Mapping[str, frozenset[str]]] = {
    IDENTITIES: frozenset({"entries", "suggest", "preview"}),
    ALERTS: frozenset({"dry_run"}),
    BACKTEST: frozenset({"run"}),
    PERMISSIONS: frozenset({"can", "panel", "narrow"}),
    FEEDS: frozenset({"list", "show"}),
}
"""Calls of other desks that ask the index what a question asks; what these desks change is not cut off."""
WAITING: Final = 16
"""Questions that may wait. With those at work they are fewer than the threads of the server (40), which also serves
what asks nothing."""
POURING: Final = 6
"""Exports made at a time: each holds a thousand events while its client takes them, however slowly."""


@dataclass(frozen=True, slots=True)
class Patience:
    """``seconds`` for one question, ``at_once`` questions at a time, ``waiting`` more for ``wait_seconds`` at most;
    ``pouring`` exports at a time."""

    seconds: float
    at_once: int
    waiting: int = WAITING
    wait_seconds: float = 10.0
    pouring: int = POURING


def bounded(desks: Mapping[str, Any], allowed: Questions) -> dict[str, Any]:
    """The desks, what they ask of the index bounded; all of them take turns together."""
    turns = Turns(Patience(allowed.seconds, allowed.at_once))
    others = {name: Bounded(name, desks[name], turns) for name in ASKING}
    return {**desks, **others, QUESTIONS: Bounded(QUESTIONS, desks[QUESTIONS], turns)}


class Bounded:
    """A desk whose questions are bounded; of what it gives piece by piece (an export), how many are at a time."""

    def __init__(self, name: str, desk: Any, turns: Turns) -> None:
        self._desk = desk
        self._turns = turns
        self._asking = ASKING.get(name)
        self._streamed = STREAMED.get(name, frozenset())

    def __getattr__(self, verb: str) -> Any:
        call = getattr(self._desk, verb)
        if verb in self._streamed:
            return self._poured(call)
        if self._asking is not None and verb not in self._asking:
            return call

        @wraps(call)
        def ask(*arguments: Any, **named: Any) -> Any:
            with self._turns.taken():
                return call(*arguments, **named)

        return ask

    def _poured(self, call: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        @wraps(call)
        def pour(*arguments: Any, **named: Any) -> Iterator[Any]:
            with self._turns.pouring():
                yield from call(*arguments, **named)

        return pour


class Turns:
    """The turns of all questions of one server."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._working = threading.Semaphore(patience.at_once)
        self._room = threading.Semaphore(patience.at_once + patience.waiting)
        self._pouring = threading.Semaphore(patience.pouring)

    @contextmanager
    def pouring(self) -> Iterator[None]:
        """While an export is made. Raises Busy when as many are under way as there may be."""
        if not self._pouring.acquire(blocking=False):
            remedy = "Ask again when one of them is done."
            raise Busy("As many exports are under way as are made at a time", remedy=remedy)
        try:
            yield
        finally:
            self._pouring.release()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """While a question has its turn. Raises Busy when too many wait already, or the wait grows too long."""
        if not self._room.acquire(blocking=False):
            raise _busy()
        try:
            if not self._working.acquire(timeout=self._patience.wait_seconds):
                raise _busy()
            try:
                with within(self._patience.seconds):
                    yield
            finally:
                self._working.release()
        finally:
            self._room.release()


def _busy() -> Busy:
    return Busy("Too many questions are being answered at this moment", remedy="Ask again in a few seconds.")
