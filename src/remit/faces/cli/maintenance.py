"""``remit maintain``: fewer files and bytes for the same events."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.feeds import progress_bar
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.output import counted
from remit.faces.cli.ports import Application, Json

_STEPS = ("folded", "merged", "vacuumed", "log", "index")


@click.command()
@data_option
@click.option(
    "--grace",
    default=168.0,
    show_default=True,
    metavar="HOURS",
    help="How long files that were merged away stay for who still reads them, such as a running Spark job.",
)
@json_option
@click.pass_obj
def maintain(app: Application, data: Path, grace: float, as_json: bool) -> None:
    """Merge small files, drop superseded corrections, and remove files and log that nobody needs any more.

    No answer changes, and questions go on meanwhile. A server (`remit up`) does this by itself.
    """
    with progress_bar(as_json) as tell:
        done = app.maintain(data, grace, tell)
    output.emit_json(done) if as_json else _draw(done, grace)


def _draw(done: Json, grace: float) -> None:
    before, after = done["before"], done["after"]
    if not any(count for step in _STEPS for count in done[step].values()):
        looked = f"{counted(after['files'], 'file')} of the lake, {counted(after['lake_bytes'], 'byte')}"
        output.line(f"Nothing needed doing. Looked at: {looked}; the index, {counted(after['index_bytes'], 'byte')}.")
        output.line(
            "Found were no small files to merge, no superseded corrections, no unused files as old as the grace, no "
            "old commits to remove, and too little empty room in the index to write it anew."
        )
        return
    folded, merged, vacuumed, log = (done[name] for name in ("folded", "merged", "vacuumed", "log"))
    if folded["merged"]:
        output.line(f"Dropped {counted(folded['rows_dropped'], 'superseded correction')}.")
    if merged["merged"]:
        output.line(f"Merged {counted(merged['merged'], 'file')} into {merged['into']:,}.")
    if vacuumed["files"]:
        output.line(f"Removed {counted(vacuumed['files'], 'unused file')}, {counted(vacuumed['bytes'], 'byte')}.")
    if log["commits"]:
        output.line(f"Removed {counted(log['commits'], 'old commit')} of the log.")
    if done["index"]["bytes"]:
        output.line(f"Wrote the index anew: {counted(done['index']['bytes'], 'byte')} less.")
    output.line(f"Files of the lake: {before['files']:,} before, {after['files']:,} after.")
    for name in ("lake", "index"):
        key = f"{name}_bytes"
        output.line(f"Bytes of the {name}: {before[key]:,} before, {after[key]:,} after.")
    stay = (folded["merged"] or merged["merged"]) and grace
    output.note(f"{done['seconds']:,.1f} s." + (f" Files merged away stay for {grace:g} hours." if stay else ""))


COMMANDS = (maintain,)
