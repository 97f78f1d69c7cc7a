"""``remit drill``: a whole story, played for real on invented events."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import default_data, json_option
from remit.faces.cli.ports import Application, Json


@click.group()
def drill() -> None:
    """Stories played on the demonstration estate, through the same flows as your own logs."""


def _default_folder() -> Path:
    """A folder of its own beside the usual one, which may hold a user's own logs."""
    usual = default_data()
    return usual.with_name(f"{usual.name}-drill")


@drill.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=_default_folder,
    show_default="REMIT_DATA or ~/.local/share/remit, with -drill after its name",
    help="Data folder of the drill.",
)
@json_option
@click.pass_obj
def sagemaker(app: Application, /, data: Path, as_json: bool) -> None:
    """An agent's endpoint in a closed Region: denied, explained, the guardrail tried and changed, passed, on one list.

    Plays in a data folder of its own, beside the usual one, unless --data names another; it is left to look at.
    """
    done = app.drill(data, "sagemaker", (lambda step: None) if as_json else _tell)  # noqa: ARG005
    output.emit_json(done) if as_json else _end(done)
    if not done["ok"]:
        raise click.exceptions.Exit(1)


def _tell(step: Json) -> None:
    output.line(f"{'ok ' if step['ok'] else 'BAD'} {step['step']}: {step['did']}")
    output.line(f"      {step['found']}")
    for each in step["facts"].get("lines", ()):
        output.line(f"        {each}")


def _end(done: Json) -> None:
    output.line()
    if not done["ok"]:
        output.line("The drill stopped: the store does not bear out the step marked BAD.")
    folder = output.quoted(done["data"])
    if done["query"]:
        output.line(f"remit events search {output.quoted(done['query'])} --data {folder}")
        output.line(f"remit up --data {folder}    then {done['console']}")


COMMANDS = (drill,)
