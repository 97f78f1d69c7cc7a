"""``remit alerts``: what is watched, what it found, and what an alert would have sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from remit.faces.cli import output
from remit.faces.cli.options import ListByDefault, QueryCommand, data_option, joined, json_option, query_argument
from remit.faces.cli.ports import Application, Json

_WHO = "local"
_KINDS = ("match", "rate", "first", "blast")


@click.group(cls=ListByDefault)
def alerts() -> None:
    """Be told when a query matches. A running server (`remit up`) looks and sends."""


@alerts.command("list")
@data_option
@json_option
@click.pass_obj
def list_alerts(app: Application, data: Path, as_json: bool) -> None:
    """Every alert with its last firing."""
    with app.desk_of(data, "alerts") as desk:
        found = desk.alerts()
    if as_json:
        output.emit_json(found)
        return
    if not found["alerts"]:
        output.line("No alert is set. Set one: remit alerts add 'who:agent kind:delete env:production'")
        return
    headers = ("id", "name", "when", "query", "state", "unseen", "last firing (UTC)")
    output.table("", headers, [_row(each) for each in found["alerts"]], right=(5,))


def _row(alert: Json) -> tuple[object, ...]:
    last = alert["last_firing"]
    state = "error" if alert["last_error"] else "on" if alert["enabled"] else "off"
    when = last["last"][:19].replace("T", " ") if last else "never"
    return alert["id"], alert["name"], alert["kind_title"], alert["query"], state, alert["unseen"], when


@alerts.command("show")
@click.argument("alert")
@data_option
@json_option
@click.pass_obj
def show_alert(app: Application, alert: str, data: Path, as_json: bool) -> None:
    """One ALERT with what it found and whether the messages arrived."""
    with app.desk_of(data, "alerts") as desk:
        found = desk.show(alert)
    if as_json:
        output.emit_json(found)
        return
    settings = ", ".join(f"{name} {value}" for name, value in found["settings"].items())
    output.line(f"{found['name']} ({found['kind_title'].lower()}; {settings}; {'on' if found['enabled'] else 'off'})")
    output.line(f"  remit events search {output.quoted(found['query'])}")
    for sentence in (found["last_error"], found["note"]):
        if sentence:
            output.line(f"  {sentence}")
    if not found["firings"]:
        output.line(f"It has found nothing so far; last looked at {found['last_checked'] or 'never'}.")
    for firing in found["firings"]:
        output.line(f"{firing['first'][:19]}  ×{firing['count']:,}  {firing['facts']['sentence']}")
        output.line(f"    remit events search {output.quoted(firing['facts']['query'])}")
        for each in firing["deliveries"]:
            trouble = f" ({each['error']})" if each["error"] else ""
            output.line(f"    {each['channel']}: {each['state']}{trouble}")


def _options(command: Any) -> Any:
    """The options that say what an alert is."""
    for option in (
        click.option("--kind", type=click.Choice(_KINDS), default="match", show_default=True, help="When it fires."),
        click.option("--window", help="For rate and blast: how much time is compared, such as 1h."),
        click.option("--factor", help="For rate and blast: how many times the usual."),
        click.option("--least", help="For rate and blast: how many at least."),
        click.option("--value", help="For first: what must be new, such as agent+operation, region, resource_type."),
        click.option("--quiet", help="How long the same finding sends no second message, such as 1h."),
    ):
        command = option(command)
    return command


def _given(query: tuple[str, ...], options: Json) -> Json:
    settings = {name: options[name] for name in ("window", "factor", "least", "value", "quiet") if options[name]}
    return {"query": joined(query), "kind": options["kind"], "settings": settings}


@alerts.command("add", cls=QueryCommand)
@query_argument
@_options
@click.option("--name", default="", help="What people call it; made from the query when left out.")
@click.option("--channel", "channels", multiple=True, help="Where to send it; see `remit channels list`.")
@data_option
@json_option
@click.pass_obj
def add_alert(
    app: Application, /, query: tuple[str, ...], data: Path, as_json: bool, name: str, channels: Any, **options: Any
) -> None:
    """Watch QUERY from now on. What is stored already is not told; try it with dry-run first."""
    given = {**_given(query, options), "name": name, "channels": list(channels)}
    with app.desk_of(data, "alerts") as desk:
        added = desk.add(given, _WHO)
    if as_json:
        output.emit_json(added)
        return
    output.line(f"Alert {added['id']} watches: {added['name']}")
    if not channels:
        output.line("It sends nothing: its firings are on the console's Alerts page. Add --channel to be told.")


@alerts.command("dry-run", cls=QueryCommand)
@query_argument
@_options
@click.option("--alert", help="An alert that exists, by its id, instead of a query.")
@data_option
@json_option
@click.pass_obj
def dry_run(
    app: Application, /, query: tuple[str, ...], data: Path, as_json: bool, alert: str | None, **options: Any
) -> None:
    """What an alert on QUERY would have sent in the last 30 days."""
    with app.desk_of(data, "alerts") as desk:
        found = desk.dry_run({"id": alert} if alert else _given(query, options))
    if as_json:
        output.emit_json(found)
        return
    output.line(found["summary"])
    if found["note"]:
        output.line(found["note"])
    for each in found["shown"]:
        output.line(f"{each['at'][:19]}  {each['sentence']}")
    if found["firings"] > len(found["shown"]):
        output.line(f"The newest {len(found['shown'])} of {found['firings']:,} are shown.")


@alerts.command("test")
@click.argument("alert")
@data_option
@click.pass_obj
def test_alert(app: Application, alert: str, data: Path) -> None:
    """Send a test message of ALERT to its channels now."""
    with app.desk_of(data, "alerts") as desk:
        tried = desk.test(alert, _WHO)
    if not tried:
        output.line("This alert has no channel, so there is nowhere to send a test.")
    _told(tried)


@alerts.command("remove")
@click.argument("alert")
@data_option
@click.pass_obj
def remove_alert(app: Application, alert: str, data: Path) -> None:
    """Delete ALERT and what it found."""
    with app.desk_of(data, "alerts") as desk:
        desk.remove(alert, None, _WHO)
    output.line(f"Alert {alert} is deleted.")


@alerts.command("seen")
@click.argument("alert", required=False)
@data_option
@click.pass_obj
def seen(app: Application, alert: str | None, data: Path) -> None:
    """Mark the firings of ALERT, or of all, as seen."""
    with app.desk_of(data, "alerts") as desk:
        count = desk.see(_WHO, alert)
    output.line(f"{count:,} marked as seen.")


@click.group(cls=ListByDefault)
def channels() -> None:
    """Where alerts go: Slack and signed webhooks."""


@channels.command("list")
@data_option
@json_option
@click.pass_obj
def list_channels(app: Application, data: Path, as_json: bool) -> None:
    """Every channel; addresses are shortened, because they are secrets."""
    with app.desk_of(data, "alerts") as desk:
        found = desk.channels()
    if as_json:
        output.emit_json(found)
    elif not found:
        output.line("No channel is set. Set one: remit channels add ops --kind slack")
    else:
        output.table("", ("name", "kind", "address"), [(each["name"], each["kind"], each["url"]) for each in found])


@channels.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(["slack", "webhook"]), required=True)
@click.option("--url", prompt=True, hide_input=True, help="Its address; asked for when left out, so no history has it.")
@click.option("--secret", help="A webhook's signing secret; asked for when left out.")
@data_option
@click.pass_obj
def add_channel(app: Application, name: str, kind: str, url: str, secret: str | None, data: Path) -> None:
    """Add the channel NAME, or give it another address."""
    if kind == "webhook" and secret is None:
        secret = click.prompt("Secret", hide_input=True)
    with app.desk_of(data, "alerts") as desk:
        added = desk.add_channel(name, kind, url, secret or "", _WHO)
    output.line(f"Channel {added['name']} sends to {added['url']}. Try it: remit channels test {added['name']}")


@channels.command("remove")
@click.argument("name")
@data_option
@click.pass_obj
def remove_channel(app: Application, name: str, data: Path) -> None:
    """Forget the channel NAME and its secrets."""
    with app.desk_of(data, "alerts") as desk:
        desk.remove_channel(name, _WHO)
    output.line(f"Channel {name} is removed.")


@channels.command("test")
@click.argument("name")
@data_option
@click.pass_obj
def test_channel(app: Application, name: str, data: Path) -> None:
    """Send a test message through the channel NAME now."""
    with app.desk_of(data, "alerts") as desk:
        tried = desk.test_channel(name, _WHO)
    _told([tried])


def _told(tried: list[Json]) -> None:
    for each in tried:
        output.line(f"{each['channel']}: {'the message was taken' if each['taken'] else each['error']}")
    if not all(each["taken"] for each in tried):
        raise click.exceptions.Exit(6)


COMMANDS = (alerts, channels)
