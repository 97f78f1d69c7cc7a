"""Commands that bring records in: ingest, watch, connect; and the feeds they come by."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from remit.faces.cli import output
from remit.faces.cli.options import ListByDefault, carrying, data_option, json_option
from remit.faces.cli.output import counted
from remit.faces.cli.ports import Application, Json

_LENGTHS = ((86_400, "d"), (3_600, "h"), (60, "min"))
FORMATS = ("auto", "cloudtrail", "azure-activity", "gcp-audit", "github-audit", "github-webhook", "ci-build", "git")
UNSERVED = "http://127.0.0.1:8420/ (start it with: remit up)"
"""Where the console will be of a folder that no server keeps now."""
_format_option = click.option("--format", "form", type=click.Choice(FORMATS), default="auto", show_default=True)
_endpoint_option = click.option("--endpoint-url", help="Endpoint to call instead of AWS's own.")
_profile_option = click.option("--profile", help="AWS profile to read with.")
_feed_option = click.option("--feed", help="Name of the feed the records count under.")


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[Json], None]]:
    """A running line on standard error when it is a terminal; nothing otherwise."""
    if quiet or not sys.stderr.isatty():
        yield lambda state: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    words = [TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[counts]}")]
    columns = (words[0], BarColumn(), words[1], TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, counts="")

        def tell(state: Json) -> None:
            if "looked_at" in state:
                bar.update(task, counts=f"{state['looked_at']:,} judged", description="judging again")
                return
            if "doing" in state:
                bar.update(task, counts=f"{state['merged']:,} files", description=state["doing"])
                return
            counts = f"{state['read']:,} read  {state['new']:,} new  {sum(state['quarantined'].values()):,} quarantined"
            place = output.safe(state.get("place", ""))[-40:]
            total, done = state.get("bytes_total"), state.get("bytes_done", 0)
            bar.update(task, counts=counts, description=place or "reading", total=total, completed=done)

        yield tell


@click.command()
@click.argument("target")
@data_option
@_format_option
@_feed_option
@_endpoint_option
@_profile_option
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that decode.")
@json_option
@click.pass_obj
def ingest(app: Application, /, target: str, data: Path, as_json: bool, **options: Any) -> None:
    """Read TARGET into the store: a file, a folder, s3://bucket/prefix, a git checkout or git:PATH, - for stdin.

    Reading the same thing again, in any order, changes nothing: every event is kept once.
    """
    with progress_bar(as_json) as tell:
        done = app.ingest(data, target, options, tell)
    _close(done, as_json)
    if done.get("stopped"):
        raise click.exceptions.Exit(130)
    _fail_if_nothing_was_read(done)


@click.command()
@click.argument("target")
@data_option
@_format_option
@_feed_option
@_endpoint_option
@_profile_option
@click.option(
    "--interval", type=click.FloatRange(0.2), help="Seconds between looks; 1 for a folder and 15 for a bucket."
)
@click.option("--once", is_flag=True, help="Look once and stop.")
@json_option
@click.pass_obj
def watch(app: Application, /, target: str, data: Path, as_json: bool, **options: Any) -> None:
    """Follow a folder or s3:// prefix: everything new in it is read as it appears. Ends with Ctrl-C."""
    with progress_bar(as_json) as tell:
        done = app.watch(data, target, options, tell)
    _close(done, as_json)


@click.group()
def connect() -> None:
    """Read a provider's own event history, without a trail or bucket."""


@connect.command("aws")
@data_option
@_profile_option
@click.option("--region", "regions", multiple=True, help="Region to read; all enabled ones by default.")
@click.option("--since", default="90d", show_default=True, help="How far back.")
@click.option("--max-pages", type=click.IntRange(1), help="Stop after N pages; the next run goes on from there.")
@_endpoint_option
@json_option
@click.pass_obj
def connect_aws(app: Application, /, data: Path, as_json: bool, **options: Any) -> None:
    """Read CloudTrail's event history by LookupEvents: changes first, newest first, at AWS's rate limit."""
    with progress_bar(as_json) as tell:
        done = app.connect_aws(data, options, tell)
    _close(done, as_json)
    _fail_if_nothing_was_read(done)


@click.group(cls=ListByDefault)
def feeds() -> None:
    """Where records come from, how far behind they are, and what could not be read."""


@feeds.command("list")
@data_option
@json_option
@click.pass_obj
def list_feeds(app: Application, data: Path, as_json: bool) -> None:
    """Every feed with its lag."""
    with app.desk_of(data, "feeds") as desk:
        found = desk.list()
    if as_json:
        output.emit_json(found)
        return
    rows = [
        (
            feed["name"] or "(no name)",
            feed["state"],
            f"{feed['records']:,}",
            (feed["newest"] or "")[:19].replace("T", " "),
            _length(feed["lag_seconds"]),
            (feed["last_read"] or "")[:19].replace("T", " "),
            f"{feed['waiting']:,}",
            f"{feed['unread']:,}",
        )
        for feed in found["feeds"]
    ]
    if rows:
        headers = ("feed", "state", "records", "newest event (UTC)", "lag", "last read (UTC)", "waiting", "unreadable")
        output.table("", headers, rows, right=(2, 4, 6, 7))
    output.note(found["note"])


@feeds.command("show")
@click.argument("name")
@data_option
@json_option
@click.pass_obj
def show_feed(app: Application, name: str, data: Path, as_json: bool) -> None:
    """One feed, and the newest of its records that could not be read."""
    with app.desk_of(data, "feeds") as desk:
        feed = desk.show(name)
    if as_json:
        output.emit_json(feed)
        return
    output.line(f"{feed['name']}: {counted(feed['records'], 'record')} from {feed['target'] or 'no known target'}")
    output.line(f"{feed['state']}{': ' + feed['why'] if feed['why'] else ''}")
    output.line(f"newest event {feed['newest'] or 'none'}, {_length(feed['lag_seconds'])} ago")
    for reason in feed["reasons"]:
        output.line(f"{reason['count']:,} could not be read: {reason['reason']}")
    for record in feed["records_unread"]:
        output.line(f"  {record['place']}: {record['detail']}")


@feeds.command("retry")
@click.argument("name")
@data_option
@json_option
@click.pass_obj
def retry_feed(app: Application, name: str, data: Path, as_json: bool) -> None:
    """Read again the files and objects in which something of feed NAME could not be read."""
    with app.desk_of(data, "feeds") as desk:
        done = desk.retry(name)
    if as_json:
        output.emit_json(done)
    else:
        output.line(done["note"])


def _length(seconds: float | None) -> str:
    """A length of time in its largest unit."""
    if seconds is None:
        return "not known"
    size, unit = next((each for each in _LENGTHS if seconds >= each[0]), (1, "s"))
    return f"{int(seconds // size):,} {unit}"


def _close(done: Json, as_json: bool) -> None:
    if as_json:
        output.emit_json(done)
        return
    output.line(
        f"{counted(done['read'], 'record')} read from {counted(done['sources'], 'source')} in {done['seconds']:.1f} s"
        f" ({done['rate']:,.0f} a second): {done['new']:,} new, {done['duplicate']:,} already known."
    )
    if expired := done.get("expired"):
        output.line(f"  {expired:,} left out: older than what is kept (remit retention)")
    if erased := done.get("erased"):
        output.line(f"  {erased:,} left out: erased before")
    for reason, count in sorted(done["quarantined"].items(), key=lambda item: -item[1]):
        output.line(f"  {count:,} in quarantine: {reason}")
    known = done["new"] + done["duplicate"] + (done.get("expired") or 0) + (done.get("erased") or 0)
    if apart := sum(done["quarantined"].values()) - max(done["read"] - known, 0):
        output.line(f"    {apart:,} in quarantine without being among those read: no record could be made out")
    for sample in done.get("quarantine_samples", ()):
        output.line(f"    {sample['place']}: {sample['detail']}")
    for what, count in done["skipped"].items():
        output.line(f"  {count:,} skipped: {done.get('skip_meanings', {}).get(what, what)}")
    if corrected := done.get("corrected"):
        output.line(f"  {corrected:,} earlier judgements corrected by what these records say")
    for position, finding in enumerate(done.get("findings", ()), 1):
        output.line(f"{position}. {finding['sentence']}")
        output.line(carrying(f"   remit events search {output.quoted(finding['query'])}"))
    for sentence in done.get("notes", ()):
        output.line(sentence)
    output.line(carrying(f"See it: {done['link'] or UNSERVED}"))


def _fail_if_nothing_was_read(done: Json) -> None:
    if not done["read"] and done["quarantined"]:
        raise click.exceptions.Exit(1)


COMMANDS = (ingest, watch, connect, feeds)
