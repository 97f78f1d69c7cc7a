"""``remit up``: the console, and everything that must run for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from remit.faces.cli import output
from remit.faces.cli.options import data_option
from remit.faces.cli.ports import Application


@click.command()
@data_option
@click.option("--demo", is_flag=True, help="The demonstration estate, in a data folder of its own.")
@click.option("--port", type=click.IntRange(0, 65535), show_default="8420", help="0 takes a free one.")
@click.option("--host", show_default="127.0.0.1", help="Any but loopback needs a sign-in and TLS, see --config.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    show_default="remit.toml in the data folder",
    help="Configuration file.",
)
@click.option(
    "--beside",
    metavar="LAKE",
    help="Keep nothing: answer from this lake of another keeper, and the state it shares ([state] url).",
)
@click.option("--watch", multiple=True, metavar="TARGET", help="Also follow a folder or s3:// prefix; may be repeated.")
@click.pass_context
def up(context: click.Context, /, data: Path, **options: Any) -> None:
    """Open the console, on 127.0.0.1:8420 unless told otherwise."""
    application: Application = context.obj
    options["data_given"] = context.get_parameter_source("data") is not click.core.ParameterSource.DEFAULT
    application.up(data, options, output.note)


COMMANDS = (up,)
