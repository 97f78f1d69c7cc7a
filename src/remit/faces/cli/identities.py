"""``remit identities`` and ``remit reattribute``: who is who, and judging again what is stored."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.feeds import progress_bar
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application, Json


@click.group()
def identities() -> None:
    """The registry of agents, people, pipelines, workloads and owners (identities.toml)."""


@identities.command()
@click.option("--since", default="30d", show_default=True, help="Window: 24h, 7d, 2026-10-01..2026-10-31.")
@data_option
@json_option
@click.pass_obj
def suggest(app: Application, since: str, data: Path, as_json: bool) -> None:
    """Propose entries for principals nothing maps yet, busiest first."""
    with app.desk(data) as desk:
        found = desk.suggest_identities(since)
    if as_json:
        output.emit_json(found)
        return
    for item in found["proposals"]:
        output.line(f"# {item['reason']}")
        for text in item["toml"].split("\n"):
            output.line(text)
    for sentence in (found["window_note"], found["note"]):
        if sentence:
            output.note(sentence)
    if found["proposals"]:
        output.note(f"Put what is right into {app.registry_path(data)}, then run: remit reattribute")


@identities.command("map")
@click.argument("pattern")
@click.option("--kind", type=click.Choice(["agent", "person", "pipeline", "workload", "service"]), required=True)
@click.option("--name", required=True, help="The name people know it by.")
@click.option("--owner", default="", help="Who answers for it.")
@click.option("--on-behalf-of", default="", help="For whom it acts.")
@data_option
@click.pass_obj
def map_identity(
    app: Application, pattern: str, kind: str, name: str, owner: str, on_behalf_of: str, data: Path
) -> None:
    """Map PATTERN (an ARN, e-mail, login, app id, OIDC subject; * and ? match) to an identity."""
    with app.desk_of(data, "identities") as desk:
        version = desk.standing()["version"]
        matching = desk.preview(pattern)
        made = desk.map(kind, name, pattern, {"owner": owner, "on_behalf_of": on_behalf_of}, version)
    how = "is now" if made["done"] == "added" else "now also is"
    output.line(f"{pattern} {how} {kind} {name} in {made['path']}.")
    output.line(
        f"It names {matching['acts']:,} stored acts of the last 30 days, {matching['changes']:,} of them changes."
        if matching["records"]
        else matching["note"]
    )
    output.line("Run `remit reattribute` to judge stored events by it.")


@click.command()
@data_option
@json_option
@click.pass_obj
def reattribute(app: Application, data: Path, as_json: bool) -> None:
    """Judge every stored event again under today's rules and registry, and report what changed."""
    with progress_bar(as_json) as tell:
        report = app.reattribute(data, tell)
    if as_json:
        output.emit_json(report)
    else:
        _draw(report)


def _draw(report: Json) -> None:
    output.line(
        f"{report['looked_at']:,} events judged again under rules {report['rules_version']}:"
        f" {report['changed']:,} changed."
    )
    rows = [(move["what"], move["from"], move["to"], f"{move['events']:,}") for move in report["moves"]]
    if rows:
        output.table("", ("what", "from", "to", "events"), rows, right=(3,))
    for event_id in report["samples"]:
        output.line(f"  remit events show {event_id}")


COMMANDS = (identities, reattribute)
