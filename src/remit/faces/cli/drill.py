"""``remit drill``: a whole story, played for real on invented events."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application, Json


@click.group()
def drill() -> None:
    """Stories played on the demonstration estate, through the same flows as your own logs."""


@drill.command()
@data_option
@json_option
@click.pass_context
def sagemaker(context: click.Context, /, data: Path, as_json: bool) -> None:
    """An agent's endpoint in a closed Region: denied, explained, the guardrail tried and changed, passed, on one list.

    Plays in a data folder of its own, beside the usual one, unless --data names another; it is left to look at.
    """
    app: Application = context.obj
    given = context.get_parameter_source("data") is not click.core.ParameterSource.DEFAULT
    folder = data if given else data.with_name(f"{data.name}-drill")
    done = app.drill(folder, "sagemaker", (lambda step: None) if as_json else _tell)  # noqa: ARG005
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
