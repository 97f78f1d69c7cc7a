"""Following a query: what matches it as it is stored, from a place that a client can come back to.

A place is text, ``epoch.number.time.event_id``. The reader pulls: nothing waits here for one who is slow, and who comes
back with the last place it saw misses nothing and is told nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.questions.ports import Changes, Json, Place, Row, Standing
from remit.flows.questions.window import plural
from remit.model.errors import UsageError
from remit.model.event_json import EVENT_COLUMNS, Describe, event_json
from remit.rooms.query import read_query

PORTION: Final = 100
"""Events read at once; a reader holds no more."""
NEW: Final = "new"
"""An event this reader was not told of before."""
CORRECTED: Final = "corrected"
"""An event that is judged otherwise than before; the reader has seen it unless it did not match then."""
UNMATCHED: Final = "unmatched"
"""An event that was judged otherwise before and does not match now; only its id is told. Whether it matched before is
not known here: a reader that was not told of it can pass over it."""
GAP: Final = "gap"
"""Something is not told, and why."""
_PLACE: Final = re.compile(r"([0-9A-Za-z-]{0,64})\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9A-Za-z-]{0,64})")
"""Nothing else in a place: what a client says is written back into its stream, where a line break would be an event."""
_MOVED: Final = "The index was rebuilt meanwhile, so what came since the last event is not told here. Search for it."


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told: what it is, the place behind it, and the event, or for a gap the sentence that explains it."""

    what: str
    place: str
    event: Json | None = None
    words: str = ""

    def to_json(self) -> Json:
        """For the control socket and for streams."""
        return {"what": self.what, "place": self.place, "event": self.event, "words": self.words}


class Tail:
    """Follows one query. ``read`` until it gives nothing, then wait for the index to move beyond ``standing``."""

    def __init__(
        self,
        changes: Changes,
        describe: Describe,
        query: str,
        clock: Callable[[], int],
        *,
        after: str = "",
        at_most: int,
    ) -> None:
        """From the place ``after``, or from now on. One who is more than ``at_most`` events behind is told so instead.

        :raises QueryError: for a query that cannot be read.
        :raises UsageError: for a place that is none.
        """
        read_query(query, clock())
        self._changes = changes
        self._describe = describe
        self._query = query
        self._clock = clock
        self._at_most = at_most
        self._counted = ("", 0)
        self.standing = changes.sequence
        """Where the index stood when nothing more was to be told."""
        self._epoch, self._at = read_place(after) if after else _behind(self.standing)

    @property
    def place(self) -> str:
        """Behind what was told last."""
        return write_place(self._epoch, self._at)

    def read(self) -> list[Told]:
        """What is to be told next, oldest first; nothing when there is nothing more."""
        standing = self._changes.sequence
        if standing[0] != self._epoch or self._at[0] > standing[1] + 1:
            return [self._skip(standing, _MOVED)]
        predicate = read_query(self._query, self._clock())
        if standing != self._counted:
            count = self._changes.count_changed(predicate, self._at, lost=True)
            self._counted = standing
            if count > self._at_most:
                return [self._skip(standing, _too_many(count, self._at_most))]
        told: list[Told] = []
        while not told:  # a portion may be all of events that stopped matching and were never told
            before = self._at
            rows = self._changes.changed(predicate, EVENT_COLUMNS, before, PORTION, lost=True)
            if not rows:
                self._at, self.standing = _behind(standing)[1], standing
                break
            self._at = _place_of(rows[-1])
            told = [each for row in rows if (each := self._told(row, before)) is not None]
        return told

    def _skip(self, standing: Standing, words: str) -> Told:
        self._epoch, self._at = _behind(standing)
        return Told(GAP, self.place, words=words)

    def _told(self, row: Row, before: Place) -> Told | None:
        known = (row["born_seq"], row["time"], row["event_id"]) <= before
        place = write_place(self._epoch, _place_of(row))
        if row["match"]:
            return Told(CORRECTED if known else NEW, place, event_json(row, self._describe))
        return Told(UNMATCHED, place, {"event_id": row["event_id"]}) if known else None


def place_now(changes: Changes) -> str:
    """The place behind everything that is stored now."""
    return write_place(*_behind(changes.sequence))


def write_place(epoch: str, at: Place) -> str:
    """A place as text that is safe in a header and a URL."""
    return f"{epoch}.{at[0]}.{at[1]}.{at[2]}"


def read_place(text: str) -> tuple[str, Place]:
    """Text -> (epoch, place). Raises UsageError for anything ``write_place`` did not write."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError(
            "This is no place in a stream of events", where=text[:80], remedy="Start without one: from now on."
        )
    return found[1], (int(found[2]), int(found[3]), found[4])


def _behind(standing: Standing) -> tuple[str, Place]:
    return standing[0], (standing[1] + 1, 0, "")


def _place_of(row: dict[str, Any]) -> Place:
    return row["change_seq"], row["time"], row["event_id"]


def _too_many(count: int, at_most: int) -> str:
    return (
        f"{plural(count, 'event')} came or changed at once, more than the {at_most:,} that are told one by one, "
        "and are left out here. Search for them."
    )
