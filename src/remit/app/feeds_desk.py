"""The desk of feeds over one store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from remit.adapters.feeds.chunks import Source
from remit.adapters.feeds.open_feed import sources
from remit.adapters.store.inbox import Inbox
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, settle_store
from remit.app.keeper import StoreKeeper
from remit.flows.feeds import FeedStores, ReadAgain, Waiting, feed, feeds, retry
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.model.errors import FeedError

RESOLVED: Final = "quarantine:resolved"
"""The name under which the state remembers what left the quarantine's list."""


class FeedsDesk:
    """Feeds, and reading again what could not be read."""

    def __init__(
        self, store: Store, index: EventIndex, clock: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self._store = store
        self._index = index
        self._clock = clock
        self._known: FeedStores = StoredFeeds(store)

    def list(self) -> Json:
        """Every feed."""
        return feeds(self._index, self._known, now_us=self._clock())

    def show(self, name: str) -> Json:
        """One feed and its newest unreadable records."""
        return feed(self._index, self._known, name, now_us=self._clock())

    def retry(self, name: str, who: str = "local") -> Json:
        """Read again where something could not be read; journalled as done by ``who``."""
        done = retry(self._known, name, self._reread)
        if done["new"]:
            (self._store.settle_soon or partial(settle_store, self._store))()
        facts = {key: done[key] for key in ("feed", "sources", "resolved", "new")}
        self._store.state.journal(who, "feed.retried", facts)
        return done

    def _reread(self, name: str, form: str, place: str) -> ReadAgain | None:
        source = _source_at(place)
        if source is None:
            return None
        keeper = _Noting(self._store)
        work = Ingesting(self._store, {"feed": name, "form": form}, lambda _: None, keeper)
        summary = work.read(iter([source]))
        self._store.follow()
        return ReadAgain(summary.read, summary.new, frozenset(keeper.unread))


class _Noting(StoreKeeper):
    """A keeper that remembers what could not be read."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.unread: set[str] = set()

    def commit(self, token: Any, files: Sequence[Any], quarantine: Sequence[Mapping[str, Any]], origin: str) -> None:
        """Commit, and note the quarantine's ids."""
        self.unread |= {str(row["quarantine_id"]) for row in quarantine}
        super().commit(token, files, quarantine, origin)


class StoredFeeds:
    """``flows.feeds.FeedStores`` over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def configured(self) -> Sequence[Row]:
        """Feeds of the state."""
        return [{**row, "last_read": _micros(row["last_read"])} for row in self._store.state.feeds()]

    def unread(self) -> Sequence[Row]:
        """The quarantine by feed and reason."""
        return self._ask(
            "SELECT feed, reason, count(*) AS count, epoch_us(max(time)) AS newest, arg_max(place, time) AS place, "
            "arg_max(detail, time) AS detail, arg_max(sample, time) AS sample",
            "GROUP BY feed, reason ORDER BY count DESC, feed, reason LIMIT 1000",
        )

    def unread_of(self, feed: str, limit: int) -> Sequence[Row]:
        """Records of one feed in quarantine."""
        return self._ask(
            "SELECT quarantine_id, epoch_us(time) AS time, place, reason, detail, sample",
            f"AND feed = ? ORDER BY time DESC, quarantine_id LIMIT {int(limit)}",
            feed,
        )

    def waiting(self) -> Mapping[str, Waiting]:
        """What waits in the inbox."""
        found: dict[str, Waiting] = {}
        for each in Inbox(self._store.inbox).waiting():
            so_far = found.get(each.label.feed) or Waiting(0, 0, int(each.arrived * 1_000_000))
            found[each.label.feed] = Waiting(so_far.count + 1, so_far.size + each.size, so_far.oldest)
        return found

    def runs(self, limit: int) -> Sequence[Json]:
        """Runs of the state."""
        return self._store.state.runs(limit)

    def resolve(self, quarantine_ids: Iterable[str]) -> None:
        """Remember that these left the list."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._store.state.mark_done(RESOLVED, [(each, at) for each in quarantine_ids])

    def _ask(self, what: str, rest: str, *params: object) -> list[Row]:
        resolved = self._store.state.marked(RESOLVED)
        sql = f"{what} FROM quarantine WHERE NOT list_contains(CAST(? AS VARCHAR[]), quarantine_id) {rest}"
        rows: list[Row] = self._store.index.execute(sql, [resolved, *params]).to_pylist()
        return rows


def _source_at(place: str) -> Source | None:
    """The one source at a place that a feed named; None when it is not there, or is no file or object."""
    if not place.startswith("s3://") and not (Path(place).is_absolute() and Path(place).is_file()):
        return None
    try:
        return next((each for each in sources(place) if each.place == place), None)
    except FeedError:
        return None


def _micros(text: str | None) -> int | None:
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000) if text else None
