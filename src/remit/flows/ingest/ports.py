"""What ingest needs from the world, as Protocols; the app hands in adapters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class FaultLike(Protocol):
    """Something a feed's reader could not turn into a record."""

    @property
    def place(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def sample(self) -> bytes: ...


class ChunkLike(Protocol):
    """Some records of one source, in order; ``first`` is the ordinal of the first one in its source."""

    @property
    def place(self) -> str: ...
    @property
    def records(self) -> Sequence[bytes]: ...
    @property
    def first(self) -> int: ...
    @property
    def faults(self) -> Sequence[FaultLike]: ...


class SourceLike(Protocol):
    """One file, object or stream of a feed."""

    @property
    def place(self) -> str: ...


class Reader(Protocol):
    """Reads one source in chunks, in bounded memory."""

    def __call__(self, source: Any) -> Iterator[ChunkLike]: ...


Offers = Mapping[str, Sequence[Mapping[str, Any]]]
"""Per link key the facts of the events that offer it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The keeper's answer about one batch.

    ``known``: ids already stored, or promised to another batch in flight. ``offers``: per link key the records behind
    it as facts, nearest first. ``token`` names the reservation of the remaining ids until ``commit`` or ``abort``.
    ``erased``: of the known ids those of events that were erased and stay out.
    """

    token: Any
    known: frozenset[str] | set[str]
    offers: Offers
    erased: frozenset[str] | set[str] = frozenset()


class Keeper(Protocol):
    """The one process that commits to a data folder. It is asked with the batch's own offers, which it then holds."""

    def ask(self, ids: Sequence[str], times: Sequence[int], keys: Sequence[str], offers: Offers) -> Answers: ...

    def commit(
        self, token: Any, files: Sequence[Any], quarantine: Sequence[Mapping[str, Any]], origin: str
    ) -> None: ...

    def abort(self, token: Any) -> None: ...


class Writer(Protocol):
    """Writes judged columns as durable files that the keeper can commit."""

    def __call__(self, columns: Mapping[str, Sequence[Any]]) -> Sequence[Any]: ...


class Progress(Protocol):
    """Told as work goes on; never slows it noticeably."""

    def __call__(self, summary: Any, place: str) -> None: ...


Sources = Iterable[SourceLike]
