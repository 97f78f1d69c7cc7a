"""``remit guardrails attach``, ``proposals``, ``approve``, ``withdraw``: a policy reaches the organization by two
persons."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from remit.faces.cli import output
from remit.faces.cli.guardrail_exports import chosen, policy_options
from remit.faces.cli.guardrails import guardrails
from remit.faces.cli.options import carrying, data_option, data_words, json_option
from remit.faces.cli.ports import Application, Json
from remit.flows.exporting import as_wanted
from remit.model.errors import UsageError

_DESK: Final = "attaching"
_HELD: Final = 4
_FAILED: Final = 1
_STATUS: Final = {"lacking": _HELD, "proposed": _HELD, "approved": 0, "failed": _FAILED, "executing": _FAILED}
_profile = click.option("--profile", default="", help="AWS profile, of the process that keeps the data folder.")
_endpoint = click.option("--endpoint-url", default="", help="Another address of the Organizations API.", hidden=True)


@guardrails.command()
@click.argument("guardrail", metavar="ID|FILE", required=False, default="")
@policy_options
@click.option("--proposal", default="", help="Attach what was agreed to, by the proposal's id.")
@click.option("--acknowledge", default="", help="The digest of the findings you have read.")
@_profile
@_endpoint
@data_option
@json_option
@click.pass_obj
def attach(
    app: Application, /, guardrail: str, proposal: str, acknowledge: str, data: Path, as_json: bool, **given: Any
) -> None:
    """Propose to attach a policy to TARGETs, and attach it once a second person agreed.

    It takes its findings read (`remit guardrails lint`), a backtest of this very policy for these targets at most
    seven days old (`remit backtest`), and another person's `remit guardrails approve`. What lacks is listed. Exit
    status 4 while it is held, 0 when it is attached and was read back.
    """
    aws = {"profile": given.pop("profile"), "endpoint_url": given.pop("endpoint_url")}
    if bool(guardrail) == bool(proposal):
        raise UsageError("Nothing to attach was named", remedy="Name a guardrail or a file, or --proposal ID.")
    if proposal:
        with _desk(app, data) as desk:
            found = desk.execute(proposal, _token(), aws)
        _tell(found, as_json)
        _tell_import(app, data, found, aws["profile"])
        return
    wanted = as_wanted(*chosen(app, data, guardrail, **given))
    with _desk(app, data) as desk:
        found = desk.attach(wanted, acknowledge, _token(), aws)
    _tell(found, as_json)
    _tell_import(app, data, found, aws["profile"])


@guardrails.command()
@click.argument("proposal", required=False, default="")
@data_option
@json_option
@click.pass_obj
def proposals(app: Application, proposal: str, data: Path, as_json: bool) -> None:
    """Every proposal to attach a policy, or one of them with all that was read."""
    with _desk(app, data) as desk:
        found = desk.show(proposal) if proposal else desk.proposals()
    if as_json:
        output.emit_json(found)
    elif proposal:
        _tell_proposal(found)
    elif not found["proposals"]:
        output.line(carrying("Nothing was proposed yet. Propose with: remit guardrails attach ID --target OU"))
    else:
        rows = [
            (each["id"], each["state"], each["kind"], each["name"], _places(each), each["proposed"]["by"])
            for each in found["proposals"]
        ]
        output.table("", ("proposal", "state", "type", "name", "targets", "proposed by"), rows)


@guardrails.command()
@click.argument("proposal")
@data_option
@json_option
@click.pass_obj
def approve(app: Application, proposal: str, data: Path, as_json: bool) -> None:
    """Agree to a proposal, as another person than who made it; show it first with `remit guardrails proposals ID`.

    You are the holder of the token in REMIT_TOKEN, or else whoever uses this machine's account.
    """
    with _desk(app, data) as desk:
        _tell(desk.approve(proposal, _token()), as_json)


@guardrails.command()
@click.argument("proposal")
@data_option
@json_option
@click.pass_obj
def withdraw(app: Application, proposal: str, data: Path, as_json: bool) -> None:
    """Take a proposal back, agreed to or not, as long as it was not used."""
    with _desk(app, data) as desk:
        _tell(desk.withdraw(proposal, _token()), as_json)


@contextmanager
def _desk(app: Application, data: Path) -> Iterator[Any]:
    with app.desk_of(data, _DESK) as desk:
        yield desk


def _token() -> str:
    """The secret of the token that says who somebody is; never an argument, which other processes can see."""
    return os.environ.get("REMIT_TOKEN", "").strip()


def _tell(found: Json, as_json: bool) -> None:
    if as_json:
        output.emit_json(found)
    elif found["state"] == "lacking":
        _tell_lacking(found)
    elif found["state"] == "in place":
        output.line(f"{found['name']} ({found['policy_id']}) is attached as it is: nothing to do.")
    else:
        _tell_proposal(found)
    if status := _STATUS.get(found["state"], 0):
        raise click.exceptions.Exit(status)


def _tell_lacking(found: Json) -> None:
    output.line(f"{found['name']} was not proposed. What lacks:")
    _tell_lacks(found["lacking"])
    if found["backtest"]:
        _tell_backtest(found["backtest"])
    output.line("And then:")
    _tell_lacks(found["afterwards"])
    _tell_findings(found["findings"])


def _tell_lacks(lacks: list[Json]) -> None:
    for each in lacks:
        output.line(f"  {each['condition']}: {each['why']}")
        output.line(carrying(f"      {each['command']}"))


def _tell_proposal(found: Json) -> None:
    output.line(f"Proposal {found['id']}, {found['state']}: {found['kind']} {found['name']} for {_places(found)}")
    output.line(f"  organization {found['organization']}, document sha256 {found['digest']}")
    replaced = found["replaces"]
    output.line(f"  {'changes ' + replaced['id'] if replaced else 'a new policy'}")
    _tell_backtest(found["backtest"])
    _tell_findings(found["findings"])
    for word in ("proposed", "approved"):
        if step := found[word]:
            output.line(f"  {word} {step['at']} by {step['by']}. {step['proves']}")
    if found.get("lacking"):
        output.line("What lacks by now:")
        _tell_lacks(found["lacking"])
    _tell_next(found)


def _tell_import(app: Application, data: Path, found: Json, profile: str) -> None:
    """That Remit's own organization file does not have yet what AWS has now, and what brings it in."""
    outcome = found.get("outcome")
    if found["state"] != "attached" or not outcome:
        return
    with app.desk_of(data, "organization") as desk:
        if desk.holds(outcome["policy_id"], json.dumps(found["document"]), [each["id"] for each in found["targets"]]):
            return
    given = f" --profile {output.quoted(profile)}" if profile else ""
    output.note(
        "The organization file does not have it yet: until then denials are not explained by it. "
        f"Bring it in: remit organization import aws{given}{data_words(data)}"
    )


def _tell_backtest(tested: Json) -> None:
    """When it was tried on the past, over which time, and how that came out."""
    facts = tested["facts"]
    window = facts.get("window") or {}
    over = f" over {window.get('low') or 'the beginning'} to {window.get('high') or 'now'}" if window else ""
    counted = {name: count for name, count in (facts.get("figures") or {}).items() if isinstance(count, int)}
    said = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counted.items())
    output.line(f"  backtested {tested['at']} by {tested['who']}{over}: {said or 'no counts'}")
    if counted.get("considered") == 0:
        output.line("  It is a backtest of 0 calls: it says nothing of what the policy would deny (try --since all).")


def _tell_next(found: Json) -> None:
    if found["state"] == "proposed":
        output.line(
            carrying(
                f"Held until {found['expires']}: another person agrees with: remit guardrails approve {found['id']}"
            )
        )
    elif found["state"] == "approved":
        output.line(carrying(f"Until {found['expires']}: remit guardrails attach --proposal {found['id']}"))
    if outcome := found["outcome"]:
        for step in outcome["steps"]:
            output.line(f"  {step}")
        output.line(f"  {outcome['problem'] or 'read back: it is as agreed'}")
    if found["state"] == "executing":
        output.line(
            carrying(
                f"Begun, and not known how it ended. Read it back: remit guardrails attach --proposal {found['id']}"
            )
        )
    elif found["can_be_finished"]:
        output.line(
            carrying(f"Until {found['expires']}, finish it with: remit guardrails attach --proposal {found['id']}")
        )


def _tell_findings(findings: list[Json]) -> None:
    output.line(f"  findings: {len(findings)}")
    for each in findings:
        output.line(f"    {each['severity']:6}  {each['code']}: {each['message']}")


def _places(found: Json) -> str:
    return ", ".join(f"{each['id']} ({each['name']})" if each["name"] else each["id"] for each in found["targets"])


COMMANDS = (guardrails,)
