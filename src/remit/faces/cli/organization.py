"""``remit organization``: the AWS organization whose policies are looked at and tried."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application, Json


@click.group()
def organization() -> None:
    """The AWS organization: its accounts, and which organization policies are in force where."""


@organization.command()
@click.argument("target", required=False, default="")
@click.option("--at", default="", help="As it stood then: 2026-10-01, 30d.  [default: now]")
@data_option
@json_option
@click.pass_obj
def show(app: Application, target: str, at: str, data: Path, as_json: bool) -> None:
    """The tree of units and accounts; with TARGET (an account or a unit) every policy in force there, root first."""
    with app.desk_of(data, "organization") as desk:
        found = desk.show(target, at)
    if as_json:
        output.emit_json(found)
    elif target:
        _draw_in_force(found)
    else:
        _draw_tree(found)


@organization.command("import")
@click.argument("source")
@click.option("--profile", help="AWS profile to use with `aws`.")
@click.option("--endpoint-url", help="Another address of the Organizations API.", hidden=True)
@data_option
@json_option
@click.pass_obj
def take(
    app: Application, source: str, profile: str | None, endpoint_url: str | None, data: Path, as_json: bool
) -> None:
    """Take the organization from SOURCE: `aws` for the Organizations API, or a folder of `aws organizations` outputs.

    What is known already is kept as history: a policy that says something else now has a new version from now on.
    """
    named = source if source == "aws" else str(Path(source).absolute())
    with app.desk_of(data, "organization") as desk:
        found = desk.take(named, {"profile": profile, "endpoint_url": endpoint_url})
    if as_json:
        output.emit_json(found)
        return
    output.line(
        f"Organization {found['id']}: {found['accounts']:,} accounts, units below the root: {found['units']:,}, "
        f"policies: {found['policies']:,}, attachments: {found['attachments']:,}."
    )
    if found["changed"]:
        output.line(f"New versions: {', '.join(found['changed'])}.")
    output.line(f"Written to {found['path']}")
    for remark in found["notes"]:
        output.note(remark)


def _draw_tree(found: Json) -> None:
    output.line(
        f"Organization {found['id']} at {found['at'][:19]}Z; enabled: {', '.join(found['enabled']) or 'nothing'}"
    )
    _draw_unit(found["tree"], "")
    rows = [
        (each["id"], each["name"], each["type"], len(each["versions"]), ", ".join(each["targets"]) or "-")
        for each in found["policies"]
    ]
    output.line()
    output.table("", ("policy", "name", "type", "versions", "attached to"), rows, right=(3,))


def _draw_unit(unit: Json, indent: str) -> None:
    output.line(f"{indent}{unit['name']} ({unit['id']}){_attached(unit)}")
    for account in unit["accounts"]:
        kind = ", management account: no organization policy applies" if account["management"] else ""
        state = "" if account["status"] == "ACTIVE" else f", {account['status']}"
        output.line(f"{indent}  {account['id']} {account['name']}{kind}{state}{_attached(account)}")
    for inner in unit["units"]:
        _draw_unit(inner, f"{indent}  ")


def _attached(target: Json) -> str:
    return f": {', '.join(target['policies'])}" if target["policies"] else ""


def _since(policy: Json) -> str:
    if not policy["told"]:
        return " (attached; what it said before its first version is not known)"
    return f" (since {policy['valid_from']})" if policy["valid_from"] else ""


def _draw_in_force(found: Json) -> None:
    for account in found["in_force"]:
        said = ": the management account, no organization policy applies" if account["management"] else ""
        output.line(f"{account['account']} {account['name']} at {found['at']}{said}")
        for kind, levels in account["levels"].items():
            for level in levels:
                named = ", ".join(policy["name"] + _since(policy) for policy in level["policies"])
                output.line(f"  {kind}  {level['name']} ({level['target']}): {named or 'nothing attached'}")
    if not found["in_force"]:
        output.line("No member account is there.")


COMMANDS = (organization,)
