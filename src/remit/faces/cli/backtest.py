"""``remit backtest``: which past calls a policy would have denied."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, Final

import click

from remit.faces.cli import output
from remit.faces.cli.guardrails import values_of
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application, Json
from remit.flows.backtest.groups import GROUPS
from remit.model.errors import UsageError

_LARGEST: Final = 1_000_000
_LARGEST_ORGANIZATION: Final = 32 << 20
"""A thousand policies with six versions of 5,120 characters each fit."""
_DIFFERENCES: Final = {
    "newly_denied": "newly denied",
    "no_longer_denied": "no longer denied",
    "newly_denied_from_unknown": "newly denied, unknown by the other",
    "newly_unknown": "newly unknown",
    "no_longer_unknown": "no longer unknown",
}


@click.command()
@click.argument("policy")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["scp", "rcp"], case_sensitive=False),
    help="Of a FILE.  [default: an RCP if its statements name principals, else an SCP]",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of a guardrail.")
@click.option("--values", "file", type=click.Path(path_type=Path, dir_okay=False), help="Parameters, JSON or TOML.")
@click.option("--target", "targets", multiple=True, help="An account or unit it would be attached to; repeatable.")
@click.option("--organization", type=click.Path(path_type=Path, dir_okay=False), help="Another organization file.")
@click.option("--since", default="30d", show_default=True, help="From when: 7d, 2026-10-01, all.")
@click.option("--until", default="", help="Until when.")
@click.option("--query", default="", help="Only events that match.")
@click.option("--against", help="Another version of the policy, to tell the difference: FILE or a name.")
@data_option
@json_option
@click.pass_obj
def backtest(
    app: Application,
    policy: str,
    kind: str | None,
    settings: tuple[str, ...],
    file: Path | None,
    targets: tuple[str, ...],
    organization: Path | None,
    since: str,
    until: str,
    query: str,
    against: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Which past calls POLICY would have denied, by whom, and what cannot be known.

    POLICY is a file with a policy document, a guardrail's id, or a policy of the organization by its name or id.
    """
    asked: dict[str, Any] = {
        "policy": _source(policy, settings, file),
        "kind": kind or "",
        "targets": list(targets),
        "since": since,
        "until": until,
        "query": query,
        "against": _source(against, (), None) if against else None,
        "organization": _read(organization, _LARGEST_ORGANIZATION) if organization else None,
        "organization_name": str(organization or ""),
    }
    with app.desk_of(data, "backtest") as desk:
        found = desk.run(**asked)
    if as_json:
        output.emit_json(found)
    else:
        _draw(found)
        for sentence in _then(policy, settings, file, targets, data):
            output.line(sentence)


def _then(
    policy: str, settings: tuple[str, ...], file: Path | None, targets: tuple[str, ...], data: Path
) -> tuple[str, str]:
    """What usually follows: reading the findings of the same policy with the same values, and proposing it."""
    given = [*(("--set", each) for each in settings), *([("--values", str(file))] if file else ())]
    same = " ".join(output.quoted(each) for each in (policy, *chain.from_iterable(given)))
    to = " ".join(f"--target {output.quoted(each)}" for each in targets) or "--target TARGET"
    return (
        f"Next, unless it is attached already: remit guardrails lint {same}",
        f"Then: remit guardrails attach {same} {to} --data {output.quoted(str(data))}",
    )


def _source(named: str, settings: tuple[str, ...], file: Path | None) -> Json:
    path = Path(named)
    if path.is_file():
        if settings or file:
            raise UsageError("A file has no parameters", remedy="--set and --values are for guardrails of the library.")
        return {"text": _read(path), "name": path.name}
    if "/" in named or named.endswith(".json"):
        raise UsageError("There is no such policy file", where=named)
    return {"named": named, "values": values_of(file, settings)}


def _read(path: Path, most: int = _LARGEST) -> str:
    try:
        with path.open("rb") as opened:
            content = opened.read(most + 1)
        if len(content) > most:
            raise UsageError(f"The file is larger than {most:,} bytes", where=str(path))
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("The file is not UTF-8 text", where=str(path)) from error
    except OSError as error:
        raise UsageError(f"The file cannot be read: {error.strerror}", where=str(path)) from error


def _draw(found: Json) -> None:
    policy = found["policy"]
    calls = f"the calls that match {found['query']}" if found["query"] else "all calls"
    output.line(f"{policy['name']} as {policy['type']}, over {calls}")
    if nothing := found["nothing"]:
        output.line(f"No call was considered, so this says nothing of what it would deny. {nothing['why']}")
        if nothing["older"]:
            output.line("The store has older events: try it on all of them with --since all")
    else:
        _draw_judged(found)
    left = found["left_out"]
    said = {"other_clouds": "of other clouds", "without_permission": "without a known permission",
            "records_of_one_act": "more of an act already counted", "outside_target": "of other accounts"}  # fmt: skip
    parts = [f"{left[name]:,} {words}" for name, words in said.items() if left[name]]
    output.line(f"Of {left['total']:,} records, left out: {'; '.join(parts) or 'none'}.")
    for remark in found["notes"]:
        output.note(remark)


def _draw_judged(found: Json) -> None:
    figures, already = found["figures"], found["figures"]["already_denied"]
    rows = [
        (title, f"{figures[name]:,}", f"{already[name]:,}")
        for title, name in (
            ("would be denied", "would_deny"),
            ("would not be denied", "would_not_deny"),
            ("unknown", "unknown"),
            ("considered", "considered"),
        )
    ]
    output.table("", ("", "calls", "of them denied when made"), rows, right=(1, 2))
    if figures["would_deny"]:
        went = f"{figures['newly_blocked']:,}" if figures["newly_blocked"] else "none"
        span = f"from {figures['first']} to {figures['last']}"
        output.line(f"Would be denied {span}; {went} of them went through when they were made.")
    for each in found["statements"]:
        output.line(f"  {each['count']:>9,}  by {each['statement']}")
    for each in found["unknown_by"]:
        output.line(f"  {each['count']:>9,}  unknown for want of {', '.join(each['keys'])}")
    for each in found["exempt"]:
        output.line(f"  {each['count']:>9,}  out of its reach: {each['why']}")
    _draw_by(found)
    _draw_samples(found)
    _draw_against(found["against"])
    _draw_exemption(found["exemption"])


def _draw_by(found: Json) -> None:
    for group in GROUPS:
        rows = [
            (" ".join(str(each[column] or "-") for column in group.columns), each["deny"], each["unknown"],
             each["already_denied"], (each["last"] or "")[:19].replace("T", " "))
            for each in found["by"].get(group.name, [])
        ]  # fmt: skip
        if rows:
            output.line()
            output.table(
                group.heading(found["by"]),
                ("", "denied", "unknown", "denied already", "last denied"),
                rows,
                right=(1, 2, 3),
            )


def _draw_samples(found: Json) -> None:
    rows = [
        (each["time"][:19].replace("T", " "), word, f"{each['service']}:{each['operation']}", each["principal"],
         each["region"], each["event_id"])
        for word in ("deny", "unknown")
        for each in found["samples"][word]
    ]  # fmt: skip
    if rows:
        output.line()
        output.table("Newest", ("time (UTC)", "verdict", "call", "principal", "region", "event"), rows)


def _draw_against(against: Json | None) -> None:
    if against is None:
        return
    output.line()
    output.line(
        f"Against {against['name']}, which would deny {against['would_deny']:,} ({against['unknown']:,} unknown):"
    )
    for name, title in _DIFFERENCES.items():
        side = against[name]
        if not side["count"]:
            continue
        output.line(f"  {side['count']:>9,}  {title}")
        for each in side["roles"][:5]:
            output.line(f"             {each['count']:>9,}  {each['role']}")
    if not any(against[name]["count"] for name in _DIFFERENCES):
        output.line("  No call is judged otherwise.")


def _draw_exemption(exemption: Json | None) -> None:
    if exemption is None:
        return
    output.line()
    output.line(
        f"An exemption of {output.counted(len(exemption['principals']), 'caller')} seen would spare "
        f"{output.counted(exemption['spared'], 'call')} "
        f"and leave {exemption['would_deny']:,} denied. {exemption['note']}"
    )
    for each in exemption["principals"]:
        output.line(f"  {each['count']:>9,}  {each['arn']}")
    output.line("The policy with it is in `--json`, under exemption.document.")


COMMANDS = (backtest,)
