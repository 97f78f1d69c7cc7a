"""Write the count of signals in docs/attribution.md: ``.venv/bin/python scripts/write_signal_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Final

from written_parts import with_part, write_or_check

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = ROOT / "docs" / "attribution.md"
SIGNALS: Final = ROOT / "src" / "remit" / "rooms" / "attribution" / "signals"


def table() -> str:
    """Signals and cases in each file; a file of cases alone has no signals."""
    signals = {path.stem: _signals(path) for path in SIGNALS.glob("*.toml")}
    cases = {path.name.removesuffix(".cases.json"): _cases(path) for path in SIGNALS.glob("*.cases.json")}
    rows = ["| file | signals | cases |", "|---|---:|---:|"]
    rows += [f"| {name} | {signals.get(name, 0)} | {cases.get(name, 0)} |" for name in sorted({*signals, *cases})]
    return "\n".join([*rows, f"| all | {sum(signals.values())} | {sum(cases.values())} |"])


def current(document: str) -> str:
    """The document with today's table in it; ``ValueError`` when the place for it is not marked."""
    return with_part(document, "signals", Path(__file__).stem, table())


def _signals(path: Path) -> int:
    return len(tomllib.loads(path.read_text(encoding="utf-8"))["signal"])


def _cases(path: Path) -> int:
    return len(json.loads(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(write_or_check(DOCUMENT, current, sys.argv[1:]))
