"""The threads of a server that look at alerts and send what they found."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from remit.app.alert_desk import AlertDesk
from remit.flows.alerting.deliver import deliver_due
from remit.flows.alerting.ports import WatchedIndex
from remit.flows.alerting.rounds import BY_CLOCK_SECONDS, Rounds

_LOG: Final = logging.getLogger("remit.alerts")
_WAIT_SECONDS: Final = 1.0
_AFTER_FAILURE_SECONDS: Final = 5.0


class AlertRunner:
    """Looks when the index changed and by the clock; delivers beside it, so that a slow receiver delays no look."""

    def __init__(
        self, index: WatchedIndex, desk: AlertDesk, address: str, may: Callable[[], None] = lambda: None
    ) -> None:
        """``may`` raises while this process is not to look and send, because another one does."""
        self._may = may
        self._index = index
        self._desk = desk
        self._address = address
        self._rounds = Rounds(index, desk.book, lambda: time.time_ns() // 1000)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(run,), name=name, daemon=True)
            for name, run in (("alerts", self._watch), ("deliveries", self._deliver))
        ]

    def start(self) -> None:
        """Begin; what was missed while no server ran is looked at first."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop after the look and the delivery under way; what waits is in the outbox."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=20)

    def _guarded(self, run: Callable[[], None]) -> None:
        """A failure of the state or index is said, and tried again: alerts must not stop in silence."""
        while not self._stopped.is_set():
            try:
                run()
            except Exception:
                _LOG.exception("Alerts were interrupted and go on")
                self._stopped.wait(_AFTER_FAILURE_SECONDS)

    def _watch(self) -> None:
        seen = ("", -1)
        looked = 0.0
        while not self._stopped.is_set():
            standing = self._index.wait(seen, _WAIT_SECONDS)
            if standing != seen or time.monotonic() - looked >= BY_CLOCK_SECONDS:
                self._may()
                seen, looked = standing, time.monotonic()
                self._rounds.once(self._stopped.is_set)

    def _deliver(self) -> None:
        while not self._stopped.is_set():
            self._may()
            if not deliver_due(self._desk.book, self._desk.sender, self._address, time.time()):
                self._stopped.wait(_WAIT_SECONDS / 2)
