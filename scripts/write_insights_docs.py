"""Write the checks in docs/insights.md from the checks themselves: ``.venv/bin/python scripts/write_insights_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.registry import FAMILIES

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "insights.md"
BEGIN: Final = "<!-- checks: written by scripts/write_insights_docs.py -->"
END: Final = "<!-- end of checks -->"


def table() -> str:
    """Every check, family by family, in the order in which they run."""
    parts = []
    for family, checks in FAMILIES:
        head = [f"### {family}", "", "| check | severity | what and why | for | fix |", "|---|---|---|---|---|"]
        parts.append("\n".join([*head, *map(_row, checks)]))
    return "\n\n".join(parts)


def current(document: str) -> str:
    """The document with today's checks in it; ``ValueError`` when the place for them is not marked."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("docs/insights.md does not mark where the checks go")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _row(check: Check) -> str:
    text = f"{check.title}. {check.why}".replace("|", "\\|")
    types = ", ".join(check.types) or "all"
    return f"| `{check.code}` | {check.severity} | {text} | {types} | {'yes' if check.fixable else ''} |"


def main(arguments: list[str]) -> int:
    """Write or check; the process's exit status."""
    before = DOCUMENT.read_text(encoding="utf-8")
    after = current(before)
    if "--check" in arguments:
        return int(before != after)
    DOCUMENT.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
