"""What the questions need of the world: an index to ask, raw records by id, and figures about the stores.

Rows are ``dict[str, Any]`` of column name -> value with ``time`` in microseconds since the epoch (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from remit.rooms.query.asked import FULL, NEWEST, Grouping, Order, Stretches
from remit.rooms.query.predicate import Predicate

Row = dict[str, Any]
Json = dict[str, Any]
Position = tuple[int, str]
"""Where a page ended: (time, event_id) of its last row."""

Standing = tuple[str, int]
"""(epoch, number) of the newest change of an index. Numbers rise within an epoch; a rebuilt index begins another."""
Place = tuple[int, int, str]
"""A place in the order of changes: (change_seq, time, event_id) of the last row given. ``(n + 1, 0, "")`` is behind
everything up to the change numbered n."""

HOUR_OF_DAY = "hour_of_day"
"""A key to group by besides the columns: the UTC hour 0 to 23 of the time."""
HOUR = "hour"
"""A key to group by besides the columns: the time truncated to its hour, in microseconds."""

ASKING = "command"
"""The keeper's role of a command that opened the folder for its own question: it answers nobody else's."""


class EventIndex(Protocol):
    """The indexed events. Every method reads only the columns it names and returns a bounded number of rows."""

    def narrowed(self, predicate: Predicate, columns: Sequence[str]) -> EventIndex:
        """An index that gives the same answers, and gives them quicker to many questions about the events of this
        predicate that filter and group by these columns. Make it for one answer, and ask its questions at once."""
        ...

    def search(self, predicate: Predicate, columns: Sequence[str], limit: int, order: Order = NEWEST) -> list[Row]:
        """At most ``limit`` rows in an order."""
        ...

    def tally(self, predicate: Predicate) -> Row:
        """One row: ``records``, ``acts`` (records that count), ``denied`` (acts), ``first``, ``last`` (times)."""
        ...

    def groups(self, predicate: Predicate, by: Sequence[str], limit: int, asked: Grouping = FULL) -> list[Row]:
        """Rows grouped by columns (or HOUR, HOUR_OF_DAY), most records first, then by key. A list column in ``by``
        groups by each element. Beside the keys each has ``count``, ``denied``, ``first``, ``last``, ``sample`` (the
        newest event_id) and ``distinct_COLUMN`` (elements of a list column) as far as the grouping asks for them."""
        ...

    def counts(self, predicate: Predicate, conditions: Mapping[str, Predicate], *, by: str | None = None) -> list[Row]:
        """How many records of the predicate satisfy each of the named conditions, in one reading: one row ``{NAME:
        records}``; with ``by`` one for each value of that column, in no order, with the value under its name."""
        ...

    def facets(self, predicate: Predicate, columns: Sequence[str], limit: int) -> dict[str, list[Row]]:
        """Per column its commonest values, at most ``limit`` rows ``{value, count, denied}``, most records first, then
        by value with the absent last. A list column counts each element. All columns are read in one go."""
        ...

    def distinct(self, predicate: Predicate, columns: Sequence[str]) -> dict[str, int]:
        """How many distinct values (elements, of a list column) each column has."""
        ...

    def histogram(self, predicate: Predicate, low: int, high: int, buckets: int) -> list[Row]:
        """``buckets`` rows ``{start, source, count, denied}`` per source over ``[low, high)``; empty ones left out."""
        ...

    def reach(self, predicate: Predicate, over: Stretches) -> list[Row]:
        """How far events reached in each of some stretches of time.

        Rows ``{start, count, deletions, permissions, resources, accounts, regions}`` in order of start, empty ones
        left out, and with the value of the column that they are apart by.
        """
        ...


class Changes(Protocol):
    """What the index took in, in the order in which it did: new events, and events judged otherwise than before."""

    @property
    def sequence(self) -> Standing:
        """Where the index stands now."""
        ...

    def wait(self, seen: Standing, seconds: float) -> Standing:
        """Where the index stands: as soon as that is not ``seen`` any more, or after so many seconds."""
        ...

    def changed(
        self, predicate: Predicate, columns: Sequence[str], after: Place, limit: int, *, lost: bool = False
    ) -> list[Row]:
        """At most ``limit`` matching rows that changed after the place, in order of (change_seq, time, event_id).

        Beside the columns each has ``event_id``, ``time``, ``change_seq``, ``born_seq`` (the change that brought it:
        equal to ``change_seq`` unless it was corrected later) and ``match``. With ``lost``, corrected rows that do not
        match come too, ``match`` False: they may have matched before. Costs what changed, not what is stored.
        """
        ...

    def count_changed(self, predicate: Predicate, after: Place, *, lost: bool = False) -> int:
        """How many such rows changed after the place."""
        ...


class RawStore(Protocol):
    """The records as received."""

    def raw(self, event_id: str, time: int) -> str | None:
        """The redacted record (JSON text), or None when the lake does not have it."""
        ...


class StoreFigures(Protocol):
    """What the stores say of themselves."""

    def quarantine(self) -> Sequence[Mapping[str, Any]]:
        """Unreadable records: ``{reason, feed, count, sample}``."""
        ...

    def digest(self) -> Mapping[str, Any]:
        """``digest`` of every event in every column, the same for the same events in whatever engine and order, as
        ``rows:sum``; and ``repeated``, how many events are there more than once."""
        ...

    def versions(self) -> Mapping[str, Any]:
        """``lake`` and ``index`` (the lake version each stands at), ``rules`` (version of the attribution rules in
        use), ``keeper`` (who holds the lease, or None), ``rebuilt`` (``{at, why}`` of the last time the index had to be
        rebuilt because the lake's log did not tell what it had missed); None for what is not known."""
        ...
