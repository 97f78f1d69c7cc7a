"""The command line: ``remit``. Every command is a thin translation of one flow; no rule lives here."""

from __future__ import annotations

import os
import shlex
import sys

import click

from remit import __version__
from remit.faces.cli import (
    agents,
    alerts,
    backtest,
    drill,
    engine,
    events,
    feeds,
    guardrail_attaching,
    guardrail_exports,
    guardrail_insights,
    guardrails,
    health,
    iam,
    identities,
    maintenance,
    organization,
    permissions,
    removal,
    server,
    tokens,
    views,
    who,
)
from remit.faces.cli.output import note
from remit.faces.cli.ports import Application
from remit.model.errors import ParameterError, QueryError, RemitError

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="remit")
def remit() -> None:
    """See who and what changes your clouds and code: people, AI agents, pipelines, services, with the evidence.

    Start with `remit up --demo`, then `remit ingest PATH` on your own logs.
    """


for command in (
    *feeds.COMMANDS,
    *events.COMMANDS,
    *who.COMMANDS,
    *agents.COMMANDS,
    *alerts.COMMANDS,
    *backtest.COMMANDS,
    *identities.COMMANDS,
    *organization.COMMANDS,
    *permissions.COMMANDS,
    *guardrails.COMMANDS,
    *guardrail_exports.COMMANDS,
    *guardrail_insights.COMMANDS,
    *guardrail_attaching.COMMANDS,
    *health.COMMANDS,
    *iam.COMMANDS,
    *views.COMMANDS,
    *tokens.COMMANDS,
    *removal.COMMANDS,
    *engine.COMMANDS,
    *maintenance.COMMANDS,
    *drill.COMMANDS,
    *server.COMMANDS,
):
    remit.add_command(command)


def _as_an_option(remedy: str) -> str:
    """The example of a parameter as it is typed. A server's error comes without its class, so its words are read."""
    before, lead, example = remedy.partition(ParameterError.LEAD)
    return f"{before}{lead}--set {shlex.quote(example)}" if example else remedy


def run(application: Application, arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; designed errors become two plain lines."""
    try:
        # Outside standalone mode click returns the status a command ended with instead of raising it.
        status = remit.main(args=arguments, obj=application, standalone_mode=False, prog_name="remit")
    except QueryError as error:
        note(" ".join(error.text.splitlines()) if error.text.strip() else "(an empty query)")
        note(" " * error.column + "^")
        note(f"remit: {error}")
        return error.exit_status
    except RemitError as error:
        if error.code == ParameterError.code:
            error.remedy = _as_an_option(error.remedy)
        note(f"remit: {error} [{error.code}]")
        return error.exit_status
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        note("remit: stopped.")
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`); nothing is wrong and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status if isinstance(status, int) else 0
