"""The policy of retention carried out by a running server: at its start, and once each day that begins (UTC)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from remit.adapters.store.store import Store
from remit.app.removing import expire_if_due
from remit.rooms.query.instants import DAY_US

WHO: Final = "retention"
"""Who removed it, as the journal says."""
_LOOK_SECONDS: Final = 600.0
_TURN_SECONDS: Final = 0.2


class Retaining:
    """One thread; none when the store keeps everything. A run waits for the work that is under way, and what failed is
    tried again at the next look."""

    def __init__(
        self,
        store: Store,
        notice: Callable[[str], None],
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        """``notice`` is called with what a person should know, ``clock`` gives microseconds since the epoch."""
        self._store = store
        self._keep = store.keep or ""
        self._notice = notice
        self._clock = clock
        self._look_seconds = look_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def __enter__(self) -> Self:
        if self._keep:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        done, said = -1, ""
        while not self._stopped.is_set():
            today = self._clock() // DAY_US
            if today != done:
                try:
                    done, said = (today, "") if self._once() else (done, said)
                except (
                    Exception
                ) as error:  # the disk or the store; whatever it is, old events stay and somebody asks why
                    said = self._failed(f"{error}", said)
            self._stopped.wait(self._look_seconds)

    def _once(self) -> bool:
        """Remove what is older than is kept; False when the server stopped before the turn came."""
        while not self._store.working.acquire(timeout=_TURN_SECONDS):
            if self._stopped.is_set():
                return False
        try:
            expire_if_due(self._store, self._keep, WHO, self._clock())
        finally:
            self._store.working.release()
        return True

    def _failed(self, why: str, said: str) -> str:
        """Say why, once for each reason."""
        if why != said:
            self._notice(f"Events older than {self._keep} could not be removed; it is tried again. {why}")
        return why
