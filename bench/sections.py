"""What is timed inside a section's own process: ``sections.py NAME JSON`` prints its answer as JSON.

Imports, the opening of the store and the compiling of the rules come before the clock starts; the commits, the syncs
and, where there is an index, settling and findings are inside it.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from isal import igzip
from measure import tree_bytes

from remit.adapters.feeds.open_feed import sources
from remit.adapters.store.index.index import FollowReport
from remit.adapters.store.store import Store
from remit.app import ingesting
from remit.app.ingesting import Ingesting
from remit.app.maintaining import maintain
from remit.app.packaged import load_formats
from remit.rooms.attribution.judge import Judge

Json = dict[str, Any]
Raw = msgspec.Raw


class _Fields(msgspec.Struct, gc=False):
    """The members an audit table needs; what is nested stays the JSON it came as."""

    eventTime: str
    eventSource: str
    eventName: str
    eventID: str
    userIdentity: Raw
    awsRegion: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    requestParameters: Raw = Raw(b"")
    responseElements: Raw = Raw(b"")
    additionalEventData: Raw = Raw(b"")
    requestID: str | None = None
    readOnly: bool | None = None
    eventType: str | None = None
    recipientAccountId: str | None = None
    resources: Raw = Raw(b"")


class _Wrapper(msgspec.Struct, gc=False):
    Records: list[Raw]


def floor(files: list[str]) -> Json:
    """Gunzip and typed decoding alone, each record's bytes kept: what no reader of these files in Python can beat."""
    whole, one = msgspec.json.Decoder(_Wrapper), msgspec.json.Decoder(_Fields)
    events = 0
    began, cpu = time.perf_counter(), time.process_time()
    for name in files:
        records = whole.decode(igzip.decompress(Path(name).read_bytes())).Records
        kept = [(one.decode(raw), bytes(raw)) for raw in records]
        events += len(kept)
    return {"events": events, "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


class _LakeOnly(Store):
    """A store whose index stays where it is: what reaches the lake is all that happens."""

    def follow(self) -> FollowReport:
        return FollowReport()


class Stopwatch:
    """Adds up a function's time in its own thread (CPU), by standing in its place; calls within a call count once."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self.seconds = 0.0
        self._clock = clock
        self._inside = False

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            if self._inside:
                return function(*arguments, **named)
            self._inside = True
            began = self._clock()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += self._clock() - began
                self._inside = False

        return timed


def ingest(source: str, folder: str, index: bool, workers: int, keep: bool = False, timed: bool = False) -> Json:
    """Bring a folder of files in, to the lake alone or, as ``remit ingest`` does, with index, settling and findings."""
    home = Path(folder)
    shutil.rmtree(home, ignore_errors=True)
    load_formats()
    judging, settling = Stopwatch(), Stopwatch(time.process_time)
    if timed:
        Judge.judge = judging.around(Judge.judge)  # type: ignore[method-assign]
        ingesting.settle_store = settling.around(ingesting.settle_store)
    with (Store if index else _LakeOnly).open(home, "bench") as store:
        began, cpu = time.perf_counter(), time.process_time()
        options = {"feed": "bench", "workers": workers}
        work = Ingesting(store, options, lambda _: None)
        done = work.from_target(source, options) if index else work.read(sources(source)).to_json()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    answer = {"events": done["new"], "read": done["read"], "quarantined": done["quarantined"], "seconds": seconds,
              "cpu": cpu, "judge_cpu": judging.seconds, "settle_cpu": settling.seconds,
              "corrected": done.get("corrected", 0)}  # fmt: skip
    if not keep:
        shutil.rmtree(home)
    return answer


def size(folder: str) -> Json:
    """Bytes on disk before and after maintenance, the store closed each time."""
    home = Path(folder)
    before = _sizes(home)
    began = time.perf_counter()
    with Store.open(home, "bench") as store:
        maintain(store, "bench", grace_hours=0)
    return {"before": before, "after": _sizes(home), "seconds": time.perf_counter() - began}


def rebuild(folder: str) -> Json:
    """The index read anew from the whole lake, as after an upgrade that changes its form."""
    home = Path(folder)
    with Store.open(home, "bench") as store:
        began, cpu = time.perf_counter(), time.process_time()
        report = store.index.rebuild(store.lake)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        store.index.renew()
    return {"events": report.events, "seconds": seconds, "cpu": cpu, "index": _sizes(home)["index"]}


def _sizes(home: Path) -> Json:
    index = sum(tree_bytes(path) for path in home.glob("index.duckdb*"))
    return {"lake": tree_bytes(home / "lake"), "index": index, "state": tree_bytes(home / "state.db")}


def main() -> None:
    """Run the section that the command line names."""
    from in_process import questions
    from through_http import through_http

    from live import live

    found: dict[str, Callable[..., Json]] = {
        "floor": floor,
        "ingest": ingest,
        "size": size,
        "rebuild": rebuild,
        "questions": questions,
        "through_http": through_http,
        "live": live,
    }
    print(json.dumps(found[sys.argv[1]](**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
