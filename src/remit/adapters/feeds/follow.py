"""Look at a folder or prefix again and again and give what is new or has changed since the last look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from remit.model.errors import FeedError

from .chunks import Done, Source


class Stop(Protocol):
    """A ``threading.Event``, as far as it is needed here."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float, /) -> bool: ...


def follow(
    look: Callable[[Done], Iterator[Source]],
    interval: float,
    stop: Stop,
    done: Done | None = None,
    trouble: Callable[[FeedError], None] | None = None,
) -> Iterator[Source]:
    """Sources as they appear or grow, until ``stop`` is set; a look every ``interval`` seconds.

    ``look`` lists the target, such as ``lambda done: sources(target, done=done)``. A source that has grown comes
    again and is
    read from its start, which costs time but counts nothing twice. ``done`` remembers across runs; within this run
    every
    (place, fingerprint) given is remembered here. A failed look goes to ``trouble`` and the next one is tried; without
    ``trouble`` it raises ``FeedError``.
    """
    given: dict[str, str] = {}

    def known(place: str, fingerprint: str) -> bool:
        return given.get(place) == fingerprint or (done is not None and done(place, fingerprint))

    while not stop.is_set():
        try:
            for source in look(known):
                # What is still empty has only just been created: it comes when there is something in it.
                if source.size == 0 or given.get(source.place) == source.fingerprint:
                    continue
                given[source.place] = source.fingerprint
                yield source
                if stop.is_set():
                    return
        except FeedError as error:
            if trouble is None:
                raise
            trouble(error)
        stop.wait(interval)
