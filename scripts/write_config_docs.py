"""Write docs/configuration.md's tables from the schema: ``.venv/bin/python scripts/write_config_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from written_parts import with_part, write_or_check

from remit.app.config.parsing import variable
from remit.app.config.schema import Bounds, Configuration

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "configuration.md"


def tables(kind: Any = Configuration, where: tuple[str, ...] = ()) -> str:
    """Every section with its settings, in the order of the schema."""
    hints = get_type_hints(kind, include_extras=True)
    defaults = {each.name: each.default for each in fields(kind)}
    rows = [_row((*where, name), hint, defaults[name]) for name, hint in hints.items() if not is_dataclass(hint)]
    head = f"### `[{'.'.join(where)}]`\n\n{(kind.__doc__ or '').strip()}\n\n" if rows else ""
    table = "| key | values | default | meaning | variable |\n|---|---|---|---|---|\n" + "\n".join(rows) if rows else ""
    inner = [tables(hint, (*where, name)) for name, hint in hints.items() if is_dataclass(hint)]
    return "\n\n".join(part for part in (head + table, *inner) if part)


def current(document: str) -> str:
    """The document with today's tables in it; ``ValueError`` when the place for them is not marked."""
    return with_part(document, "settings", Path(__file__).stem, tables())


def _row(path: tuple[str, ...], hint: Any, default: Any) -> str:
    means = next(text for text in hint.__metadata__ if isinstance(text, str))
    return f"| `{path[-1]}` | {_values(hint)} | {_default(default)} | {means} | `{variable(path)}` |"


def _values(hint: Any) -> str:
    kind = get_args(hint)[0]
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind) if word)
    if get_origin(kind) is tuple:
        return "list of texts"
    bounds = next((each for each in hint.__metadata__ if isinstance(each, Bounds)), None)
    if bounds:
        return f"{bounds.least} to {bounds.most}"
    return {str: "text", int: "number", float: "number", bool: "`true`, `false`"}.get(kind, "path")


def _default(value: Any) -> str:
    if value in ("", None, ()):
        return ""
    return f"`{', '.join(value) if isinstance(value, tuple) else str(value).lower()}`"


if __name__ == "__main__":
    sys.exit(write_or_check(DOCUMENT, current, sys.argv[1:]))
