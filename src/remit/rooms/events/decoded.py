"""What a decoder returns: columns for the records it could read, a reason for each it could not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Reject:
    """One record that did not become an event.

    ``index`` is its position in the input, ``reason`` a stable word (``not-json``, ``not-an-object``,
    ``time-missing``, ``time-absurd``, ``not-an-event``, ``too-deep``, ...), ``detail`` a line for people:
    at most 300 characters, credentials redacted, control and bidi characters escaped.
    """

    index: int
    reason: str
    detail: str


@dataclass(slots=True)
class Decoded:
    """A batch of events as columns.

    ``columns`` holds the fact columns of ``model.columns`` plus ``raw`` (redacted JSON text), each a list or a
    ``model.coded.Coded`` with one entry per accepted record; ``rows[i]`` is the input position of entry ``i``.
    """

    columns: Mapping[str, Sequence[Any]]
    rows: list[int]
    rejects: list[Reject]


Decoder = Callable[[Sequence[bytes], str], Decoded]
"""Raw JSON records and the feed's name in, a ``Decoded`` out. Never raises on any bytes."""
