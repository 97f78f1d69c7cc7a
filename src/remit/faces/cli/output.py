"""Writing results: JSON for programs, tables for people. Text from records is made safe for a terminal first."""

from __future__ import annotations

import json
import shlex
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from remit.flows.questions.window import plural

if TYPE_CHECKING:
    from rich.console import Console

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def safe(value: object) -> str:
    """Text of any origin with control, bidi and other invisible characters spelled out."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in _INVISIBLE else f"\\u{ord(c):04x}" for c in text)


def quoted(text: str) -> str:
    """One word for a shell: a query shown to be copied may hold text that somebody else chose."""
    return shlex.quote(text)


def spelled(text: str) -> str:
    """JSON with invisible characters as escapes: the same document, harmless to a terminal and encodable."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE else json.dumps(c)[1:-1] for c in text)


def emit_json(value: object) -> None:
    """One JSON document."""
    click.echo(spelled(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def emit_jsonl(values: Iterable[object]) -> None:
    """One JSON object a line."""
    for value in values:
        click.echo(spelled(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)))


def emit_exported(text: str, form: str) -> None:
    """One line of an export; CSV has no escapes, so it stays as it is unless a terminal shows it."""
    if form != "csv":
        text = spelled(text)
    elif sys.stdout.isatty():
        text = safe(text)
    click.echo(text.encode("utf-8", "backslashreplace"))


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


def counted(number: int, one: str, many: str = "") -> str:
    """``1 caller``, ``2 callers``: a number with its noun; ``many`` where an s does not make the plural."""
    return f"{number:,} {many}" if many and number != 1 else plural(number, one)


def policy(arn: str, name: str | None) -> str:
    """A policy's ARN, with the name the organization knows it by."""
    return f"{arn} ({name})" if name else arn


def note(text: object) -> None:
    """A remark, on standard error so that piped output stays clean."""
    click.echo(safe(text), err=True)
