"""``remit retention`` and ``remit erase``: removing for good, after showing what would go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from remit.faces.cli import output
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.output import counted
from remit.faces.cli.ports import Application, Json
from remit.model.errors import UsageError

_LEFT: Final = 5
_NAMED: Final = 10
_yes_option = click.option("--yes", is_flag=True, help="Remove without asking.")
_keep_option = click.option(
    "--keep", default="", help="How long to keep: 400d, 52w, or a date. [default: as configured]"
)


@click.group(invoke_without_command=True)
@data_option
@_keep_option
@json_option
@click.pass_context
def retention(ctx: click.Context, data: Path, keep: str, as_json: bool) -> None:
    """How long events are kept, and what would be removed now. Changes nothing; `retention run` removes."""
    if ctx.invoked_subcommand is None:
        with ctx.obj.desk_of(data, "removal") as desk:
            plan = desk.retention(keep)
        output.emit_json(plan) if as_json else _draw_plan(plan)


@retention.command("run")
@data_option
@_keep_option
@_yes_option
@json_option
@click.pass_obj
def run_retention(app: Application, /, data: Path, keep: str, yes: bool, as_json: bool) -> None:
    """Remove every event that is older than what is kept, from lake and index, and prove it."""
    with app.desk_of(data, "removal") as desk:
        plan = desk.retention(keep)
    if not plan["keep"]:
        raise UsageError(
            "No time to keep is configured", remedy='Give --keep 400d, or write keep = "400d" under [retention].'
        )
    if not yes:
        _draw_plan(plan)
        _confirmed(f"Type {plan['keep']} to remove {counted(plan['events'], 'event')} for good", plan["keep"])
    done = app.expire(data, plan["keep"])
    if as_json:
        output.emit_json(done)
    else:
        output.line(f"{counted(done['events'], 'event')} before {done['before']} removed, and {_rest(done)}.")
        output.line(
            f"Looked for older ones in {counted(done['proof']['files'], 'file')} of the lake and in the index: "
            f"found {done['proof']['found']:,}."
        )
    _fail_if_found(done)


@click.command()
@click.argument("subject")
@data_option
@click.option("--preview", is_flag=True, help="Show what would be removed, and stop.")
@_yes_option
@json_option
@click.pass_obj
def erase(app: Application, /, subject: str, data: Path, preview: bool, yes: bool, as_json: bool) -> None:
    """Remove every record that names SUBJECT, an e-mail address, login, ARN, address or name, and prove it.

    First it shows what names SUBJECT; it asks before it removes.
    """
    if preview or not yes:
        with app.desk_of(data, "removal") as desk:
            shown = desk.preview(subject)
        if not (as_json and not preview):
            output.emit_json(shown) if as_json else _draw_preview(shown)
        if preview:
            return
        _confirmed(f"Type {shown['subject']} to erase it for good", shown["subject"])
    done = app.erase(data, subject)
    output.emit_json(done) if as_json else _draw_erased(done)
    _fail_if_found(done)


def _confirmed(question: str, expected: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("Nothing was removed: nobody confirmed it", remedy="Add --yes.")
    if click.prompt(output.safe(question), default="", show_default=False, err=True).strip() != expected:
        raise UsageError("Nothing was removed: what was typed is something else")


def _draw_plan(plan: Json) -> None:
    policy = f"keep {plan['configured']}" if plan["configured"] else "none configured: nothing is ever removed"
    output.line(f"Policy: {policy}.")
    if plan["oldest"] is None:
        output.line("Nothing is stored.")
        return
    output.line(f"Stored: {counted(plan['stored'], 'event')}, the oldest of {plan['oldest']}.")
    if not plan["keep"]:
        output.line("See what a policy would remove: remit retention --keep 400d")
        return
    output.line(
        f"Older than {plan['keep']} (before {plan['before']}): {counted(plan['events'], 'event')} and"
        f" {counted(plan['quarantine'], 'unreadable record')} in {counted(len(plan['months']), 'month')}"
        f"{' (' + ', '.join(plan['months']) + ')' if plan['months'] else ''}."
    )
    output.line(
        f"That removes {counted(plan['bytes'], 'byte')} in whole files and rewrites"
        f" {counted(plan['rewritten_bytes'], 'byte')}; the oldest kept: {plan['oldest_kept'] or 'none is left'}."
    )


def _draw_preview(shown: Json) -> None:
    output.line(
        f"{shown['subject']} is named by {counted(shown['events'], 'event')} (from {shown['first'] or '-'} to"
        f" {shown['last'] or '-'}), {counted(shown['quarantine'], 'unreadable record')} and corrections of"
        f" {counted(shown['corrections'], 'event')}."
    )
    for title, counts in (("feed", shown["feeds"]), ("named in", shown["columns"])):
        if counts:
            rows = [(name or "(none)", f"{count:,}") for name, count in counts.items()]
            output.table("", (title, "events"), rows, right=(1,))
    for table, rows in shown["state"].items():
        more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
        output.line(f"{table.replace('_', ' ')}: {', '.join(rows[:_NAMED])}{more}")
    for name in shown["inbox"]:
        output.line(f"waiting in the inbox, not read yet: {name}")
    for name in shown["by_hand"]:
        output.line(f"yours to edit, and left as it is: {name}")
    if shown["note"]:
        output.line(shown["note"])
    for at in shown["erased_before"]:
        output.line(f"erased before, at {at}")


def _draw_erased(done: Json) -> None:
    output.line(f"{counted(done['events'], 'event')} removed, and {_rest(done)}.")
    for table, count in done["state"].items():
        output.line(f"  {counted(count, 'row')} of {table.replace('_', ' ')} removed or rewritten")
    proof = done["proof"]
    output.line(
        f"Looked for it in {counted(proof['files'], 'file')}, {counted(proof['bytes'], 'byte')}:"
        f" found {proof['found']:,}."
    )
    for note in proof["notes"]:
        output.line(f"  {note}")
    for path in proof["left"][:_LEFT]:
        output.line(f"  still named in {path}")
    output.line(f"Recorded as {done['subject_digest']}.")


def _rest(done: Json) -> str:
    freed = counted(done["freed_bytes"], "byte")
    return f"{counted(done['quarantine'], 'unreadable record')}; {freed} of the lake freed"


def _fail_if_found(done: Json) -> None:
    if done["proof"]["found"]:
        raise click.exceptions.Exit(5)


COMMANDS = (retention, erase)
