"""Telling a file of text that found its way among logs from JSON Lines with some bad lines.

A README or a CSV file is one fault, however long; a bad line among good ones is a fault of its own. Which of the two it
is shows only later, so the first faults are held back until good lines outweigh them, or the file ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from .chunks import Fault

_HELD = 1_000
_TEXT_TO_RECORDS = 10
_BRACKETS = frozenset((b"{", b"}", b"[", b"]", b"},", b"],"))


class Prose:
    """Passes batches of good lines and faults on, except the faults of lines that look like text."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._good = 0
        self._text = 0
        self._held: list[Fault] = []

    def sift(self, item: list[bytes] | Fault) -> Iterator[list[bytes] | Fault]:
        """What of this item, and of what was held back, can be handed on now."""
        if not isinstance(item, Fault):
            self._good += len(item)
            yield item
        elif not _like_text(item):
            yield item
        else:
            self._text += 1
            if len(self._held) < _HELD:
                self._held.append(item)
            if self._is_records():
                yield from self._release()

    def finish(self) -> Iterator[Fault]:
        """The end of the file: what was held back, line by line or as one."""
        if not self._text:
            return
        if self._is_records():
            yield from self._release()
            return
        lines = f"{self._text} line{'s' if self._text > 1 else ''}"
        detail = f"it looks like text, not JSON records; {lines} left out"
        yield Fault(self._place, "unreadable", detail, self._held[0].sample)

    def _is_records(self) -> bool:
        return self._good * _TEXT_TO_RECORDS > self._text

    def _release(self) -> Iterator[Fault]:
        yield from self._held
        if more := self._text - len(self._held):
            yield Fault(self._place, "not-json", f"{more} more lines before the first records are not JSON either")
        self._held, self._text = [], 0


def _like_text(fault: Fault) -> bool:
    if fault.reason != "not-json":
        return False
    line = fault.sample.strip()
    return not line.startswith(b"{") or line in _BRACKETS
