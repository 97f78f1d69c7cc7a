"""Writing results: JSON for programs, tables for people. Text from records is made safe for a terminal first."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def safe(value: object) -> str:
    """Text of any origin with control, bidi and other invisible characters spelled out."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in _INVISIBLE else f"\\u{ord(c):04x}" for c in text)


def emit_json(value: object) -> None:
    """One JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def emit_jsonl(values: Iterable[object]) -> None:
    """One JSON object a line."""
    for value in values:
        click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))


def console() -> Console:
    """The terminal, loaded only when something is drawn."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 160
    return Console(width=width, highlight=False, emoji=False, markup=False)


def table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """A plain table; columns named in ``right`` are right-aligned."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=Text(safe(title)) if title else None, title_justify="left", box=None, pad_edge=False)
    for position, header in enumerate(headers):
        drawn.add_column(header, justify="right" if position in right else "left", overflow="fold", header_style="bold")
    for row in rows:
        drawn.add_row(*(Text(safe(cell)) for cell in row))
    console().print(drawn)


def line(text: object = "") -> None:
    """One line for a person."""
    click.echo(safe(text))


def note(text: object) -> None:
    """A remark, on standard error so that piped output stays clean."""
    click.echo(safe(text), err=True)
