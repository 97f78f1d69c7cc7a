"""``remit agents can`` and ``remit agents narrow``: what an agent may do, and what it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from remit.faces.cli import output
from remit.faces.cli.agents import agents
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application, Json
from remit.model.errors import UsageError

_MARKS: Final = {"allowed": "+", "unknown": "?", "explicitly_denied": "x", "implicitly_denied": "-"}
_NAMED: Final = 6
"""Resources, and Regions, named of each finding."""
_authorization_option = click.option(
    "--authorization",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="An export of `aws iam get-account-authorization-details`, or a folder of them; repeatable.",
)


@agents.command()
@click.argument("name")
@click.option("--window", default="30d", show_default=True, help="Whose credentials: 24h, 7d, 2026-10-01..2026-10-31.")
@_authorization_option
@data_option
@json_option
@click.pass_obj
def can(app: Application, name: str, window: str, authorization: tuple[Path, ...], data: Path, as_json: bool) -> None:
    """What an agent can do with the credentials it used, and by which statements."""
    with app.desk_of(data, "permissions") as desk:
        found = desk.can(name, window, [str(path.absolute()) for path in authorization])
    if as_json:
        output.emit_json(found)
    else:
        _draw(found)


def _draw(found: Json) -> None:
    low, high = (found["window"][end][:19] for end in ("low", "high"))
    output.line(f"{found['agent']}: credentials used from {low}Z to {high}Z")
    rows = [
        (each["principal"], each["calls"], each["denied"], each["why"] or ", ".join(each["attached"]) or "no policy")
        for each in found["principals"]
    ]
    output.table("", ("identity", "calls", "denied", "policies"), rows, right=(1, 2))
    if found["how_to"]:
        output.line(found["how_to"]["sentence"])
        for command in found["how_to"]["commands"]:
            output.line(f"  {command}")
        output.line(found["how_to"]["then"])
    for answer in found["answers"]:
        _draw_answer(answer)
    for remark in found["notes"]:
        output.note(remark)


def _draw_answer(answer: Json) -> None:
    output.line()
    output.line(answer["principal"])
    for topic in answer["topics"]:
        output.line(f"{_MARKS[topic['decision']]} {topic['title']}: {topic['sentence']}")
        for each in topic["findings"]:
            draw_finding(each)
        if topic["more"]:
            output.line(f"    and {topic['more']} more findings (--json has their counts)")
    _draw_regions(answer["topics"])
    _draw_roles(answer)
    _draw_escape(answer["escape"])


def draw_finding(each: Json) -> None:
    """One finding: how many actions, by what, on which resources, and in which Regions, which may be all that tells it
    from the next."""
    sample = ", ".join(each["sample"][:4]) + (", ..." if each["actions"] > 4 else "")
    output.line(f"    {_MARKS[each['decision']]} {output.counted(each['actions'], 'action')} ({sample})")
    output.line(f"      {each['why']}")
    resources = each["resources"] if each["decision"] in ("allowed", "unknown") else []
    places = [_first("on", resources, each["resources_in_all"]), _first("in", each["regions"], len(each["regions"]))]
    if any(places):
        output.line(f"      {'; '.join(filter(None, places))}")
    if each["except_on"]:
        output.line(f"      a Deny speaks of it on {', '.join(each['except_on'][:4])}")


def _first(word: str, names: list[str], in_all: int) -> str:
    """The first few of many names after a word, and how many more there are; nothing of none."""
    more = f" and {in_all - _NAMED} more" if in_all > _NAMED else ""
    return f"{word} {', '.join(names[:_NAMED])}{more}" if names else ""


def _draw_regions(topics: list[Json]) -> None:
    """Each Region with how many actions of all topics are allowed in it."""
    rows: dict[str, list[int]] = {}
    for topic in topics:
        for each in topic["regions"]:
            counts = rows.setdefault(each["region"], [0, 0, 0, 0])
            for at, word in enumerate(("allowed", "not_settled", "denied", "not_granted")):
                counts[at] += each[word]
    shown = [(region, *(f"{count:,}" for count in counts)) for region, counts in sorted(rows.items())]
    output.table("By Region, all these topics together", ("Region", "allowed", "not settled", "denied", "not granted"),
                 shown, right=(1, 2, 3, 4))  # fmt: skip


def _draw_roles(answer: Json) -> None:
    assume, passing = answer["assume"], answer["pass"]
    output.line(f"{'+' if assume['roles'] else '-'} Assume roles: {assume['roles_in_all']} of the exports")
    for each in assume["roles"]:
        output.line(f"    {_MARKS[each['decision']]} {each['role']}: {each['why']}")
    if assume["elsewhere"]:
        output.line(f"    ? in accounts without an export: {', '.join(assume['elsewhere'])}")
    output.line(f"{'+' if passing['roles'] else '-'} Pass roles: {passing['roles_in_all']} pairs of role and service")
    for each in passing["roles"]:
        output.line(f"    {_MARKS[each['decision']]} {each['role']} to {each['service']}: {each['why']}")


def _draw_escape(escape: Json) -> None:
    output.line(f"Guardrails: {escape['sentence']}")
    for each in escape["guardrails"]:
        mark = {True: "!", None: "?", False: "-"}[each["spared"]]
        said = {True: "spares it", None: "may spare it", False: "holds"}[each["spared"]]
        by = f" by {'; '.join(each['by'])}" if each["by"] else ""
        sid = each["sid"] or each["statement"] + 1
        output.line(f"    {mark} {each['type']} «{each['policy']}» on {each['level']}, {sid} {said}{by}")
        for condition in each["further_conditions"]:
            output.line(f"        only where {condition}")
        for step in each["ways"]:
            output.line(f"        {_MARKS[step['decision']]} could {step['way']}: {step['on']} ({step['why']})")
    for step in (*escape["widen"], *escape["change"]):
        output.line(f"    {_MARKS[step['decision']]} {step['action']} on {step['on']}: {step['why']}")
    if escape["change"]:
        output.line(f"    {escape['change_note']}")


@agents.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back use counts.")
@click.option("--principal", default="", help="One role or user it used, by ARN or name.")
@click.option("-o", "--output", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write the policy here.")
@_authorization_option
@data_option
@json_option
@click.pass_obj
def narrow(
    app: Application,
    name: str,
    days: int,
    principal: str,
    path: Path | None,
    authorization: tuple[Path, ...],
    data: Path,
    as_json: bool,
) -> None:
    """The policy that an agent's past calls justify, tried on these calls."""
    with app.desk_of(data, "permissions") as desk:
        found = desk.narrow(name, f"{days}d", [str(each.absolute()) for each in authorization], principal)
    if path:
        _write(found["proposals"], path)
    if as_json:
        output.emit_json(found)
    else:
        for each in found["proposals"]:
            _draw_proposal(each, written=path is not None)
        for remark in found["notes"]:
            output.note(remark)


def _write(proposals: list[Json], path: Path) -> None:
    if len(proposals) != 1:
        names = ", ".join(each["principal"] for each in proposals)
        raise UsageError("There is a policy for each identity", remedy=f"Name one with --principal: {names}.")
    try:
        path.write_text(json.dumps(proposals[0]["document"], indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The policy cannot be written: {error.strerror}", where=str(path)) from error


def _draw_proposal(found: Json, *, written: bool) -> None:
    tried, granted = found["backtest"], found["granted"]
    output.line(f"{found['principal']}: {len(found['permissions'])} permissions justified by {tried['calls']:,} calls")
    if not written:
        for text in json.dumps(found["document"], indent=2).splitlines():
            output.line(text)
    output.line(f"{found['characters']:,} characters: fits {', '.join(found['fits']) or 'no policy, split it'}")
    output.line(f"Tried on the same calls: {tried['refused']:,} of {tried['calls']:,} would have been refused.")
    for each in tried["refused_by"]:
        output.line(f"  x {each['permission']} on {each['resource']}: {each['calls']:,}")
    if granted:
        output.line(
            f"Granted today: {granted['actions']:,} actions ({granted['not_settled']:,} of them not settled); "
            f"{granted['unused']:,} unused ones go away, {granted['data_events']['actions']:,} of which are data "
            "events that may have happened unseen."
        )
    else:
        output.line(f"What goes away is not known. {found['why']}")
    for each in found["permissions"]:
        if each["why"]:
            output.line(f"  {each['permission']} on {', '.join(each['resources'][:3])}: {each['why']}")
    for each in found["dependent"]:
        output.line(f"  ? {each['permission']} may be needed by {', '.join(each['because'][:4])}; no record shows it")
    for each in found["denied"]:
        output.line(f"  - {each['permission']} was denied {each['calls']:,} times and is left out")
    output.line()


COMMANDS = ()
