"""Python's cyclic garbage collector during long runs over many records.

A batch is hundreds of thousands of lists and strings that reference counts free by themselves. The collector's usual
thresholds walk them dozens of times a batch for nothing, a tenth to a fifth of an ingest's time. During a run it looks
seldom, and never at what was there before; afterwards everything is as it was.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (200_000, 50, 100)
_lock = threading.Lock()
_runs = 0
_usual = gc.get_threshold()


@contextmanager
def seldom() -> Iterator[None]:
    """Collect seldom until the end of the block; of several blocks at once the last one to end restores."""
    global _runs, _usual
    with _lock:
        _runs += 1
        if _runs == 1:
            _usual = gc.get_threshold()
            gc.freeze()
            gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if not _runs:
                gc.set_threshold(*_usual)
                gc.unfreeze()
