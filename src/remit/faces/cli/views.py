"""``remit views``: questions with a name."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import ListByDefault, QueryCommand, data_option, joined, json_option, query_argument
from remit.faces.cli.ports import Application, Json

_DESK = "views"
_BY = "local"
"""Who makes a change by a command: the person at this machine."""


@click.group(cls=ListByDefault)
def views() -> None:
    """Saved questions. `remit views` lists them, `remit views save NAME QUERY` adds one."""


@views.command("list")
@data_option
@json_option
@click.pass_obj
def list_views(app: Application, data: Path, as_json: bool) -> None:
    """Every saved view."""
    with app.desk_of(data, _DESK) as desk:
        found = desk.list()
    if as_json:
        output.emit_json(found)
    elif not found["items"]:
        output.line("No view is saved yet. Save one with: remit views save NAME QUERY")
    else:
        rows = [
            (each["name"], each["question"] or f"{each['query']} (cannot be read)", each["owner"], each["id"])
            for each in found["items"]
        ]
        output.table("", ("name", "question", "owner", "id"), rows)


@views.command(cls=QueryCommand)
@click.argument("name")
@query_argument
@click.option("--since", default="", help="Range: 24h (the default), 7d, 2026-10-01, all.")
@click.option("--until", default="", help="End of the range.")
@click.option("--replace", is_flag=True, help="Change the view of that name instead of adding one.")
@data_option
@json_option
@click.pass_obj
def save(
    app: Application,
    name: str,
    query: tuple[str, ...],
    since: str,
    until: str,
    replace: bool,
    data: Path,
    as_json: bool,
) -> None:
    """Save QUERY under NAME."""
    with app.desk_of(data, _DESK) as desk:
        if replace:
            before = desk.show(name)
            said = {"query": joined(query), "since": since, "until": until}
            found = desk.change(before["id"], before["version"], by=_BY, **said)
        else:
            found = desk.save(name, joined(query), since, until, by=_BY)
    _tell(found, as_json)


@views.command()
@click.argument("name")
@data_option
@json_option
@click.pass_obj
def show(app: Application, name: str, data: Path, as_json: bool) -> None:
    """The view with this name or id."""
    with app.desk_of(data, _DESK) as desk:
        found = desk.show(name)
    _tell(found, as_json)


@views.command()
@click.argument("name")
@click.argument("new_name")
@data_option
@json_option
@click.pass_obj
def rename(app: Application, name: str, new_name: str, data: Path, as_json: bool) -> None:
    """Give a view another name; its address stays."""
    with app.desk_of(data, _DESK) as desk:
        before = desk.show(name)
        found = desk.change(before["id"], before["version"], name=new_name, by=_BY)
    _tell(found, as_json)


@views.command()
@click.argument("name")
@data_option
@json_option
@click.pass_obj
def delete(app: Application, name: str, data: Path, as_json: bool) -> None:
    """Delete the view with this name or id; no event is touched."""
    with app.desk_of(data, _DESK) as desk:
        before = desk.show(name)
        found = desk.delete(before["id"], before["version"], by=_BY)
    if as_json:
        output.emit_json(found)
    else:
        output.line(f"Deleted {found['name']}. It was: {found['question'] or found['query']}")


def _tell(found: Json, as_json: bool) -> None:
    if as_json:
        output.emit_json(found)
        return
    output.line(f"{found['name']} ({found['id']}, version {found['version']}, by {found['owner']})")
    if found["question"] is None:
        output.line(f"This version cannot read its query: {found['query']}")
    else:
        output.line(f"remit events search {output.quoted(found['question'])}")


COMMANDS = (views,)
