"""The tools that can read the same files, each in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from measure import SectionFailed, best_of, section

Json = dict[str, Any]
Tell = Callable[[str], None]
_INSTALL_SECONDS: Final = 300
NAMES: Final = ("duckdb, one thread", "duckdb, every core", "trailscraper", "polars")
DOES: Final = {
    "duckdb, one thread": "`read_json` of the gzip files, 26 columns, about thirty rules as SQL CASEs, into a table of "
    "a database file. No redaction, joins, resource names, authorization context, deduplication or quarantine; the "
    "whole record is not kept",
    "duckdb, every core": "the same statement on every core; set against ingest with two workers",
    "trailscraper": "its own loading of records (service, call, time, resource ARNs, role) into memory. "
    "Judges and stores nothing",
    "polars": "`read_ndjson` of 17 columns from text that was unzipped and cut into lines beforehand, on every core. "
    "Judges and stores nothing",
}


def measure_peers(files: list[Path], work: Path, repeat: int, tell: Tell) -> dict[str, Json]:
    """The best run of every peer; one that cannot be installed or run is skipped with ``skipped`` as the reason."""
    found: dict[str, Json] = {}
    for name in NAMES:
        tell(f"peer: {name}")
        try:
            run = _runner(name, files, work)
            found[name] = best_of(repeat, run)
        except (SectionFailed, OSError, subprocess.SubprocessError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1][:200]
            tell(f"SKIPPED {name}: {reason}")
            found[name] = {"skipped": reason}
    return found


def _runner(name: str, files: list[Path], work: Path) -> Callable[[], Json]:
    texts = [str(path) for path in files]
    if name.startswith("duckdb"):
        threads = 1 if name.endswith("one thread") else os.cpu_count() or 1
        arguments: Json = {"files": texts, "database": str(work / "peer.duckdb"), "threads": threads}
        return lambda: section(name, arguments, script="peer_duckdb.py")
    python = _environment(work / f"venv-{name}", name)
    if name == "trailscraper":
        folder = str(files[0].parent)
        return lambda: section(name, {"folder": folder}, python=python, script="peer_trailscraper.py")
    lines = {"files": texts, "folder": str(work / "lines")}
    return lambda: section(name, lines, python=python, script="peer_polars.py")


def _environment(folder: Path, package: str) -> str:
    """A virtual environment with one package in it; made once."""
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        result = subprocess.run(install, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
        if result.returncode:
            raise SectionFailed(f"pip cannot install {package}: {result.stderr.strip()}")
        done.touch()
    return str(python)


def versions(work: Path) -> Json:
    """The installed version of every peer that has an environment."""
    found = {}
    for package in ("trailscraper", "polars"):
        python = work / f"venv-{package}" / "bin" / "python"
        if python.exists():
            ask = f"import importlib.metadata as m; print(m.version({package!r}))"
            found[package] = subprocess.run([str(python), "-c", ask], capture_output=True, text=True).stdout.strip()
    return found
