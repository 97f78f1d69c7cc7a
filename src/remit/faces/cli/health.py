"""``remit denials`` and ``remit doctor``."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.causes import draw_causes
from remit.faces.cli.options import QueryCommand, data_option, joined, json_option, limit_option, query_argument
from remit.faces.cli.output import counted
from remit.faces.cli.ports import Application, Json

_MARKS = {"ok": "ok     ", "warn": "warning", "bad": "BAD    ", "unknown": "unknown"}


@click.command(cls=QueryCommand)
@query_argument
@data_option
@limit_option
@json_option
@click.pass_obj
def denials(app: Application, query: tuple[str, ...], data: Path, limit: int, as_json: bool) -> None:
    """What was refused, grouped by cause, with what it means and what to do."""
    with app.desk(data) as desk:
        found = desk.denials(joined(query), limit)
    if as_json:
        output.emit_json(found)
    else:
        _draw(found)


def _draw(found: Json) -> None:
    if found["total"]:
        draw_causes(found["causes"])
    shown = [group for group in found["groups"] if group["explained"] < group["count"]]
    for group in shown:
        policy = f" {output.policy(group['policy_arn'], group['policy_name'])}" if group["policy_arn"] else ""
        left = group["count"] - group["explained"]
        output.line(f"{left:>6,}  {group['policy_type']}{policy}  {group['action'] or 'action not said'}")
        if group["explained"]:
            output.line(f"        beside {group['explained']:,} of the like that a statement above explains")
        output.line(
            f"        {group['first']} to {group['last']}; {counted(group['distinct_principals'], 'principal')}"
        )
        explained = group.get("explanation") or {}
        for sentence in (explained.get("what"), explained.get("why")):
            if sentence:
                output.line(f"        {sentence}")
        for step in explained.get("next", ()):
            output.line(f"        - {step}")
        output.line(f"        remit events search {output.quoted(group['query'])}")
    if found.get("note"):
        output.line(found["note"])
    explained = sum(row["count"] for row in found["causes"]["rows"] if row["explained"])
    above = f" {explained:,} are explained by the organization's policies;" if explained else ""
    rest = f"{above} {found['total'] - explained:,} by what their records say" if explained else ""
    output.note(
        f"{counted(found['total'], 'denial')}{':' if rest else ''}{rest} in {counted(len(shown), 'group')}"
        f"{' (more not shown)' if found['more'] else ''}."
    )


@click.command()
@data_option
@json_option
@click.pass_obj
def doctor(app: Application, data: Path, as_json: bool) -> None:
    """What the store knows, what it lacks, and which settings would tell more."""
    with app.desk(data) as desk:
        found = desk.doctor()
    if as_json:
        output.emit_json(found)
    else:
        for check in found["checks"]:
            output.line(f"{_MARKS[check['status']]}  {check['check']}: {check['finding']}")
            if check["do"]:
                output.line(f"         {check['do']}")
    if any(check["status"] == "bad" for check in found["checks"]):
        raise click.exceptions.Exit(3)


COMMANDS = (denials, doctor)
