"""Pushed records on their way from the inbox to the lake, in the order of their arrival."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from types import TracebackType
from typing import Any, Final, Self

from remit.adapters.feeds.chunks import ByteReader, Source
from remit.adapters.store.inbox import Inbox, Waiting
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting
from remit.model.errors import ConfigError, StoreError, Unavailable

AT_ONCE: Final = 1_000
"""Deliveries ingested together at most, so that many small ones cost one commit."""
BYTES_AT_ONCE: Final = 48 * 1024 * 1024
_AGAIN_SECONDS: Final = 5.0
MOST_UNREADABLE: Final = 100_000
"""Records of one lot that may be unreadable. A small body can unpack to millions of them, and others wait behind it."""


class _Ending(Exception):
    """The server is being stopped; what is not in the lake yet is read again."""


class _Unreadable(Exception):
    """More of a lot's records cannot be read than are taken."""


class InboxWorker:
    """One thread. A delivery leaves the inbox when it is in the lake; one that is cut off is read again."""

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        stored: Callable[[], None],
        notice: Callable[[str], None] = lambda _: None,
        *,
        most_unreadable: int = MOST_UNREADABLE,
    ) -> None:
        """``stored`` is called after each lot, ``notice`` with what a person should know."""
        self._store = store
        self._inbox = inbox
        self._stored = stored
        self._notice = notice
        self._most_unreadable = most_unreadable
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._known: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def __enter__(self) -> Self:
        self._inbox.clear_unfinished()
        self._wanted.set()  # what a process before this one acknowledged
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._wanted.set()
        self._thread.join()

    def wanted(self) -> None:
        """A delivery is there."""
        self._wanted.set()

    def _run(self) -> None:
        said = ""
        while self._wanted.wait() and not self._stopped.is_set():
            self._wanted.clear()
            try:
                while not self._stopped.is_set() and (waiting := self._inbox.waiting()):
                    self._take(lot(waiting))
                said = ""
            except _Ending:
                return
            except Exception as error:  # the disk or the store; what waits is kept and tried again
                if said != (said := str(error)):
                    self._notice(f"Pushed records wait in the inbox: {error}")
                self._stopped.wait(_AGAIN_SECONDS)
                self._wanted.set()

    def _take(self, waiting: Sequence[Waiting]) -> None:
        try:
            self._ingest(waiting)
        except (StoreError, ConfigError, Unavailable, _Ending):  # no fault of the delivery: it waits
            raise
        except Exception as error:  # a fault of ours at one of them, which must hold up no other
            if len(waiting) > 1:
                for each in waiting:
                    self._take([each])
                return
            kept = self._inbox.set_aside(waiting[0])
            self._notice(f"A delivery could not be ingested and is kept as {kept}: {_said(error)}")
            return
        self._inbox.remove(waiting)
        self._stored()

    def _ingest(self, waiting: Sequence[Waiting]) -> None:
        label, state = waiting[0].label, self._store.state
        if label.feed not in self._known:
            state.put_feed(label.feed, "push", label.form)
            self._known.add(label.feed)
        work = Ingesting(self._store, {"feed": label.feed, "form": label.form}, self._look)
        work.read(iter([_source(each) for each in waiting]))
        self._store.follow()
        if named := [(each.label.key, "delivered") for each in waiting if each.label.key]:
            state.mark_done(label.feed, named)
        state.feed_read(label.feed)

    def _look(self, state: Mapping[str, Any]) -> None:
        """Between batches: whether to go on."""
        if self._stopped.is_set():
            raise _Ending
        if sum(state["quarantined"].values()) > self._most_unreadable:
            raise _Unreadable(f"more than {self._most_unreadable:,} of its records cannot be read")


def lot(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The first of these that can be ingested together: of one feed and format, and not too many."""
    total = 0
    taken: list[Waiting] = []
    first = waiting[0].label
    for each in takewhile(lambda each: (each.label.form, each.label.feed) == (first.form, first.feed), waiting):
        total += each.size
        if taken and (total > BYTES_AT_ONCE or len(taken) >= AT_ONCE):
            break
        taken.append(each)
    return taken


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, _Unreadable) else f"{type(error).__name__}: {error}"


def _source(each: Waiting) -> Source:
    return Source(f"push/{each.label.feed}/{each.receipt}", each.size, "", partial(_opened, each))


def _opened(each: Waiting) -> ByteReader:
    return open(each.path, "rb", buffering=0)
