"""Write the checks in docs/insights.md from the checks themselves: ``.venv/bin/python scripts/write_insights_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from written_parts import with_part, write_or_check

from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.registry import FAMILIES

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "insights.md"


def table() -> str:
    """Every check, family by family, in the order in which they run."""
    parts = []
    for family, checks in FAMILIES:
        head = [f"### {family}", "", "| check | severity | what and why | for | fix |", "|---|---|---|---|---|"]
        parts.append("\n".join([*head, *map(_row, checks)]))
    return "\n\n".join(parts)


def current(document: str) -> str:
    """The document with today's checks in it; ``ValueError`` when the place for them is not marked."""
    return with_part(document, "checks", Path(__file__).stem, table())


def _row(check: Check) -> str:
    text = f"{check.title}. {check.why}".replace("|", "\\|")
    types = ", ".join(check.types) or "all"
    return f"| `{check.code}` | {check.severity} | {text} | {types} | {'yes' if check.fixable else ''} |"


if __name__ == "__main__":
    sys.exit(write_or_check(DOCUMENT, current, sys.argv[1:]))
