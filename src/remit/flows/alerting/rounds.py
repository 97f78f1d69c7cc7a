"""Rounds over every alert: each gets its look, and one that fails or is slow holds up no other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from remit.flows.alerting.look import look, until
from remit.flows.alerting.ports import Alert, AlertBook, Look, WatchedIndex
from remit.flows.questions.ports import Standing
from remit.model.errors import RemitError

BY_CLOCK_SECONDS: Final = 30.0
"""How often alerts that compare with the past are looked at when nothing changes."""
_SLOW_SECONDS: Final = 2.0
_REST: Final = 20
"""A slow alert rests so many times as long as it took, so that all of them together never keep the index busy."""
_LOTS: Final = 10


class Rounds:
    """Goes from alert to alert. ``clock`` is microseconds since the epoch; ``ticks`` are seconds that only rise."""

    def __init__(
        self,
        index: WatchedIndex,
        book: AlertBook,
        clock: Callable[[], int],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index = index
        self._book = book
        self._clock = clock
        self._ticks = ticks
        self._rests: dict[str, float] = {}
        self._newest: tuple[Standing, int] | None = None

    def once(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """One look of every enabled alert that does not rest; how many looked. Never raises for an alert's sake."""
        looked = 0
        for alert in self._book.alerts():
            if stopped():
                break
            if alert.enabled and self._rests.get(alert.id, 0.0) <= self._ticks():
                self._look(alert)
                looked += 1
        return looked

    def _look(self, alert: Alert) -> None:
        began = self._ticks()
        try:
            self._lots(alert)
        except RemitError as error:
            self._failed(alert, str(error))
        except Exception as error:  # whatever it was, the other alerts go on
            self._failed(alert, f"The look failed: {type(error).__name__}: {error}")
        took = self._ticks() - began
        if took > _SLOW_SECONDS:
            self._rests[alert.id] = self._ticks() + _REST * took

    def _lots(self, alert: Alert) -> None:
        """Look until there is no more, or so long that the others must have their turn."""
        now = self._clock()
        for _ in range(_LOTS):
            if not look(self._index, self._book, alert, now, self._windows_end(now)):
                return
            found = next((each for each in self._book.alerts() if each.id == alert.id), None)
            if found is None:
                return
            alert = found

    def _windows_end(self, now: int) -> int:
        """As ``until``, asked once for each change of the index."""
        standing = self._index.sequence
        if self._newest is None or self._newest[0] != standing:
            newest = until(self._index, 1 << 62)
            self._newest = (standing, newest)
        return min(now, self._newest[1])

    def _failed(self, alert: Alert, error: str) -> None:
        """Say so at the alert, once for one error."""
        said = error[:500]
        if alert.last_error != said:
            self._book.record(alert, Look(dict(alert.place), error=said), self._clock())
