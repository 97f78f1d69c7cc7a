"""What a kind of alert asks of the events that match its query. A flow answers; nothing here looks anything up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewMatches:
    """Acts that match and were not told before. Answer: rows with these columns, ``time`` in microseconds."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewValues:
    """Combinations of values that no match had before. Answer: rows with ``by``, ``count``, ``first``, ``last``
    (microseconds) and ``sample`` (the newest event's id)."""

    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Acts that match in each of ``windows`` stretches of ``width`` microseconds, the last of which ends at ``end``.
    Answer: a list of counts, oldest first."""

    end: int
    width: int
    windows: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What each agent's matching changes reached in each of ``windows`` stretches, as ``Counts``. Answer: for each
    stretch, oldest first, agent -> ``resources``, ``accounts``, ``regions``, ``deletions``, ``changes``, ``sample``."""

    end: int
    width: int
    windows: int


@dataclass(frozen=True, slots=True)
class HistoryStart:
    """When the store's first event happened. Answer: microseconds, None for an empty store."""


Question = NewMatches | NewValues | Counts | Reach | HistoryStart
