"""Hostile inputs made to order, and the memory that reading them takes: ``python hostile.py NAME FOLDER [SCALE]``.

Prints one JSON line: records, faults as [place, reason], and the peak resident memory in MB.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

MB = 1024 * 1024


def zeros(path: Path) -> None:
    """A gzip file of one record and 5 GB of zeros: 1,029 to 1."""
    member = gzip.compress(bytes(50 * MB), 9, mtime=0)
    path.write_bytes(gzip.compress(b'{"a":1}\n', mtime=0) + member * 100)


def text_bomb(path: Path) -> None:
    """A gzip file that grows to 4.5 GB of text that looks like JSON."""
    piece = b'{"Records":[' + b'{"a":"aaaaaaaaaaaaaaaa"},' * (2 * MB)
    path.write_bytes(gzip.compress(piece, 9, mtime=0) * 90)


def document(path: Path, size: int = 150) -> None:
    """One JSON document of ``size`` MB with a Records array."""
    row = json.dumps({"eventID": "x" * 36, "p": {"q": ["y" * 900]}}).encode()
    with path.open("wb") as sink:
        sink.write(b'{"Records":[' + row)
        for _ in range(size):
            sink.write((b"," + row) * (MB // (len(row) + 1)))
        sink.write(b"]}")


def huge_line(path: Path) -> None:
    """A line of 200 MB between good ones."""
    with path.open("wb") as sink:
        sink.write(b'{"a":1}\n{"b":"')
        for _ in range(200):
            sink.write(b"x" * MB)
        sink.write(b'"}\n{"c":1}\n')


def huge_string(path: Path) -> None:
    """Nothing but a JSON string of 300 MB."""
    with path.open("wb") as sink:
        sink.write(b'"')
        for _ in range(300):
            sink.write(b"x" * MB)
        sink.write(b'"')


def deep(path: Path) -> None:
    """A record nested a million levels deep between good ones."""
    path.write_bytes(b'{"a":1}\n' + b'{"b":' * 1_000_000 + b"1" + b"}" * 1_000_000 + b'\n{"c":1}\n')


def tiny_lines(path: Path) -> None:
    """A million lines of three bytes."""
    path.write_bytes(b"{}\n" * 1_000_000)


def bad_lines(path: Path) -> None:
    """A hundred thousand broken lines among as many good ones."""
    path.write_bytes(b'{"a":tru\n{}\n' * 100_000)


INPUTS: dict[str, Callable[[Path], None]] = {
    "zeros.json.gz": zeros,
    "text.json.gz": text_bomb,
    "document.json": document,
    "line.jsonl": huge_line,
    "string.json": huge_string,
    "deep.jsonl": deep,
    "tiny.jsonl": tiny_lines,
    "bad.jsonl": bad_lines,
}


def measured(target: Path) -> dict[str, object]:
    """Read ``target`` and say what came of it."""
    from remit.adapters.feeds.open_feed import read, sources

    def chunks() -> Iterator[object]:
        for source in sources(str(target)):
            yield from read(source)

    records, faults, kinds = 0, [], set()
    for chunk in chunks():
        records += len(chunk.records)  # type: ignore[attr-defined]
        kinds |= {fault.reason for fault in chunk.faults}  # type: ignore[attr-defined]
        faults += [[fault.place.rpartition("/")[2], fault.reason] for fault in chunk.faults]  # type: ignore[attr-defined]
    return {"records": records, "faults": len(faults), "first": faults[:3], "reasons": sorted(kinds)}


def peak_mb() -> int:
    """This process's own peak resident memory; ``getrusage`` alone would count what the parent held when it forked."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    outcome = measured(Path(sys.argv[1]))
    print(json.dumps({**outcome, "peak_mb": peak_mb()}))
