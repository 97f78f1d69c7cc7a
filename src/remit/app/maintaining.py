"""Maintenance of one open store: when a person asks, and by a running server, once a day and when small files pile up.

It goes on beside ingests and questions; only one maintenance goes on at a time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from remit.adapters.store.lake.compaction import SMALL_BYTES
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.store import Store
from remit.adapters.store.upkeep import StoreUpkeep
from remit.flows import maintain as flow

Json = dict[str, Any]
Tell = Callable[[Json], None]
WHO: Final = "maintenance"
"""Who did it, as the journal says, when nobody asked for it."""
_SETTING: Final = "maintained"
"""When the last maintenance ended, in seconds since the epoch."""
_DAY: Final = 86_400
_LOOK_SECONDS: Final = 60.0


def maintain(
    store: Store,
    who: str,
    grace_hours: float = flow.GRACE_HOURS,
    tell: Tell = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> Json:
    """Maintain a store now; by the clock, in seconds since the epoch, it is remembered when that was."""
    done = flow.maintain(StoreUpkeep(store), who, grace_hours=grace_hours, clock=time.monotonic, tell=tell)
    store.state.put_setting(_SETTING, clock())
    return done


def small_files(store: Store) -> Json:
    """How many files of each table's month are small enough to be merged, as ``events of 2026-01``."""
    small = ((kind, file) for kind in KINDS for file in store.lake.files(kind).added if file.size < SMALL_BYTES)
    return dict(Counter(f"{kind} of {file.month}" for kind, file in small))


class Maintaining:
    """One thread of a server. What failed is said once and tried again at the next look."""

    def __init__(
        self,
        store: Store,
        notice: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        """``notice`` is called with what a person should know, ``clock`` gives seconds since the epoch."""
        self._store = store
        self._notice = notice
        self._clock = clock
        self._look_seconds = look_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        said = ""
        while not self._stopped.wait(self._look_seconds):
            try:
                last = float(self._store.state.setting(_SETTING) or 0)
                if not flow.due(small_files(self._store), int(self._clock()) // _DAY, int(last) // _DAY):
                    continue
                self._store.check_lease()
                maintain(self._store, WHO, tell=self._go_on, clock=self._clock)
                said = ""
            except _Stopped:
                return
            except Exception as error:  # the disk or the store; nothing is lost, and the next look tries again
                if f"{error}" != said:
                    said = f"{error}"
                    self._notice(f"The store could not be maintained; it is tried again. {error}")

    def _go_on(self, state: Json) -> None:  # noqa: ARG002 - the form of a progress callback
        if self._stopped.is_set():
            raise _Stopped


class _Stopped(Exception):
    """The server is being stopped; the merges that are done stay done."""
