"""One step behind: a batch is written and committed while the next one is decoded.

Writing Parquet and syncing it wait for the disk and for libraries that leave the interpreter free, so one thread behind
the decoder costs little and hides most of it. Jobs run in the order given, one at a time; a job's error is raised by a
later call or by ``finish``, and no job after a failed one is run.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

Job = Callable[[], None]


class Behind:
    """Runs jobs in order, one at a time, at most one batch behind the caller: two are in memory, never more."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="behind")
        self._waiting: list[Future[None]] = []
        self._failed = False

    def __call__(self, job: Job) -> None:
        """Take a job once the one before it is done, and raise what that one failed with."""
        self.finish()
        self._waiting.append(self._executor.submit(self._run, job))

    def finish(self) -> None:
        """Wait for every job; raises the first failure."""
        while self._waiting:
            self._waiting.pop(0).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        self._failed = self._failed or kind is not None
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job) -> None:
        if self._failed:
            return
        try:
            job()
        except BaseException:
            self._failed = True
            raise
