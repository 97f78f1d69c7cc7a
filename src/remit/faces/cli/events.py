"""``remit events``: search, show, difference, tail, export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from remit.faces.cli import output
from remit.faces.cli.causes import draw_cause
from remit.faces.cli.options import QueryCommand, data_option, joined, json_option, limit_option, query_argument
from remit.faces.cli.ports import Application


@click.group()
def events() -> None:
    """Search, show, follow and export events.

    \b
    The query language is the same everywhere:
      source:AgentOps -service:s3 actor:"ci-bot" region:eu-* denied:true since:24h text
    """


@events.command(cls=QueryCommand)
@query_argument
@data_option
@limit_option
@json_option
@click.option("--jsonl", is_flag=True, help="One event a line, the whole event.")
@click.option("--cursor", help="Where the last page ended.")
@click.pass_obj
def search(
    app: Application, query: tuple[str, ...], data: Path, limit: int, as_json: bool, jsonl: bool, cursor: str | None
) -> None:
    """Newest events that match QUERY."""
    with app.desk(data) as desk:
        found = desk.search(joined(query), limit, cursor)
    if jsonl:
        output.emit_jsonl(found["items"])
    elif as_json:
        output.emit_json(found)
    else:
        _draw(found)


def _draw(found: dict[str, Any]) -> None:
    items = found["items"]
    if items:
        rows = [
            (
                item["time"][:19].replace("T", " "),
                item["source"],
                item["actor"]["name"] or "?",
                item["action"]["operation"],
                _resource(item),
                "denied" if item["denied"] else item["outcome"] or "not said",
                item["account"],
                item["event_id"],
            )
            for item in items
        ]
        output.table("", ("time (UTC)", "source", "actor", "operation", "resource", "outcome", "account", "id"), rows)
    output.note(found["note"])
    output.note(f"{len(items)} of {found['total']} matching events." + _more(found))


def _more(found: dict[str, Any]) -> str:
    return f" Next page: --cursor {found['next']}" if found.get("next") else ""


def _resource(item: dict[str, Any]) -> str:
    resources = item["resources"]
    if not resources:
        return ""
    more = f" +{len(resources) - 1}" if len(resources) > 1 else ""
    return f"{resources[0]['id'] or resources[0]['arn']}{more}"


@events.command()
@click.argument("event_id")
@data_option
@click.option("--jsonl", is_flag=True, help="The event alone, on one line.")
@json_option
@click.pass_obj
def show(app: Application, event_id: str, data: Path, jsonl: bool, as_json: bool) -> None:
    """One event with its evidence, its raw record and what is around it."""
    with app.desk(data) as desk:
        shown = desk.show(event_id)
    if jsonl:
        output.emit_jsonl([shown["event"]])
    elif as_json:
        output.emit_json(shown)
    else:
        _draw_one(shown)


def _draw_one(shown: dict[str, Any]) -> None:
    event = shown["event"]
    actor, attribution = event["actor"], event["attribution"]
    behalf = f", on behalf of {actor['on_behalf_of']}" if actor["on_behalf_of"] else ""
    output.line(f"{event['time']}  {_action(event)}  ({event['outcome'] or 'outcome not said'})")
    output.line(f"by {actor['kind']} {actor['name'] or '?'}{behalf}, by {event['path']} -> {event['source']}")
    output.line(f"confidence {attribution['confidence']:.2f}; governed: {event['governed']}")
    for item in attribution["evidence"]:
        output.line(f"  {item['strength']:<9}{item['signal']}  {item['field']} = {item['value']}")
    if attribution["runner_up"]:
        output.line(f"  otherwise: {attribution['runner_up']}")
    for resource in event["resources"]:
        output.line(f"on {resource['type'] or 'resource'} {resource['id']}  {resource['arn'] or ''}")
    if event["denied"]:
        _draw_denial(event, shown)
        _draw_cause(shown.get("cause"))
    if event["same_as"]:
        output.line(f"same act as {', '.join(event['same_as'])}")
    output.line()
    output.line(shown.get("raw") or "raw record: not found in the lake")


def _action(event: dict[str, Any]) -> str:
    """``ec2:RunInstances``; some records name no service, and some services stand in the operation already."""
    service, operation = event["action"]["service"], event["action"]["operation"]
    return f"{service}:{operation}" if service and not str(operation).startswith(f"{service}/") else str(operation)


def _draw_denial(event: dict[str, Any], shown: dict[str, Any]) -> None:
    deny, cause, explanation = event["deny"], shown.get("cause") or {}, shown.get("explanation")
    policy = output.policy(deny["policy_arn"] or "", cause.get("record", {}).get("policy_name"))
    output.line(f"denied by {deny['policy_type']} {policy} ({event.get('error_code')})")
    if explanation and not cause.get("explained"):
        output.line(f"  {explanation.get('what', '')} {explanation.get('why', '')}")
        for step in explanation.get("next", ()):
            output.line(f"  - {step}")


def _draw_cause(cause: dict[str, Any] | None) -> None:
    if cause is None:
        return
    if cause["note"]:
        output.line(f"  {cause['note']}")
        return
    output.line(f"  {cause['sentence']}")
    draw_cause(cause, "    ")


@events.command(cls=QueryCommand)
@query_argument
@data_option
@json_option
@click.option(
    "--against",
    type=click.Choice(["rest", "before"]),
    default="rest",
    show_default=True,
    help="All else in the same time, or the same question of the time before, as long.",
)
@click.pass_obj
def difference(app: Application, query: tuple[str, ...], data: Path, as_json: bool, against: str) -> None:
    """Which values of which fields stand out in what QUERY finds."""
    with app.desk(data) as desk:
        found = desk.difference(joined(query), against)
    if as_json:
        output.emit_json(found)
        return
    here, there = found["here"], found["there"]
    output.line(f"{here['what']} ({here['acts']:,} acts) against {there['what']} ({there['acts']:,} acts).")
    for title, told in (("more here", found["more"]), ("less here", found["less"])):
        if told:
            columns = ("field", "value", "here", "there", "times")
            output.table(title, columns, [_difference_row(each) for each in told])
    output.note(found["note"])
    for said in found["left_out"]:
        output.note(f"Left out: {said}.")


def _difference_row(each: dict[str, Any]) -> tuple[str, ...]:
    value = "none" if each["value"] is None else str(each["value"])
    times = "only here" if each["lift"] is None else f"{each['lift']:.2f}"
    shares = (f"{each[side]:,} ({each[f'{side}_share']:.0%})" for side in ("here", "there"))
    return each["title"], value, *shares, times


@events.command(cls=QueryCommand)
@query_argument
@data_option
@limit_option
@click.option("--jsonl", is_flag=True, help="One event a line, the whole event.")
@click.pass_obj
def tail(app: Application, query: tuple[str, ...], data: Path, limit: int, jsonl: bool) -> None:
    """Follow matching events as they are stored, whenever they happened; starts with the newest N.

    An event comes again when it is judged otherwise than before, as a late record can make it.
    """
    with app.desk_of(data, "live") as live:
        for told in live.tail(joined(query), limit):
            if told["what"] == "gap":
                output.note(told["words"])
            elif told["what"] == "unmatched":
                output.note(f"{told['event']['event_id']} is judged otherwise now and does not match any more.")
            elif jsonl:
                output.emit_jsonl([told["event"]])
            else:
                output.line(_told(told))


def _told(told: dict[str, Any]) -> str:
    event = told["event"]
    again = "  (judged otherwise than before)" if told["what"] == "corrected" else ""
    actor, operation = event["actor"]["name"] or "?", event["action"]["operation"]
    return f"{event['time']}  {event['source']:<9} {actor}  {operation}  {_resource(event)}{again}"


@events.command(cls=QueryCommand)
@query_argument
@data_option
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "ocsf"]), default="jsonl", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=None, help="At most N events; all of them by default.")
@click.pass_obj
def export(app: Application, query: tuple[str, ...], data: Path, form: str, limit: int | None) -> None:
    """Write matching events to standard output: JSON Lines, CSV, or OCSF API Activity (class 6003)."""
    with app.desk(data) as desk:
        for text in desk.export(joined(query), form, limit):
            output.emit_exported(text, form)


COMMANDS = (events,)
