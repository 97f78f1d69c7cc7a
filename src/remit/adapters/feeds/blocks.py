"""The blocks of one source on their way to the framing, with what stopped them remembered instead of raised.

Framing code loops over the blocks and looks at ``fault`` afterwards, so that a file that breaks off gives everything
before the break.
"""

from __future__ import annotations

from collections.abc import Iterator

from .chunks import Fault, Interrupted


class Blocks:
    """An iterator of non-empty blocks of UTF-8 text that never raises; ``fault`` says why it ended early."""

    def __init__(self, place: str, blocks: Iterator[bytes]) -> None:
        self.place = place
        self.fault: Fault | None = None
        self._blocks = blocks
        self._returned: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._returned:
            return self._returned.pop()
        while True:
            block = self._pull()
            if block is None:
                raise StopIteration
            if block:
                return block

    def give_back(self, block: bytes) -> None:
        """Put ``block`` in front again, after looking at it."""
        if block:
            self._returned.append(block)

    def _pull(self) -> bytes | None:
        if self.fault is not None:
            return None
        try:
            return next(self._blocks, None)
        except Interrupted as stop:
            self.fault = stop.at(self.place)
        except FileNotFoundError as error:
            self.fault = Fault(
                self.place, "vanished", f"it was listed and is gone: {error.strerror or error}", passing=True
            )
        except OSError as error:
            self.fault = Fault(self.place, "unreadable", f"{error.strerror or error}", passing=True)
        return None
