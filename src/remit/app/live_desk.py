"""The desk of what happens now: a query followed, for the command line, the console's page and the API's streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from remit.flows.questions.ports import Changes, EventIndex, Json, Standing
from remit.flows.questions.search import search
from remit.flows.questions.tail import NEW, UNMATCHED, Tail, place_now
from remit.model.event_json import Describe

_LOOK_SECONDS: Final = 0.5
_TOLD_TO_COMMANDS: Final = 100_000
"""A command may fall this many events behind, and be told of so many that they match no more; a page far fewer."""


class LiveDesk:
    """Follows queries in this process."""

    def __init__(
        self,
        index: EventIndex,
        changes: Changes,
        describe: Describe,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._index = index
        self._changes = changes
        self._describe = describe
        self._clock = clock

    def place(self) -> str:
        """The place behind everything stored now, for a page that then follows from there."""
        return place_now(self._changes)

    def wait(self, seen: Standing, seconds: float) -> Standing:
        """Where the index stands: as soon as that is not ``seen`` any more, or after so many seconds."""
        return self._changes.wait(seen, seconds)

    def follow(self, query: str, after: str, at_most: int) -> Tail:
        """A query followed from a place, or from now on."""
        return Tail(self._changes, self._describe, query, self._clock, after=after, at_most=at_most)

    def tail(self, query: str, limit: int = 10, *, gone: threading.Event | None = None) -> Iterator[Json]:
        """The newest matching events, oldest first, then what is told of the query; ends when ``gone`` is set.

        Each is ``{what, place, event, words}``, ``what`` being ``stored``, ``new``, ``corrected``, ``unmatched`` or
        ``gap``. Only an event that was told can be ``unmatched``.
        """
        stopped, seen = gone or threading.Event(), _Seen()
        tail = self.follow(query, "", _TOLD_TO_COMMANDS)
        newest = search(self._index, self._describe, query, now_us=self._clock(), limit=limit)["items"]
        shown = {event["event_id"] for event in newest}
        for event in reversed(newest):
            seen.told("stored", event)
            yield {"what": "stored", "place": tail.place, "event": event, "words": ""}
        while not stopped.is_set():
            told = tail.read()
            # What was stored between the two questions is in both answers.
            fresh = (each for each in told if not (each.what == NEW and _id(each.event) in shown))
            yield from (each.to_json() for each in fresh if seen.told(each.what, each.event))
            if not told:
                self._changes.wait(tail.standing, _LOOK_SECONDS)


class _Seen:
    """Which events a reader was told of, the newest of them: of any other it is no news that it does not match."""

    def __init__(self, most: int = _TOLD_TO_COMMANDS) -> None:
        self._ids: dict[str, None] = {}
        self._most = most

    def told(self, what: str, event: Json | None) -> bool:
        """Note what is about to be told; False when the reader knows nothing of it and need not."""
        if event is None:
            return True
        known = _id(event) in self._ids
        self._ids.pop(_id(event), None)
        if what == UNMATCHED:
            return known
        self._ids[_id(event)] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]
        return True


def _id(event: Json | None) -> str:
    return str((event or {}).get("event_id"))
