"""Late joins settled in the background, so that nothing that arrives waits for them.

What they cost grows with what is stored, so they are settled as often as that leaves the processor free: the pause
after a run is a few times as long as the run.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

from remit.adapters.store.store import Store
from remit.app.ingesting import settle_store

_PAUSES: Final = 4.0
_SOON: Final = 0.05


class Settling:
    """Settles after ``wanted``, in a thread of its own; what is left at the end is settled when the store opens."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settling", daemon=True)
        self.error = ""
        """What the last run failed with; empty when it did not."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._wanted.set()
        self._thread.join()

    def wanted(self) -> None:
        """Something was stored."""
        self._wanted.set()

    def _run(self) -> None:
        while self._wanted.wait() and not self._stopped.wait(_SOON):
            if not self._turn():
                return
            self._wanted.clear()
            started = time.monotonic()
            try:
                settle_store(self._store)
                self.error = ""
            except Exception as error:  # whatever it is, the next run tries again, and the feeds' page says it
                self.error = f"{type(error).__name__}: {error}"
            if self._stopped.wait(_PAUSES * (time.monotonic() - started)):
                return

    def _turn(self) -> bool:
        """Wait while everything is judged again, which may take long; False when the server is stopped meanwhile."""
        while self._store.judging.locked():
            if self._stopped.wait(_SOON):
                return False
        return True
