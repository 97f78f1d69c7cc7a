"""Everything that brings records into a running server: deliveries, and targets that it watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from remit.adapters.store.inbox import Inbox
from remit.adapters.store.store import Store
from remit.app.config.reading import read_secret
from remit.app.config.schema import Configuration
from remit.app.following import follow_target
from remit.app.inbox_worker import InboxWorker
from remit.app.push_desk import PushDesk
from remit.app.settling import Settling
from remit.model.errors import RemitError

Notice = Callable[[str], None]


@contextmanager
def arrivals(store: Store, configured: Configuration, watched: Sequence[str], notice: Notice) -> Iterator[PushDesk]:
    """While the block lasts, what is pushed is stored and the ``watched`` targets are followed."""
    github = configured.push.github
    secret = read_secret(github.secret_file, github.secret_env, "push.github.secret")
    inbox = Inbox(store.inbox)
    with ExitStack() as open_now:
        settling = open_now.enter_context(Settling(store))
        store.settle_soon = settling.wanted
        worker = open_now.enter_context(InboxWorker(store, inbox, settling.wanted, notice))
        for target in watched:
            open_now.enter_context(_watching(store, target, settling, notice))
        yield PushDesk(inbox, store.state, worker.wanted, secret)


@contextmanager
def _watching(store: Store, target: str, settling: Settling, notice: Notice) -> Iterator[None]:
    stop = threading.Event()

    def watch() -> None:
        try:
            follow_target(store, target, {}, lambda _: None, stop, settling=settling)
        except RemitError as error:
            notice(f"{target} is not watched any more: {error}")

    thread = threading.Thread(target=watch, name=f"watch {target}"[:60], daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
