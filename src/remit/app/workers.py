"""Ingest with several decoding processes and one keeper.

The parent reads and cuts records and keeps the store; each worker decodes, judges and writes Parquet, asking the keeper
over a pipe. Workers are spawned, never forked, as the lake library demands. A worker that dies fails the ingest; what
was committed stays, and reading again adds only the rest.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

from remit.app.collecting import seldom
from remit.flows.ingest.batch import Pipeline
from remit.flows.ingest.ports import (
    Answers,
    ChunkLike,
    FaultLike,
    Keeper,
    Offers,
    Progress,
    Reader,
    SourceLike,
    Sources,
)
from remit.flows.ingest.summary import Summary
from remit.model.errors import RemitError, StoreError

PORTION: Final = 10_000
"""Most records a worker holds at once."""
BuildPipeline = Callable[[Keeper, Mapping[str, Any]], Pipeline]
"""A module-level function: builds a worker's pipeline around its keeper from plain settings."""


class _PipeKeeper:
    """The keeper as a worker sees it: three questions over a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def _call(self, verb: str, *arguments: object) -> Any:
        self._pipe.send((verb, arguments))
        ok, value = self._pipe.recv()
        if not ok:
            raise value
        return value

    def ask(self, ids: Sequence[str], times: Sequence[int], keys: Sequence[str], offers: Offers) -> Answers:
        answers: Answers = self._call("ask", list(ids), [min(times), max(times)], list(keys), offers)
        return answers

    def commit(self, token: Any, files: Sequence[Any], quarantine: Sequence[Mapping[str, Any]], origin: str) -> None:
        self._call("commit", token, list(files), list(quarantine), origin)

    def abort(self, token: Any) -> None:
        with suppress(OSError):
            self._call("abort", token)


def _work(pipe: Connection, build: BuildPipeline, settings: Mapping[str, Any], feed: str) -> None:
    """A worker's life: build once, then one chunk after another until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says when to stop.
    pipeline: Pipeline | None = None
    with suppress(Exception):  # while the first chunk is read; what fails here fails again below, and is said there
        pipeline = build(_PipeKeeper(pipe), settings)
    with suppress(EOFError, BrokenPipeError), seldom():
        while (chunk := pipe.recv()) is not None:
            try:
                pipeline = pipeline or build(_PipeKeeper(pipe), settings)
                pipe.send(("done", (pipeline.ingest(chunk, feed),)))
            except RemitError as error:
                pipe.send(("failed", (error,)))
            except (EOFError, BrokenPipeError):
                return
            except Exception as error:
                said = StoreError(f"A decoding process failed: {type(error).__name__}: {error}", where=chunk.place)
                pipe.send(("failed", (said,)))


@dataclass(frozen=True, slots=True)
class _Portion:
    """Part of a chunk."""

    place: str
    records: Sequence[bytes]
    first: int
    faults: Sequence[FaultLike]


@dataclass(slots=True)
class _Ticket:
    """A source under way: finished when it is read to its end and no chunk of it is outstanding."""

    source: SourceLike
    outstanding: int = 0
    exhausted: bool = False


@dataclass(slots=True)
class _Shared:
    """What the threads of one ingest share, under one lock (the keeper serves one question at a time).

    ``turns`` lets half the workers stand between their question and their commit. What is in there no other batch can
    join to, so its joins come late and cost a correction each; decoding, which takes longest, needs no turn.
    """

    keeper: Keeper
    total: Summary
    progress: Progress
    finished: Callable[[SourceLike], None]
    turns: threading.Semaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    failure: BaseException | None = None

    def settle(self, ticket: _Ticket) -> None:
        if ticket.exhausted and not ticket.outstanding:
            self.total.sources += 1
            self.finished(ticket.source)


def ingest_in_parallel(
    sources: Sources,
    read: Reader,
    keeper: Keeper,
    feed: str,
    workers: int,
    build: BuildPipeline,
    settings: Mapping[str, Any],
    *,
    progress: Progress,
    finished: Callable[[SourceLike], None],
) -> Summary:
    """As ``flows.ingest.run.ingest``, with ``workers`` processes that decode."""
    shared = _Shared(keeper, Summary(), progress, finished, threading.Semaphore(max(1, workers // 2)))
    waiting: queue.Queue[tuple[_Ticket, ChunkLike] | None] = queue.Queue(maxsize=workers)
    threads = [
        threading.Thread(target=_attend, args=(waiting, shared, build, settings, feed), daemon=True)
        for _ in range(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        _hand_out(sources, read, waiting, shared)
    finally:
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()
    if shared.failure is not None:
        raise shared.failure
    return shared.total


def _hand_out(sources: Sources, read: Reader, waiting: queue.Queue[Any], shared: _Shared) -> None:
    for source in sources:
        ticket = _Ticket(source)
        for chunk in read(source):
            for portion in _portions(chunk):
                if shared.failure is not None:
                    return
                with shared.lock:
                    ticket.outstanding += 1
                waiting.put((ticket, portion))
        with shared.lock:
            ticket.exhausted = True
            shared.settle(ticket)


def _portions(chunk: ChunkLike) -> Iterator[ChunkLike]:
    """A chunk in parts that a worker's memory and the others' waiting bear; its faults go with the first."""
    for start in range(0, len(chunk.records) or 1, PORTION):
        records = chunk.records[start : start + PORTION]
        yield _Portion(chunk.place, records, chunk.first + start, () if start else chunk.faults)


def _attend(
    waiting: queue.Queue[Any], shared: _Shared, build: BuildPipeline, settings: Mapping[str, Any], feed: str
) -> None:
    """One worker process, attended by this thread."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, build, settings, feed), daemon=True)
    try:
        process.start()
    except OSError as error:
        shared.failure = StoreError(f"A decoding process cannot be started: {error.strerror}")
        for _ in _until_none(waiting):
            pass  # the reader must never wait for a process that is not there
        return
    finally:
        theirs.close()
    try:
        for ticket, chunk in _until_none(waiting):
            if shared.failure is None:
                _converse(ours, chunk, ticket, shared)
    finally:
        with suppress(OSError):
            ours.send(None)
        ours.close()
        process.join(timeout=10)


def _until_none(waiting: queue.Queue[Any]) -> Iterator[tuple[_Ticket, ChunkLike]]:
    while (item := waiting.get()) is not None:
        yield item


def _converse(pipe: Connection, chunk: ChunkLike, ticket: _Ticket, shared: _Shared) -> None:
    """Hand over one chunk and serve its questions until it is done."""
    token: Any = None
    taken = False
    try:
        pipe.send(chunk)
        while True:
            verb, arguments = pipe.recv()
            if verb == "ask" and not taken:
                taken = shared.turns.acquire()
            if verb == "done":
                _count_done(arguments[0], chunk, ticket, shared)
                return
            if verb == "failed":
                raise arguments[0]
            served = _serve(shared, verb, arguments)
            if verb == "ask" and served[0]:
                token = served[1].token
            pipe.send(served)
    except (EOFError, OSError):
        if token is not None:
            # A keeper that lives on must not hold the dead process's ids for known. After a commit this does nothing.
            _serve(shared, "abort", (token,))
        shared.failure = StoreError(
            "A decoding process ended unexpectedly", where=chunk.place, remedy="Run the same command again."
        )
    except Exception as error:
        shared.failure = error
    finally:
        if taken:
            shared.turns.release()


def _serve(shared: _Shared, verb: str, arguments: Sequence[Any]) -> tuple[bool, Any]:
    with shared.lock:
        try:
            return True, getattr(shared.keeper, verb)(*arguments)
        except RemitError as error:
            return False, error


def _count_done(summary: Summary, chunk: ChunkLike, ticket: _Ticket, shared: _Shared) -> None:
    with shared.lock:
        shared.total.add(summary)
        shared.progress(shared.total, chunk.place)
        ticket.outstanding -= 1
        shared.settle(ticket)
