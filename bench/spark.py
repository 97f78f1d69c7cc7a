"""Spark's figures: every kind of question over one lake, asked of the index and of a master with two workers here.

    python bench/spark.py STORE [--workers 2] [--only WORD] [--write]

With ``--write`` the figures go into docs/scale-inputs.toml and the tables of docs/scale.md are made anew.

CPU time is what the executors and the driver used, from /proc: on a machine that does other work too, wall time says
little. The store is opened by its keeper for the index's figures, so it must not be kept by another process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.spark.cluster import standalone

from remit.adapters.store.index.narrowed import reader_of
from remit.adapters.store.place import LakePlace
from remit.adapters.store.spark.lake import SparkLakes
from remit.adapters.store.spark.listing import lake_of
from remit.adapters.store.spark.session import SparkOptions, spark
from remit.adapters.store.store import Store
from remit.app.desk import LocalDesk
from remit.app.figures import Figures
from remit.app.over_spark import SparkDesk
from remit.app.packaged import load_guide, load_registry, load_rules
from remit.rooms.attribution.judge import Judge
from remit.rooms.query.predicate import EVERYTHING

_ROOT = Path(__file__).resolve().parents[1]
_LATER = 1_000
"""So many of the newest events are after the time that questions are asked at: a few that came late do not shift it."""
_TICK = os.sysconf("SC_CLK_TCK")
Json = dict[str, Any]


def questions(agent: str, resource: str) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """(what, call of the desk, arguments)."""
    yield "digest of everything", "digest", ()
    yield "a page of events, 24 hours", "search", ("since:24h", 50)
    yield "a page of an agent's events, all time", "search", (f'agent:"{agent}"', 50)
    yield "a page by a word of the text, all time", "search", ("wordpress", 50)
    yield "all facets, 24 hours", "facets", ("since:24h",)
    yield "all facets, all time", "facets", ("",)
    yield "all facets of one agent, all time", "facets", (f'agent:"{agent}"',)
    yield "histogram, all time", "histogram", ("",)
    yield "agents, 30 days", "agents", ("30d",)
    yield "one agent against its past, 30 days", "agent", (agent, "30d")
    yield "denials by cause, 30 days", "denials", ("since:30d",)
    yield "who: the life of a resource", "who", (resource,)
    yield "export of 20,000 events as JSON Lines", "export", ("since:30d", "jsonl", 20_000)


def timed(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """(wall seconds, CPU seconds of this process and of every Java process below it or beside it, the answer)."""
    before, began = _used(), time.perf_counter()
    found = call()
    if isinstance(found, Iterator):
        found = list(found)
    return time.perf_counter() - began, _used() - before, found


def _used() -> float:
    """CPU seconds of this process and of Spark's: its daemons, executors and driver."""
    total = sum(os.times()[:2])
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            total += _ticks_of_spark(folder) / _TICK
    return total


def _ticks_of_spark(process: Path) -> int:
    try:
        if b"org.apache.spark" not in (process / "cmdline").read_bytes():
            return 0
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except OSError:
        return 0


def measure(store_folder: Path, workers: int, only: str = "") -> Json:
    """Every question on both, and whether the answers are equal."""
    judge = Judge(load_rules(), load_registry(store_folder))
    with Store.open(store_folder, "bench") as store, tempfile.TemporaryDirectory() as logs:
        reader = reader_of(store.index)
        now = reader.search(EVERYTHING, ("time",), _LATER)[-1]["time"]
        index = LocalDesk(reader, store, Figures(store, judge.version), judge.describe, load_guide(), lambda: now)
        settings = {"spark.executor.memory": "1g", "spark.executor.cores": "1", "spark.driver.memory": "1g"}
        with _master(Path(logs), workers) as url, spark(SparkOptions(url, settings)) as engine:
            lakes = SparkLakes(engine, [lake_of(str(store_folder), LakePlace())])
            desk = SparkDesk(lakes, judge)
            desk._clock = lambda: now
            files = lakes.listed[0].tables["events"]
            start = timed(lambda: desk.search("since:24h", 1))[1]
            asked = [each for each in questions(*_known(index)) if only in each[0]]
            rows = [_row(what, getattr(index, name), getattr(desk, name), arguments) for what, name, arguments in asked]
    figures = {"rows": files.rows, "bytes": files.size, "files": len(files.paths), "workers": workers}
    load = f"The machine's load was {os.getloadavg()[2]:.0f} on {os.cpu_count()} cores."
    return {
        **figures,
        "date": date.today().isoformat(),
        "first_core_s": round(start, 1),
        "circumstances": load,
        "questions": rows,
    }


def _master(logs: Path, workers: int) -> AbstractContextManager[str]:
    """A master with so many workers; for none Spark within one process, on two threads."""
    return standalone(logs, workers) if workers else nullcontext("local[2]")


def _known(index: LocalDesk) -> tuple[str, str]:
    """An agent and a resource of this store."""
    agents = index.facet("agent:*", "agent", 1)["values"]
    values = index.search("kind:delete resource:*", 1)["items"]
    return agents[0]["value"], values[0]["resources"][0]["id"]


def _row(what: str, by_index: Callable[..., Any], by_spark: Callable[..., Any], arguments: tuple[Any, ...]) -> Json:
    wall, cpu, found = timed(lambda: by_spark(*arguments))
    index_wall, index_cpu, expected = timed(lambda: by_index(*arguments))
    row = {
        "what": what,
        "spark_s": round(wall, 2),
        "spark_cpu_s": round(cpu, 1),
        "index_s": round(index_wall, 3),
        "index_cpu_s": round(index_cpu, 2),
        "equal": found == expected,
    }
    print(json.dumps(row), flush=True)
    return row


def write(found: Json) -> None:
    """Put the figures in the place of those that the page of scale is computed from."""
    inputs = _ROOT / "docs" / "scale-inputs.toml"
    kept = inputs.read_text().partition("[spark]")[0]
    lines = ["[spark]", *(f"{name} = {json.dumps(value)}" for name, value in found.items() if name != "questions")]
    for row in found["questions"]:
        lines += ["", "[[spark.questions]]", *(f"{name} = {json.dumps(value)}" for name, value in row.items())]
    inputs.write_text(kept + "\n".join(lines) + "\n")
    subprocess.run([sys.executable, str(_ROOT / "scripts" / "write_scale_docs.py")], check=True)


def main() -> None:
    """Measure and write."""
    reading = argparse.ArgumentParser()
    reading.add_argument("store", type=Path)
    reading.add_argument("--workers", type=int, default=2)
    reading.add_argument("--only", default="", help="questions whose description holds this word")
    reading.add_argument("--write", action="store_true")
    given = reading.parse_args()
    found = measure(given.store, given.workers, given.only)
    if given.write:
        write(found)


if __name__ == "__main__":
    main()
