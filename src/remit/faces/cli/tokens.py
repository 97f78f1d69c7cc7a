"""``remit tokens``: who else may use this server's API, metrics and pushes."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application
from remit.faces.web.caller import SCOPES


@click.group()
def tokens() -> None:
    """Tokens for programs that use the API, read /metrics or deliver records."""


@tokens.command()
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="Repeat for several.")
@click.option("--expires", default="", help="12h, 90d, 8w, or a day such as 2027-01-31; never unless given.")
@data_option
@json_option
@click.pass_obj
def create(app: Application, name: str, scopes: tuple[str, ...], expires: str, data: Path, as_json: bool) -> None:
    """Make the token NAME. Its secret is shown now and never again."""
    with app.desk_of(data, "tokens") as desk:
        made = desk.create(name, list(scopes), expires)
    if as_json:
        output.emit_json(made)
        return
    output.line(made["secret"])
    output.note(f"Token {made['name']} ({', '.join(made['scopes'])}), {_ends(made)}. The secret is not kept: copy it.")
    output.note("Send it as: Authorization: Bearer <secret>")


@tokens.command("list")
@data_option
@json_option
@click.pass_obj
def list_tokens(app: Application, data: Path, as_json: bool) -> None:
    """Show every token, without its secret."""
    with app.desk_of(data, "tokens") as desk:
        found = desk.list()
    if as_json:
        output.emit_json(found)
        return
    rows = [
        (each["id"], each["name"], " ".join(each["scopes"]), each["state"], each["created"], _end(each), _used(each))
        for each in found["tokens"]
    ]
    if rows:
        output.table("", ("id", "name", "scopes", "state", "created", "expires", "last used"), rows)
    else:
        output.line("No token was ever made here. Make one: remit tokens create NAME --scope read")


@tokens.command()
@click.argument("which")
@data_option
@json_option
@click.pass_obj
def revoke(app: Application, which: str, data: Path, as_json: bool) -> None:
    """Take a token back, by its id or name; the next request with it is refused."""
    with app.desk_of(data, "tokens") as desk:
        gone = desk.revoke(which)
    if as_json:
        output.emit_json(gone)
    else:
        output.line(f"Token {gone['name']} ({gone['id']}) is revoked.")


def _ends(token: dict[str, str]) -> str:
    return f"ends {token['expires']}" if token["expires"] else "never ends"


def _end(token: dict[str, str]) -> str:
    return token["expires"] or "never"


def _used(token: dict[str, str]) -> str:
    return token["last_used"] or "not yet"


COMMANDS = (tokens,)
