"""``remit agents``: which agents there are, and everything about one."""

from __future__ import annotations

from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import ListByDefault, carrying, data_option, json_option
from remit.faces.cli.ports import Application, Json
from remit.model.vocabulary import call_name

_since_option = click.option(
    "--since", default="30d", show_default=True, help="Window: 24h, 7d, 2026-10-01, 2026-10-01..2026-10-31."
)


@click.group(cls=ListByDefault)
def agents() -> None:
    """Agents seen in your logs. `remit agents` lists them, `remit agents show NAME` tells one's story."""


@agents.command("list")
@_since_option
@data_option
@json_option
@click.pass_obj
def list_agents(app: Application, since: str, data: Path, as_json: bool) -> None:
    """Every agent seen in the window."""
    with app.desk(data) as desk:
        found = desk.agents(since)
    if as_json:
        output.emit_json(found)
    else:
        _draw_list(found)


def _draw_list(found: Json) -> None:
    if found.get("window_note"):
        output.note(found["window_note"])
    if found["agents"]:
        rows = [
            (
                item["agent"] or "(unnamed)",
                item["changes"],
                item["denials"],
                item["resources"],
                item["accounts"],
                item["regions"],
                ", ".join(item["strengths"]),
                "-" if item["governed_share"] is None else f"{item['governed_share']:.0%}",
                (item["last_seen"] or "")[:19].replace("T", " "),
            )
            for item in found["agents"]
        ]
        headers = (
            "agent",
            "changes",
            "denials",
            "resources",
            "accounts",
            "regions",
            "evidence",
            "governed",
            "last seen",
        )
        output.table("", headers, rows, right=(1, 2, 3, 4, 5, 7))
    else:
        output.line("No agent was found in this window.")
    output.line(found["sentence"])
    for principal in found["top_principals"]:
        output.line(f"  {principal['changes']:>6,} changes  {principal['principal'] or '(no principal named)'}")
    for sentence in found["settle"]:
        output.line(f"  - {sentence}")


@agents.command()
@click.argument("name")
@_since_option
@data_option
@json_option
@click.pass_obj
def show(app: Application, name: str, since: str, data: Path, as_json: bool) -> None:
    """One agent: changes, blast radius, trend against its own past, novelties, paths."""
    with app.desk(data) as desk:
        found = desk.agent(name, since)
    if as_json:
        output.emit_json(found)
    else:
        _draw_agent(found)


def _draw_agent(found: Json) -> None:
    if found.get("window_note"):
        output.note(found["window_note"])
    output.line(f"{found['agent']}: {found['changes']:,} changes in {found['acts']:,} acts")
    output.line(f"{found['window']['low']} to {found['window']['high']}; first seen {found['first_seen']}")
    reach = found["blast_radius"]
    output.line(
        f"blast radius: {reach['resources']:,} resources, {reach['accounts']:,} accounts, {reach['regions']:,} regions;"
        f" {reach['destructive']:,} destructive, {reach['privilege']:,} privilege, {reach['denials']:,} denials"
    )
    for deed in found["deeds"]:
        output.line(f"{'!' if deed['grave'] else '-'} {deed['text']}")
    output.line(f"trend: {found['trend']['note']}")
    taken = (f"{road['title']} {road['changes']:,}" for road in found["roads"] if road["changes"])
    output.line("by path: " + (", ".join(taken) or "no changes"))
    _draw_about(found)
    output.line(f"first ever in this window: {found['first_ever']['note']}")
    for first in found["first_ever"]["found"]:
        output.line(f"  {first['dimension']:<8} {first['value']}  ({first['count']:,}, first {first['first']})")
    for item in found["elsewhere"]["found"]:
        places = ", ".join(f"{place['account']}/{place['region']}" for place in item["places"])
        output.line(f"elsewhere within the hour: {item['action']} in {places} ({item['count']:,})")
    output.line()
    rows = [
        (
            event["time"][:19].replace("T", " "),
            event["path"],
            call_name(event["service"], event["operation"]),
            ", ".join(event["resource_ids"][:2]),
            "denied" if event["denied"] else event["outcome"],
            event["event_id"],
        )
        for event in found["newest"]
    ]
    output.table("Newest", ("time (UTC)", "path", "operation", "resource", "outcome", "event"), rows)
    output.line(carrying(f"remit events search {output.quoted(found['query'])}"))


def _draw_about(found: Json) -> None:
    """Who answers for it, for whom it acted, and what it made that is paid for."""
    for title, key, name in (("owner", "owners", "owner"), ("on behalf of", "behalf", "on_behalf_of")):
        said = ", ".join(f"{each[name] or 'not known'} ({each['acts']:,} acts)" for each in found[key])
        output.line(f"{title}: {said or 'no act in this window'}")
    cost = found["cost"]
    for kind in cost["kinds"]:
        classes = ", ".join(f"{each['class']} x {each['calls']:,}" for each in kind["classes"])
        output.line(f"paid for: {kind['calls']:,} x {kind['operation']} ({classes or 'class not recorded'})")
    if cost["kinds"]:
        output.note(cost["note"])


COMMANDS = (agents,)
