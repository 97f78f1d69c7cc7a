"""``remit engine spark``: the same questions, answered from the lake by Apache Spark."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import agents, events, health, output, who
from remit.faces.cli.options import QueryCommand, data_option, joined, json_option, query_argument
from remit.faces.cli.ports import Application


@click.group()
def engine() -> None:
    """Ask another engine than the index: for a lake that outgrew one machine."""


@engine.group()
@click.option(
    "--lake",
    "lakes",
    multiple=True,
    metavar="PATH|URL",
    help="A data folder, or a lake's folder or URL (s3a://...). Several are asked together. Default: --data's.",
)
@click.option("--master", default="local[*]", show_default=True, help="Where Spark runs: local[*], spark://HOST:PORT.")
@click.option("--conf", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of Spark's.")
@click.option("--packages", multiple=True, metavar="GROUP:NAME:VERSION", help="A jar for Spark to fetch from Maven.")
@click.option("--delta", is_flag=True, help="Let Spark read the tables through its own Delta jar.")
@click.pass_context
def spark(
    context: click.Context,
    lakes: tuple[str, ...],
    master: str,
    settings: tuple[str, ...],
    packages: tuple[str, ...],
    delta: bool,
) -> None:
    """Ask Apache Spark, which reads the lake itself: no lease, no index, and nothing is written.

    \b
    remit engine spark search source:AgentOps since:24h --data DATA
    remit engine spark --lake s3a://bucket/lake --master spark://host:7077 denials since:30d --json
    """
    application: Application = context.obj
    settled = dict(map(_setting, settings))
    options = {"lakes": list(lakes), "master": master, "settings": settled, "packages": list(packages), "delta": delta}
    context.obj = application.over_spark(options)


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--conf")
    return name, value


@click.command(cls=QueryCommand)
@query_argument
@data_option
@json_option
@click.option("--column", "columns", multiple=True, help="A facet's column, such as service; all of them by default.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="At most N values each.")
@click.pass_obj
def facets(
    app: Application, query: tuple[str, ...], data: Path, as_json: bool, columns: tuple[str, ...], limit: int
) -> None:
    """The commonest values of every facet among the acts that QUERY finds."""
    with app.desk(data) as desk:
        found = desk.facets(joined(query), columns, limit)
    if as_json:
        output.emit_json(found)
        return
    for facet in found["facets"]:
        rows = [(_named(value["value"]), f"{value['count']:,}", f"{value['denied']:,}") for value in facet["values"]]
        output.table(facet["title"], ("value", "acts", "denied"), rows, right=(1, 2))


def _named(value: object) -> str:
    return "none" if value is None else str(value)


@click.command(cls=QueryCommand)
@query_argument
@data_option
@json_option
@click.option("--buckets", type=click.IntRange(1, 500), default=60, show_default=True, help="Stretches of time.")
@click.pass_obj
def histogram(app: Application, query: tuple[str, ...], data: Path, as_json: bool, buckets: int) -> None:
    """Acts over time by source among those that QUERY finds."""
    with app.desk(data) as desk:
        found = desk.histogram(joined(query), buckets)
    if as_json:
        output.emit_json(found)
        return
    rows = [(bar["start"], bar["source"], f"{bar['count']:,}", f"{bar['denied']:,}") for bar in found["bars"]]
    output.table("", ("from (UTC)", "source", "acts", "denied"), rows, right=(2, 3))


@click.command(cls=QueryCommand)
@query_argument
@data_option
@json_option
@click.option("--to", required=True, metavar="FOLDER|URL", help="Where to; it must not be there yet.")
@click.pass_obj
def save(app: Application, query: tuple[str, ...], data: Path, as_json: bool, to: str) -> None:
    """Let the workers write the events that QUERY finds as Parquet files, in no order; without the raw records."""
    with app.desk_of(data, "questions") as desk:
        found = desk.save(joined(query), to)
    if as_json:
        output.emit_json(found)
    else:
        output.line(f"{found['rows']:,} events in {found['to']}")


@engine.command()
@data_option
@json_option
@click.pass_obj
def digest(app: Application, data: Path, as_json: bool) -> None:
    """One number for every stored event in every column: alike from the index and from Spark, or something is lost."""
    with app.desk(data) as desk:
        found = desk.digest()
    if as_json:
        output.emit_json(found)
        return
    count = (
        f"{found['events']:,} event{'' if found['events'] == 1 else 's'}" if found["events"] else "no event is stored"
    )
    output.line(f"{found['digest']}  {count}; lake version {found['lake']}")
    if found["repeated"]:
        output.note(f"{found['repeated']:,} events are in more than one lake: each of them counts as often.")


for command in (
    digest,
    events.search,
    events.show,
    events.difference,
    events.export,
    save,
    facets,
    histogram,
    who.who,
    agents.agents,
    health.denials,
):
    spark.add_command(command)

COMMANDS = (engine,)
