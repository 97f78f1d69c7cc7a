"""The desk of what happens now: a query followed, for the command line, the console's page and the API's streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from remit.flows.questions.ports import Changes, EventIndex, Json, Standing
from remit.flows.questions.search import search
from remit.flows.questions.tail import Tail, place_now
from remit.model.event_json import Describe

_LOOK_SECONDS: Final = 0.5
_TOLD_TO_COMMANDS: Final = 100_000
"""A command may fall this many events behind; a page far fewer."""


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
        ``gap``.
        """
        stopped = gone or threading.Event()
        tail = self.follow(query, "", _TOLD_TO_COMMANDS)
        newest = search(self._index, self._describe, query, now_us=self._clock(), limit=limit)["items"]
        shown = {event["event_id"] for event in newest}
        for event in reversed(newest):
            yield {"what": "stored", "place": tail.place, "event": event, "words": ""}
        while not stopped.is_set():
            told = tail.read()
            # What was stored between the two questions is in both answers.
            yield from (each.to_json() for each in told if not (each.what == "new" and _id(each.event) in shown))
            if not told:
                self._changes.wait(tail.standing, _LOOK_SECONDS)


def _id(event: Json | None) -> str:
    return str((event or {}).get("event_id"))
