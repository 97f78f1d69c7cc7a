"""``remit who``: who made this, who last changed it, and the chain from the ticket to the call."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import data_option, json_option, limit_option
from remit.faces.cli.ports import Application, Json
from remit.model.vocabulary import call_name


@click.command()
@click.argument("subject")
@data_option
@limit_option
@json_option
@click.pass_obj
def who(app: Application, subject: str, data: Path, limit: int, as_json: bool) -> None:
    """Who made SUBJECT, who last changed it, by which path, and why.

    SUBJECT is a resource (id, name or ARN), an event id, a commit, a repository or a ticket.
    """
    with app.desk(data) as desk:
        found = desk.who(subject)
    found["changes"] = found.get("changes", [])[:limit]
    if as_json:
        output.emit_json(found)
    else:
        _draw(found)
    if not found["found"]:
        raise click.exceptions.Exit(1)


def _draw(found: Json) -> None:
    output.line(found["sentence"])
    if not found["found"]:
        return
    output.line()
    rows = [(link["step"], link["value"] or "-", link["standing"], link["how"]) for link in found["chain"]]
    output.table("The chain", ("step", "value", "standing", "how it is known, or what would settle it"), rows)
    output.line()
    changes = [
        (
            change["time"][:19].replace("T", " "),
            change["source"],
            change["actor"]["name"] or "?",
            change["path"],
            call_name(change["action"]["service"], change["action"]["operation"]),
            "denied" if change["denied"] else change["outcome"],
            change["event_id"],
        )
        for change in found["changes"]
    ]
    headers = ("time (UTC)", "source", "actor", "path", "operation", "outcome", "event")
    output.table(f"Changes, newest first ({len(changes)} of {found['records']})", headers, changes)


COMMANDS = (who,)
