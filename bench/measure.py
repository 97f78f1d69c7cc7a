"""One section of the benchmark: a fresh process, the best of several runs, and the memory of every process in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]
HERE: Final = Path(__file__).resolve().parent
_SAMPLE_SECONDS: Final = 0.05


class SectionFailed(Exception):
    """A section ended badly; the message is the end of what it wrote to standard error."""


def section(name: str, arguments: Json, *, python: str = sys.executable, script: str = "sections.py") -> Json:
    """Run one section once in a process of its own; its answer, with ``rss_mb``: the peaks of its processes."""
    command = [python, str(HERE / script), name, json.dumps(arguments)]
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        peaks = _watch(process)
        out, _ = process.communicate()
        errors.seek(0)
        said = errors.read().strip()
    if process.returncode:
        raise SectionFailed(f"{name}: {said[-600:]}")
    answer: Json = json.loads(out.strip().rpartition("\n")[2])
    return {**answer, "rss_mb": peaks}


def best_of(times: int, run: Callable[[], Json]) -> Json:
    """The fastest of several runs, with every run's seconds, and the largest memory of any run."""
    runs = [run() for _ in range(times)]
    best = min(runs, key=lambda answer: float(answer["seconds"]))
    longest = max(len(answer["rss_mb"]) for answer in runs)
    peaks = [max(_at(answer["rss_mb"], place) for answer in runs) for place in range(longest)]
    return {**best, "rss_mb": peaks, "all_seconds": [answer["seconds"] for answer in runs]}


def _at(values: Sequence[int], place: int) -> int:
    return values[place] if place < len(values) else 0


def _watch(process: subprocess.Popen[str]) -> list[int]:
    """Peak resident megabytes of the process and of each of its descendants, largest last but the process first."""
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in (process.pid, *_descendants(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0), _high_water(pid))
        time.sleep(_SAMPLE_SECONDS)
    own = peaks.pop(process.pid, 0)
    return [own, *sorted((peak for peak in peaks.values() if peak > _RESOURCE_TRACKER_MB), reverse=True)]


_RESOURCE_TRACKER_MB: Final = 16
"""Python's own bookkeeping process beside spawned workers is no worker."""


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            for child in map(int, children):
                found += [child, *_descendants(child)]
    except OSError:
        return found
    return found


def _high_water(pid: int) -> int:
    """Peak resident memory in megabytes; 0 where the system does not tell."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    except OSError:
        return 0
    return 0


def tree_bytes(folder: Path) -> int:
    """Bytes of all files below a folder, or of one file; 0 when there is none."""
    if folder.is_file():
        return folder.stat().st_size
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
