"""When the index follows: in the background once enough rows wait, in the caller's thread when too many do."""

from __future__ import annotations

import threading
from collections.abc import Callable

FOLLOW_ROWS = 200_000
"""Committed rows after which the index follows by itself: DuckDB takes many rows far faster than many times few. A lot
just above DuckDB's row group of 122,880 would leave a small one behind each time, which costs half as much again."""
WAITING_ROWS = 3 * FOLLOW_ROWS
"""Committed rows after which a committer waits for the index, so that it cannot fall behind without bound."""


class Follower:
    """Runs ``follow`` now and then; an error of a background run waits for ``check``."""

    def __init__(self, follow: Callable[[], object], *, rows: int = FOLLOW_ROWS, waiting: int = WAITING_ROWS) -> None:
        self._follow = follow
        self._rows, self._waiting = rows, waiting
        self._lock = threading.Lock()
        self._pending = 0
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    def committed(self, rows: int) -> None:
        """So many rows more are in the lake."""
        with self._lock:
            self._pending += rows
            pending = self._pending
            if pending >= self._rows and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="follow", daemon=True)
                self._thread.start()
        if pending >= self._waiting:
            self.wait()

    def check(self) -> None:
        """Raise what a background run failed with, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def begin(self) -> None:
        """A run begins; what is committed from now on waits for the next one."""
        with self._lock:
            self._pending = 0

    def wait(self) -> None:
        """Until the run under way, if any, has ended."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as error:
            self._failure = error
