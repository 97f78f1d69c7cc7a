"""Write the count of signals in docs/attribution.md: ``.venv/bin/python scripts/write_signal_docs.py``."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = ROOT / "docs" / "attribution.md"
SIGNALS: Final = ROOT / "src" / "remit" / "rooms" / "attribution" / "signals"
BEGIN: Final = "<!-- signals: written by scripts/write_signal_docs.py -->"
END: Final = "<!-- end of signals -->"


def table() -> str:
    """Signals and cases in each file; a file of cases alone has no signals."""
    signals = {path.stem: _signals(path) for path in SIGNALS.glob("*.toml")}
    cases = {path.name.removesuffix(".cases.json"): _cases(path) for path in SIGNALS.glob("*.cases.json")}
    rows = ["| file | signals | cases |", "|---|---:|---:|"]
    rows += [f"| {name} | {signals.get(name, 0)} | {cases.get(name, 0)} |" for name in sorted({*signals, *cases})]
    return "\n".join([*rows, f"| all | {sum(signals.values())} | {sum(cases.values())} |"])


def current(document: str) -> str:
    """The document with today's table in it; ``ValueError`` when the place for it is not marked."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("docs/attribution.md does not mark where the table goes")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _signals(path: Path) -> int:
    return len(tomllib.loads(path.read_text(encoding="utf-8"))["signal"])


def _cases(path: Path) -> int:
    return len(json.loads(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    DOCUMENT.write_text(current(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
