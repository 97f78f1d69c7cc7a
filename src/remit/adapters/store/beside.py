"""A store as a console sees it that keeps nothing: an index of its own over a lake that another process writes, and the
state that all of them share.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from remit.adapters.store.index.index import MEMORY_MB, FollowReport, Index
from remit.adapters.store.lake.disk import Disk
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.storage import Storage
from remit.adapters.store.lease import Lease
from remit.adapters.store.shared_lease import refusal
from remit.adapters.store.state.state import State
from remit.adapters.store.store import Answers, Store, prepare

_SLOWER: Final = 1.25
"""How much longer each pause is than the one before it, while nothing comes."""
_NOTHING: Final = FollowReport()


class StoreBeside(Store):
    """Answers questions as a keeper's store does. Whatever would write events is refused, naming the keeper."""

    looked = 0.0
    """When the lake was last looked at with success, by ``time.time``."""
    _caught_up = False
    """Whether the index has all that the last look showed."""

    @classmethod
    def beside(
        cls,
        folder: Path,
        storage: Storage,
        state: State,
        on_notice: Callable[[str], None] = lambda _: None,
        *,
        control: str = "",
        memory_mb: int = MEMORY_MB,
    ) -> Self:
        """Open an index in ``folder`` over the lake that lies in ``storage``, and let it catch up. The store closes
        ``state`` with itself.

        :raises KeeperBusy: if another process has this folder.
        :raises StoreError: if there is no lake yet.
        """
        with ExitStack() as opening:
            opening.callback(state.close)
            prepare(folder, Disk())
            opening.enter_context(Lease.acquire(folder, "console", control=control))
            lake = Lake.open_to_read(storage)
            index = Index.open(folder / "index.duckdb", on_notice=on_notice, memory_mb=memory_mb)
            opening.callback(index.close)
            store = cls(folder, lake, index, state, opening.pop_all())
        try:
            store.follow()
        except BaseException:
            store.close()
            raise
        return store

    def follow(self) -> FollowReport:
        """Look at the lake, and let the index catch up with what is new in it."""
        with self._following:
            moved, report = self.lake.refresh(), FollowReport()
            if moved or not self._caught_up:
                self._caught_up = False
                report = self.index.follow(self.lake)
                if report.rebuilt:  # rows were removed, and linger in the file that held them
                    self.index.renew()
                self._caught_up = True
            self.looked = time.time()
            return report

    def ask(self, *_: Any, **__: Any) -> Answers:
        """Refused."""
        self.refuse("Storing events")

    def commit(self, *_: Any, **__: Any) -> dict[str, int]:
        """Refused."""
        self.refuse("Storing events")

    def replace(self, *_: Any) -> NoReturn:
        """Refused."""
        self.refuse("Maintenance")

    def alone(self, patience: float = 0) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self.refuse("Removing events")

    def check_lease(self) -> NoReturn:
        """Refused: this process keeps nothing."""
        self.refuse("Working on events")

    def refuse(self, what: str) -> NoReturn:
        """:raises KeeperBusy: naming who does that."""
        raise refusal(self.state, what)


class Watching:
    """Looks at the lake again and again while the block lasts, in a thread of its own."""

    def __init__(
        self, store: StoreBeside, seconds: float, notice: Callable[[str], None], longest: float | None = None
    ) -> None:
        """``seconds`` lie between two looks, and more, up to ``longest`` seconds, the longer nothing has come;
        ``notice`` is told what fails, once for each reason."""
        self._store = store
        self._seconds = seconds
        self._longest = longest or seconds
        self._notice = notice
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lake", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        said, pause = "", self._seconds
        while not self._stopped.wait(pause):
            pause = min(pause * _SLOWER, self._longest)
            try:
                if self._store.follow() != _NOTHING:
                    pause = self._seconds
                said = ""
            except Exception as error:  # whatever it is, what is here is still answered, and its age is said
                if said != (said := str(error)):
                    self._notice(f"The lake cannot be followed; what is shown grows old. {error}")
