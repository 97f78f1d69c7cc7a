"""Saved views: questions with a name, seen by everybody who reads, changed by whoever operates.

A view is a query with a range beside it, as the Event Center's address has them. Its id is stable and its name is
used once, without regard to case. A change is made to a version of it: of two people who change the same version, the
second is told. Every change is recorded with who made it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from remit.model.errors import NotFound, QueryError, Stale, TooMuch, UsageError
from remit.model.event_json import rfc3339
from remit.rooms.query import parse, read_query
from remit.rooms.query.ranged import ranged, tells_time

Json = dict[str, Any]
MOST_VIEWS: Final = 1000
LONGEST_NAME: Final = 120
_LONGEST_TIME: Final = 40
_INVISIBLE: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class ViewStore(Protocol):
    """Where views are kept, as rows ``{id, name, query, since, until, owner, created, changed, version}``."""

    def views(self) -> list[Json]:
        """All of them, by name."""
        ...

    def view(self, named: str) -> Json | None:
        """The one with this id, else with this name without regard to case."""
        ...

    def add(self, row: Mapping[str, Any], most: int, by: str) -> bool:
        """Keep a new one and record it; False when there are ``most``. Raises Conflict when the name is taken."""
        ...

    def replace(self, row: Mapping[str, Any], before: Mapping[str, Any], by: str) -> bool:
        """Put ``row`` in the place of ``before`` and record it; False when it is not at that version any more."""
        ...

    def remove(self, row: Mapping[str, Any], by: str) -> bool:
        """Forget it and record that; False when it is not at that version any more."""
        ...


class SavedViews:
    """The calls on saved views. ``clock`` gives microseconds since the epoch, ``new_id`` an id nobody has; ``by`` is
    the name of who asks for a change."""

    def __init__(self, store: ViewStore, clock: Callable[[], int], new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    def list(self) -> Json:
        """``{items: [view], most}``, by name; ``most`` is how many there may be."""
        return {"items": [self._shown(row) for row in self._store.views()], "most": MOST_VIEWS}

    def show(self, named: str) -> Json:
        """``{id, name, query, since, until, question, owner, created, changed, version, path}`` of an id or name.

        ``question`` is the query and its range as one query; ``path`` leads to it in the console. Or NotFound.
        """
        return self._shown(self._find(named))

    def save(self, name: str, query: str, since: str = "", until: str = "", *, by: str) -> Json:
        """A new view. Raises QueryError, UsageError, Conflict (the name is taken) or TooMuch."""
        now = rfc3339(self._clock())
        row = self._row(name, query, since, until)
        row |= {"id": self._new_id(), "owner": by, "created": now, "changed": now, "version": 1}
        if not self._store.add(row, MOST_VIEWS, by):
            raise TooMuch(f"There are {MOST_VIEWS:,} views already", remedy="Delete those that nobody uses.")
        return self._shown(row)

    def change(
        self,
        named: str,
        version: int,
        *,
        by: str,
        name: str | None = None,
        query: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Json:
        """The view with some parts changed (None leaves one as it is), if it is still at ``version``; else Stale."""
        before = self._at(named, version)
        given = {"name": name, "query": query, "since": since, "until": until}
        parts = {part: before[part] if value is None else value for part, value in given.items()}
        row = {**before, **self._row(**parts)}
        if row == before:
            return self._shown(before)
        row |= {"changed": rfc3339(self._clock()), "version": version + 1}
        if not self._store.replace(row, before, by):
            raise _stale(before)
        return self._shown(row)

    def delete(self, named: str, version: int, *, by: str) -> Json:
        """The view that was there, if it was still at ``version``; else Stale."""
        before = self._at(named, version)
        if not self._store.remove(before, by):
            raise _stale(before)
        return self._shown(before)

    def _row(self, name: str, query: str, since: str, until: str) -> Json:
        """The parts a person chooses, checked: the whole question can be asked."""
        for word, value in (("since", since), ("until", until)):
            if len(value) > _LONGEST_TIME:
                raise UsageError(f"{word} is too long to be a time", remedy="Write 24h, 7d or 2026-10-01.")
        if (since or until) and tells_time(parse(query)):
            raise UsageError("The query confines its own time and has a range beside it", remedy="Keep one of the two.")
        read_query(ranged(query, since, until), self._clock())
        return {"name": _name(name), "query": query.strip(), "since": since.strip(), "until": until.strip()}

    def _shown(self, row: Json) -> Json:
        return {**row, "question": self._question(row), "path": f"/views/{row['id']}"}

    def _question(self, row: Json) -> str | None:
        """The whole query; None for one that an older version saved and this one cannot read."""
        try:
            whole = ranged(row["query"], row["since"], row["until"])
            read_query(whole, self._clock())
        except QueryError:
            return None
        return whole

    def _find(self, named: str) -> Json:
        if found := self._store.view(named):
            return found
        raise NotFound(f"There is no view {named[:60]!r}", remedy="remit views lists them; it may have been deleted.")

    def _at(self, named: str, version: int) -> Json:
        found = self._find(named)
        if found["version"] != version:
            raise _stale(found)
        return found


def _name(text: str) -> str:
    """The name, less space around it."""
    name = " ".join(text.split(" ")).strip()
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"A view's name has 1 to {LONGEST_NAME} characters", remedy="Give it a short name.")
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        raise UsageError("A view's name is one line of visible characters", remedy="Type the name again.")
    return name


def _stale(found: Json) -> Stale:
    return Stale(
        f"The view {found['name']} was changed meanwhile, last at {found['changed']}",
        where=f"version {found['version']}",
        remedy="Look at it as it is now, then make the change again.",
    )
