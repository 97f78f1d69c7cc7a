"""The desk of metrics: gathered at most every fifteen seconds, however many ask."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from remit import __version__
from remit.app.alert_desk import AlertDesk
from remit.flows.metrics import Family, gather
from remit.flows.questions.ports import EventIndex, StoreFigures

KEPT_SECONDS: Final = 15.0


class MetricsDesk:
    """``waiting`` says how many pushed bodies wait, where that is known; ``view_age``, in seconds, how old what is
    shown may be, of a console that keeps nothing."""

    def __init__(
        self,
        index: EventIndex,
        figures: StoreFigures,
        alerts: AlertDesk,
        waiting: Callable[[], int] | None = None,
        ticks: Callable[[], float] = time.monotonic,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        view_age: Callable[[], float] | None = None,
    ) -> None:
        self._index = index
        self._figures = figures
        self._alerts = alerts
        self._waiting = waiting
        self.view_age = view_age
        self._ticks = ticks
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._kept: tuple[float, list[Family]] | None = None

    def families(self) -> Sequence[Family]:
        """Every metric, and what gathering them cost."""
        with self._one_at_a_time:
            now = self._ticks()
            if self._kept is None or now - self._kept[0] >= KEPT_SECONDS:
                self._kept = (now, self._gathered(now))
            age = Family("remit_metrics_age_seconds", f"How old these figures are; at most {KEPT_SECONDS:.0f} seconds.")
            age.add(now - self._kept[0])
            return [*self._kept[1], age, *self._view()]

    def _gathered(self, began: float) -> list[Family]:
        waiting = self._waiting() if self._waiting else None
        found = gather(self._index, self._figures, self, self._clock(), __version__, waiting)
        cost = Family("remit_metrics_seconds", "How long it took to gather these figures.")
        cost.add(self._ticks() - began)
        return [*found, cost]

    def _view(self) -> list[Family]:
        """Of a console that keeps nothing, how old what it shows may be."""
        if self.view_age is None:
            return []
        old = Family("remit_view_age_seconds", "Since this console last saw the lake, or a sign of its keeper.")
        old.add(self.view_age())
        return [old]

    # --- flows.metrics.AlertFigures

    def states(self) -> Mapping[str, int]:
        """How many alerts are on, off or in error."""
        found = Counter(
            "error" if row["last_error"] else "on" if row["enabled"] else "off"
            for row in self._alerts.book.records.alerts()
        )
        return {state: found[state] for state in ("on", "off", "error")}

    def unseen(self) -> int:
        """Firings nobody has seen."""
        return self._alerts.unseen()

    def deliveries(self) -> Sequence[tuple[str, str, int]]:
        """Messages by channel and state."""
        return self._alerts.book.deliveries.by_state()
