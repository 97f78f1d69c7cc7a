"""The benchmark: ``make bench``, or ``.venv/bin/python bench/run.py [--quick] [--only NAME]``.

Writes ``docs/benchmarks.md`` from what it measures; a quick or partial run only prints it, unless told to ``--write``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from corpus import write_corpus
from large import RUNS, measure_large
from measure import HERE, SectionFailed, best_of, section, tree_bytes
from peers import measure_peers, versions
from report import document

Json = dict[str, Any]
DOCUMENT: Final = HERE.parent / "docs" / "benchmarks.md"
PARTS: Final = ("ingest", "bytes", "peers", "questions", "http", "live", "large", "policies", "backtest")
_NEEDS: Final = {
    "ingest": (),
    "bytes": (),
    "peers": ("ingest",),
    "questions": (),
    "http": (),
    "live": (),
    "large": (),
    "policies": (),
    "backtest": (),
}
_LIBRARIES: Final = ("msgspec", "isal", "pyarrow", "deltalake", "duckdb")
_QUICK: Final = 20_000


def main() -> int:
    """Measure what was asked for and say where it stands."""
    asked = _arguments()
    work = Path(asked.work or Path(tempfile.gettempdir()) / f"remit-bench-{os.getuid()}")
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    began = time.monotonic()
    try:
        result = _measured(asked, work)
    except SectionFailed as error:
        print(f"The benchmark stopped: {error}", file=sys.stderr)
        return 1
    text = document(result)
    if asked.json:
        Path(asked.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if asked.write or not (asked.quick or asked.only):
        DOCUMENT.write_text(text, encoding="utf-8")
        _tell(f"docs/{DOCUMENT.name} is written")
    print(text)
    _tell(f"done in {time.monotonic() - began:.0f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures ingest, bytes on disk, peers and questions.")
    parser.add_argument("--events", type=int, help="events to ingest (default 300,000)")
    parser.add_argument("--question-events", type=int, help="events to ask about (default 1,000,000)")
    parser.add_argument("--repeat", type=int, help="runs of each timed section, the best of which counts (default 3)")
    parser.add_argument("--quick", action="store_true", help="20,000 events, one run: proves the benchmark, no more")
    parser.add_argument("--only", choices=PARTS, help="one part (and what it is compared with)")
    parser.add_argument("--work", help="folder for corpus, stores and peers; kept (default: in the temporary folder)")
    parser.add_argument("--large", metavar="FOLDER", help="a larger store, made before, to ask through HTTP as well")
    said = "from files to answers over so many events, such as 10000000; may be given more than once"
    parser.add_argument("--large-events", metavar="EVENTS", type=int, action="append", default=[], help=said)
    parser.add_argument("--date", default=date.today().isoformat(), help="the date the document bears")
    parser.add_argument("--note", default="", help="a sentence for the document, such as what else the machine did")
    parser.add_argument("--json", metavar="FILE", help="write the raw numbers there")
    parser.add_argument("--write", action="store_true", help="write the document from a quick or partial run too")
    asked = parser.parse_args()
    asked.events = asked.events or (_QUICK if asked.quick else 300_000)
    asked.question_events = asked.question_events or (_QUICK if asked.quick else 1_000_000)
    asked.repeat = asked.repeat or (1 if asked.quick else 3)
    return asked


def _measured(asked: argparse.Namespace, work: Path) -> Json:
    wanted = {asked.only, *_NEEDS[asked.only]} if asked.only else set(PARTS)
    _tell(f"corpus: {asked.events:,} events")
    files = write_corpus(work, asked.events)
    result: Json = _heading(asked, files)
    if "ingest" in wanted:
        result["ingest"] = _ingest(files, work, asked.repeat)
    if "bytes" in wanted:
        result["bytes"] = _bytes(files, work, asked.events)
    if "peers" in wanted:
        result["peers"] = measure_peers(files, work, asked.repeat, _tell)
        result["machine"]["libraries"] |= versions(work)
    if wanted & {"questions", "http", "live", "backtest"}:
        filled = _filled(work, asked.question_events)
    store = str(work / "store-questions")
    if "questions" in wanted:
        _tell("questions")
        asking = {"folder": store, "runs": result["question_runs"]}
        result["questions"] = {**section("questions", asking), "ingest": filled}
    if "http" in wanted:
        _tell("questions through HTTP")
        result["http"] = section("through_http", {"folder": store, "runs": result["question_runs"]})
    if asked.large and "http" in wanted:
        _tell("questions to the larger store through HTTP")
        result["http_large"] = section("through_http", {"folder": asked.large, "runs": RUNS})
    if "live" in wanted:
        _tell("from feed to stream")
        result["live"] = section("live", {"folder": store, "runs": 3 if asked.quick else 20})
    if "policies" in wanted:
        _tell("decisions under policies")
        result["policies"] = section("policies", {"loops": 3 if asked.quick else 20}, script="policies.py")
    if "backtest" in wanted:
        _tell("backtests")
        folders = [store, *([asked.large] if asked.large else [])]
        trying = [{"folder": folder, "runs": 1 if asked.quick else 5} for folder in folders]
        result["backtests"] = [section("backtests", each, script="backtest.py") for each in trying]
    if "large" in wanted:
        result["large"] = [measure_large(work, events, _tell) for events in asked.large_events]
    return result


def _heading(asked: argparse.Namespace, files: list[Path]) -> Json:
    arguments = [f"--events {asked.events}", f"--question-events {asked.question_events}", f"--repeat {asked.repeat}"]
    arguments += [f"--large-events {events}" for events in asked.large_events]
    quick = "This was a quick run: it shows that the benchmark works, not how fast anything is. " if asked.quick else ""
    source = sum(path.stat().st_size for path in files)
    shape = (
        f"{len(files)} gzip file(s) of up to 20,000 records, {source / asked.events:.0f} B an event; 61 operations of "
        "16 services, 2,000 principals, about 400 user agents, 3 % errors, 5 % issued keys, 2 % planted credentials"
    )
    return {
        "date": asked.date,
        "note": quick + asked.note,
        "events": asked.events,
        "repeat": asked.repeat,
        "question_runs": 10 if asked.quick else 30,
        "corpus": shape,
        "command": f".venv/bin/python bench/run.py {' '.join(arguments)}",
        "machine": _machine(),
    }


def _ingest(files: list[Path], work: Path, repeat: int) -> Json:
    source, store = str(files[0].parent), str(work / "store")

    def run(**more: Any) -> Json:
        _tell(f"ingest: {more}")
        return best_of(repeat, lambda: section("ingest", {"source": source, "folder": store, **more}))

    _tell("floor")
    floor = best_of(repeat, lambda: section("floor", {"files": [str(path) for path in files]}))
    both = run(index=True, workers=1)
    found = {
        "floor": floor,
        "lake": run(index=False, workers=1),
        "both": both,
        "one": both,
        "two": run(index=True, workers=2),
        "timed": section("ingest", {"source": source, "folder": store, "index": True, "workers": 1, "timed": True}),
    }
    for name in ("lake", "both", "two"):
        if found[name]["events"] != floor["events"] or found[name]["quarantined"]:
            raise SectionFailed(f"{name}: {found[name]['events']} of {floor['events']} events were stored")
    return found


def _bytes(files: list[Path], work: Path, events: int) -> Json:
    _tell("bytes on disk")
    store = str(work / "store-bytes")
    section("ingest", {"source": str(files[0].parent), "folder": store, "index": True, "workers": 1, "keep": True})
    return {"source": tree_bytes(files[0].parent), "events": events, **section("size", {"folder": store})}


def _filled(work: Path, events: int) -> Json:
    """A store to ask, filled anew."""
    _tell(f"corpus: {events:,} events")
    files = write_corpus(work, events)
    _tell("ingest for the questions")
    workers = min(2, os.cpu_count() or 1)
    source, store = str(files[0].parent), str(work / "store-questions")
    return section("ingest", {"source": source, "folder": store, "index": True, "workers": workers, "keep": True})


def _machine() -> Json:
    return {
        "cpu": _from_proc("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _from_proc(path: str, key: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _tell(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
