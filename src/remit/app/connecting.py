"""``remit connect aws``: an account's own event history, without a trail or a bucket."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.feeds.lookup_cursor import KEPT_BY_AWS, Cursor
from remit.adapters.feeds.lookup_events import Account, enabled_regions, events
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, Json, Tell
from remit.flows.questions.window import read_window

_FALLBACK: Final = ("us-east-1",)


def connect_aws(store: Store, options: Mapping[str, Any], tell: Tell) -> Json:
    """Read LookupEvents: writes first, newest first, at AWS's rate; the next run goes on where this one stopped."""
    started = time.monotonic()
    account = Account(options.get("profile"), options.get("endpoint_url"))
    account.check()
    feed = options.get("feed") or f"aws-history-{options.get('profile') or 'default'}"
    ingesting = Ingesting(store, {**options, "feed": feed, "form": "cloudtrail"}, tell)
    store.state.put_feed(feed, "LookupEvents", "cloudtrail")
    regions, how = _regions(account, options)
    cursor = Cursor.from_json(store.state.cursor(feed) or {})
    pages = events(
        regions,
        lambda region: account.client("cloudtrail", region),
        cursor,
        clock=time.time,
        sleep=time.sleep,
        keep_for=_seconds(options.get("since") or "90d"),
        max_pages=options.get("max_pages"),
    )
    saving = _saving(pages, store, feed, cursor)
    result = ingesting.conclude(ingesting.chunks(saving), started)
    store.state.feed_read(feed)
    return {**result, "notes": [how, *_left(cursor)]}


def _regions(account: Account, options: Mapping[str, Any]) -> tuple[list[str], str]:
    if given := list(options.get("regions") or ()):
        return given, f"Read: {', '.join(given)}, as asked. Other regions were not looked at."
    return enabled_regions(account.client, _FALLBACK)


def _saving(pages: Iterator[Chunk], store: Store, feed: str, cursor: Cursor) -> Iterator[Chunk]:
    """The cursor is saved when the next page is asked for: by then the last one is committed."""
    for page in pages:
        store.state.put_cursor(feed, cursor.to_json())
        yield page
    store.state.put_cursor(feed, cursor.to_json())


def _left(cursor: Cursor) -> list[str]:
    """What is still unread, in a sentence each."""
    open_walks = [name for name, walk in cursor.walks.items() if walk.windows]
    if not open_walks:
        return []
    return [f"Still unread: {', '.join(open_walks)}. Run the same command again to go on."]


def _seconds(since: str) -> int:
    now = time.time_ns() // 1000
    return min(KEPT_BY_AWS, read_window(since, now).length // 1_000_000)
