"""Write the table of fields in docs/query.md from the column table: ``.venv/bin/python scripts/write_query_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from written_parts import with_part, write_or_check

from remit.model.columns import COLUMNS, Column
from remit.rooms.query.fields import CASED, SINCE, UNTIL, VOCABULARIES, WIDER

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "query.md"
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
    return with_part(document, "fields", Path(__file__).stem, table())


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


if __name__ == "__main__":
    sys.exit(write_or_check(DOCUMENT, current, sys.argv[1:]))
