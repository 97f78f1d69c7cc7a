"""Options that commands share, declared once."""

from __future__ import annotations

import os
import re
import shlex
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


def data_words(data: Path) -> str:
    """`` --data DIR`` for a command that is suggested, where the folder is not the default; else nothing."""
    return "" if data == default_data() else f" --data {shlex.quote(str(data))}"


_TAKES_DATA = re.compile(
    r"\bremit (?:backtest|up|events (?:search|show)|tokens create"
    r"|guardrails (?:lint|attach|approve|withdraw))(?= |$|\))"
)


def carrying(text: str) -> str:
    """A text with commands to be copied, which name the data folder of this command unless it is the default."""
    data = click.get_current_context().params.get("data")
    words = data_words(data) if data else ""
    return _TAKES_DATA.sub(lambda found: found[0] + words, text)


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
_EXCLUDED = "\x00"


class QueryCommand(click.Command):
    """A command whose words are a query: ``-service:s3`` excludes and is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        marked = [_EXCLUDED + word if _excludes(word) and word not in options else word for word in args]
        return super().parse_args(ctx, marked)


class ListByDefault(click.Group):
    """A group whose name alone runs its ``list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def _excludes(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and word[1] != "-"


def joined(query: tuple[str, ...]) -> str:
    """The query as it was meant: one argument is all of it; of several, values with spaces get their quotes back."""
    words = [word.removeprefix(_EXCLUDED) for word in query]
    return words[0] if len(words) == 1 else " ".join(map(_requoted, words))


def _requoted(word: str) -> str:
    """``actor:"ci bot"`` reaches us as ``actor:ci bot``; what holds more than one condition is left as it stands."""
    field, colon, value = word.partition(":")
    if colon and " " in value and not set(value) & set('":()') and " " not in field:
        return f'{field}:"{value}"'
    return word
