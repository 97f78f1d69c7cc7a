"""Options that commands share, declared once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def default_data() -> Path:
    """``REMIT_DATA``, else the user's data folder by the XDG base directory convention."""
    if given := os.environ.get("REMIT_DATA"):
        return Path(given)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "remit"


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_data,
    show_default="REMIT_DATA or ~/.local/share/remit",
    help="Data folder.",
)
limit_option = click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most N rows."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
query_argument = click.argument("query", nargs=-1)


def joined(query: tuple[str, ...]) -> str:
    """Words of a query as the shell handed them over; a word with a space keeps its quotes."""
    return " ".join(_requoted(word) for word in query)


def _requoted(word: str) -> str:
    field, colon, value = word.partition(":")
    if colon and " " in value and '"' not in value and "(" not in value and " " not in field:
        return f'{field}:"{value}"'
    return word
