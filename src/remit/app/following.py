"""``remit watch``: what appears in a folder or bucket is in the store a moment later."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any, Final

from remit.adapters.feeds.chunks import Source
from remit.adapters.feeds.open_feed import sources, watch
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, Json, Tell, feed_name
from remit.app.settling import Settling
from remit.flows.ingest.summary import Summary

NEAR_SECONDS: Final = 1.0
"""How often a folder is looked at unless said."""
FAR_SECONDS: Final = 15.0
"""And a bucket, where each look is a request that costs."""
_NO_TURN: Final = nullcontext()


def follow_target(
    store: Store,
    target: str,
    options: Mapping[str, Any],
    tell: Tell,
    stop: threading.Event,
    turn: AbstractContextManager[Any] = _NO_TURN,
    settling: Settling | None = None,
) -> Json:
    """Read what is there and what appears, until ``stop`` is set or the person interrupts; then sum up.

    ``turn`` is held while something is read, never while waiting for it. ``settling`` settles late joins; without one,
    one of its own does.
    """
    started = time.monotonic()
    feed = options.get("feed") or feed_name(target)
    store.state.put_feed(feed, target, options.get("form") or "auto")
    ingesting = Ingesting(store, {**options, "feed": feed}, tell)
    total, noted = Summary(), 0.0
    _stop_gently(stop)
    with ExitStack() as own:
        settle = settling or own.enter_context(Settling(store))
        try:
            for source in _found(target, options, stop, lambda error: store.state.feed_read(feed, error)):
                with turn:
                    total.add(ingesting.read(iter([source])))
                    store.follow()
                if time.monotonic() - noted > NEAR_SECONDS:
                    store.state.feed_read(feed)
                    noted = time.monotonic()
                settle.wanted()
        except KeyboardInterrupt:
            stop.set()
    with turn:
        return ingesting.conclude(total, started)


def _stop_gently(stop: threading.Event) -> None:
    """The first Ctrl-C lets what is being committed end; the second one interrupts."""

    def asked(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, asked)


def _found(
    target: str, options: Mapping[str, Any], stop: threading.Event, failed: Callable[[str], None]
) -> Iterator[Source]:
    access = {"endpoint_url": options.get("endpoint_url"), "profile": options.get("profile")}
    if options.get("once"):
        return sources(target, **access)
    next(sources(target, **access), None)  # a wrong target is an error now; one that fails later is tried again
    interval = options.get("interval") or (FAR_SECONDS if "://" in target else NEAR_SECONDS)
    return watch(target, interval, stop, trouble=lambda error: failed(str(error)), **access)
