"""``remit watch``: what appears in a folder or bucket is in the store a moment later."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from remit.adapters.feeds.chunks import Source
from remit.adapters.feeds.open_feed import sources, watch
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, Json, Tell, settle_store
from remit.flows.ingest.summary import Summary


def follow_target(
    store: Store,
    target: str,
    options: Mapping[str, Any],
    tell: Tell,
    stop: threading.Event,
    turn: AbstractContextManager[Any],
) -> Json:
    """Read what is there and what appears, until ``stop`` is set or the person interrupts; then sum up.

    ``turn`` is held while something is read, never while waiting for it.
    """
    started = time.monotonic()
    ingesting = Ingesting(store, options, tell)
    access = {"endpoint_url": options.get("endpoint_url"), "profile": options.get("profile")}
    total = Summary()
    _stop_gently(stop)
    try:
        for source in _found(target, options, access, stop):
            with turn:
                total.add(ingesting.read(iter([source])))
                store.follow()
                settle_store(store)
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


def _found(target: str, options: Mapping[str, Any], access: dict[str, Any], stop: threading.Event) -> Iterator[Source]:
    if options.get("once"):
        return sources(target, **access)
    return watch(target, options.get("interval") or 5.0, stop, **access)
