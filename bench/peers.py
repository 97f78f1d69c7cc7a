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
PACKAGES: Final = {
    "duckdb, one thread": "duckdb",
    "duckdb, every core": "duckdb",
    "chdb, every core": "chdb",
    "trailscraper": "trailscraper",
    "polars": "polars",
}
"""Each peer by name, and the package whose environment it runs in."""
_LESS: Final = (
    "No redaction, joins, resource names, authorization context, deduplication or quarantine; "
    "the whole record is not kept"
)
DOES: Final = {
    "duckdb, one thread": "`read_json` of the gzip files, 26 columns, about thirty rules as SQL CASEs, into a table of "
    f"a database file. {_LESS}",
    "duckdb, every core": "the same statement on every core; set against ingest with two workers",
    "chdb, every core": f"the same columns and rules in ClickHouse's SQL, into a MergeTree table. {_LESS}; set against "
    "ingest with two workers",
    "trailscraper": "its own loading of records (service, call, time, resource ARNs, role) into memory. "
    "Judges and stores nothing",
    "polars": "`read_ndjson` of 17 columns from text that was unzipped and cut into lines beforehand, on every core. "
    "Judges and stores nothing",
}


def measure_peers(files: list[Path], work: Path, repeat: int, tell: Tell) -> dict[str, Json]:
    """The best run of every peer; one that cannot be installed or run is skipped with ``skipped`` as the reason."""
    found: dict[str, Json] = {}
    for name in PACKAGES:
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
    package = PACKAGES[name]
    python = _environment(work / f"venv-{package}", package)
    threads = 1 if name.endswith("one thread") else os.cpu_count() or 1
    arguments: Json = {
        "duckdb": {"files": [str(path) for path in files], "database": str(work / "peer.duckdb"), "threads": threads},
        "chdb": {"folder": str(files[0].parent), "database": str(work / "peer-chdb")},
        "trailscraper": {"folder": str(files[0].parent)},
        "polars": {"files": [str(path) for path in files], "folder": str(work / "lines")},
    }[package]
    return lambda: section(name, arguments, python=python, script=f"peer_{package}.py")


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
    for package in sorted(set(PACKAGES.values())):
        python = work / f"venv-{package}" / "bin" / "python"
        if python.exists():
            ask = f"import importlib.metadata as m; print(m.version({package!r}))"
            found[package] = subprocess.run([str(python), "-c", ask], capture_output=True, text=True).stdout.strip()
    return found
