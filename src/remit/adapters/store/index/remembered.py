"""Answers kept for as long as the index does not move: an answer of one state of it is right until the next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

ENTRIES: Final = 256
CELLS: Final = 10_000
"""Rows times columns of an answer that is kept; a larger one is asked again."""
Rows = list[dict[str, Any]]


class Remembered:
    """Answers by question, the ones asked longest ago dropped first. ``edition`` gives another value after every
    change of what is asked: all answers of an earlier one are forgotten by the next question, and none is given."""

    def __init__(self, edition: Callable[[], Hashable], entries: int = ENTRIES) -> None:
        self._edition = edition
        self._entries = entries
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Rows] = OrderedDict()
        self._of: Hashable = None

    def rows(self, question: Hashable, ask: Callable[[], Rows]) -> Rows:
        """The answer to a question, from memory or asked. Its rows belong to the caller."""
        edition = self._edition()
        found = self._kept(question, edition)
        if found is None:
            found = ask()
            if sum(map(len, found)) <= CELLS:
                self._keep(question, edition, found)
        return [dict(row) for row in found]

    def forget(self) -> None:
        """Let go of every answer now, and keep none that is being asked."""
        with self._lock:
            self._answers.clear()
            self._of = object()

    def _kept(self, question: Hashable, edition: Hashable) -> Rows | None:
        with self._lock:
            if edition != self._of:
                self._answers.clear()
                self._of = edition
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def _keep(self, question: Hashable, edition: Hashable, rows: Rows) -> None:
        """Keep an answer that was asked of this edition or a later one, while it is the newest known."""
        with self._lock:
            if edition == self._of:
                self._answers[question] = [dict(row) for row in rows]
                while len(self._answers) > self._entries:
                    self._answers.popitem(last=False)
