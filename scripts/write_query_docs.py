"""Write the table of fields in docs/query.md from the column table: ``.venv/bin/python scripts/write_query_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from remit.model.columns import COLUMNS, Column
from remit.rooms.query.fields import CASED, SINCE, UNTIL, VOCABULARIES, WIDER

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "query.md"
BEGIN: Final = "<!-- fields: written by scripts/write_query_docs.py -->"
END: Final = "<!-- end of fields -->"
_KINDS: Final = {"string": "text", "strings": "list", "bool": "true or false", "float": "number", "time": "time"}


def table() -> str:
    """Every field a query may ask by, in the order of the columns."""
    rows = ["| field | meaning | values |", "|---|---|---|"]
    rows += [_row(column) for column in COLUMNS if column.query]
    rows += [
        f"| `{SINCE}` | Events at or after this time. | time |",
        f"| `{UNTIL}` | Events before this time; a whole day or month includes all of it. | time |",
    ]
    return "\n".join(rows)


def current(document: str) -> str:
    """The document with today's table in it; ``ValueError`` when the place for it is not marked."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("docs/query.md does not mark where the table goes")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _row(column: Column) -> str:
    words = ", ".join(f"`{word}`" for word in column.query)
    return f"| {words} | {_cell(column.doc + _wider(column))} | {_values(column)} |"


def _wider(column: Column) -> str:
    for word in column.query:
        if word in WIDER:
            others = [f"`{name}`" for name in WIDER[word] if name != column.name]
            return f" Asks {' and '.join(others)} too."
    return ""


def _values(column: Column) -> str:
    if column.name in VOCABULARIES:
        return "one of the words of `" + column.name + "`"
    return _KINDS[column.kind] + (", exact case" if column.name in CASED else "")


def _cell(text: str) -> str:
    return text.replace("``", "empty").replace("|", "\\|")


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
