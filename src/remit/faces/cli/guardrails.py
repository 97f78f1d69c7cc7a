"""``remit guardrails``: the library of preventive policies."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from remit.faces.cli import output
from remit.faces.cli.options import ListByDefault, json_option
from remit.faces.cli.ports import Application, Json
from remit.model.errors import UsageError

_LONGEST_FILE = 1_000_000


@click.group(cls=ListByDefault)
def guardrails() -> None:
    """Preventive policies for an AWS organization. `remit guardrails` lists the library."""


_framework = click.option(
    "--framework", "-f", "frameworks", multiple=True, help="PCI-DSS, HIPAA, SOC2, OS-level, NIST-800-53:AC-6, ..."
)
_service = click.option("--service", default="", help="An IAM service prefix, such as sagemaker.")
_type = click.option("--type", "kind", type=click.Choice(["scp", "rcp"], case_sensitive=False), help="Policy type.")


@guardrails.command("list")
@_framework
@_service
@_type
@click.option("--frameworks", "only_frameworks", is_flag=True, help="The frameworks instead of the policies.")
@json_option
@click.pass_obj
def list_guardrails(
    app: Application, frameworks: tuple[str, ...], service: str, kind: str | None, only_frameworks: bool, as_json: bool
) -> None:
    """Every guardrail, or those of a framework, service or type."""
    if only_frameworks:
        _tell_frameworks(app.library().frameworks(), as_json)
    else:
        _tell_list(app.library().list("", frameworks, service, kind or ""), as_json)


@guardrails.command()
@click.argument("text", nargs=-1, required=True)
@_framework
@_service
@_type
@json_option
@click.pass_obj
def search(
    app: Application, text: tuple[str, ...], frameworks: tuple[str, ...], service: str, kind: str | None, as_json: bool
) -> None:
    """Guardrails in which every word of TEXT is found, best first."""
    _tell_list(app.library().list(" ".join(text), frameworks, service, kind or ""), as_json)


@guardrails.command()
@click.argument("guardrail")
@json_option
@click.pass_obj
def show(app: Application, guardrail: str, as_json: bool) -> None:
    """One guardrail: what it is for, its parameters, side effects, frameworks, an example and its cases."""
    found = app.library().show(guardrail)
    if as_json:
        output.emit_json(found)
    else:
        _tell_guardrail(found)


@guardrails.command()
@click.argument("guardrail")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter; several values by commas.")
@click.option("--values", "file", type=click.Path(path_type=Path, dir_okay=False), help="Parameters, JSON or TOML.")
@click.option("--minified", is_flag=True, help="Without white space, as AWS counts it.")
@json_option
@click.pass_obj
def render(
    app: Application, guardrail: str, settings: tuple[str, ...], file: Path | None, minified: bool, as_json: bool
) -> None:
    """The policy document with your values, as JSON."""
    made = app.library().render(guardrail, values_of(file, settings))
    if as_json:
        output.emit_json(made)
        return
    if minified:
        output.line(json.dumps(made["document"], separators=(",", ":"), ensure_ascii=False))
    else:
        output.emit_json(made["document"])
    size = made["size"]
    output.note(f"{made['type']}, {size['characters']:,} of {size['longest']:,} characters without white space.")


def values_of(file: Path | None, settings: Iterable[str]) -> Json:
    """Values of parameters from a file, and those named on the command line in their place."""
    return {**_from_file(file), **_from_settings(settings)}


def _from_settings(settings: Iterable[str]) -> Json:
    """``name=a,b`` -> its values; a name given twice has both."""
    values: dict[str, list[str]] = {}
    for setting in settings:
        name, equals, given = setting.partition("=")
        if not equals:
            raise UsageError(f"--set takes NAME=VALUE, not {setting[:80]!r}", remedy="For example: --set min_days=30")
        values.setdefault(name.strip(), []).extend(each.strip() for each in given.split(",") if each.strip())
    return dict(values)


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            data = opened.read(_LONGEST_FILE + 1)
        if len(data) > _LONGEST_FILE:
            raise UsageError(
                f"{file} is larger than {_LONGEST_FILE:,} bytes", remedy="It holds parameters and no more."
            )
        text = data.decode("utf-8")
        values = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The values cannot be read: {error}",
            where=str(file),
            remedy='A JSON object, such as {"min_days": 30}, or TOML in a file that ends in .toml.',
        ) from error
    if not isinstance(values, dict):
        raise UsageError("The values are no JSON object", where=str(file), remedy='For example: {"min_days": 30}')
    return values


def _tell_list(found: Json, as_json: bool) -> None:
    if as_json:
        output.emit_json(found)
        return
    if not found["items"]:
        output.line(f"None of the {found['of']} guardrails matches. All of them: remit guardrails list")
        return
    rows = [(each["id"], each["title"], each["type"], _families(each["frameworks"])) for each in found["items"]]
    output.table("", ("id", "title", "type", "frameworks"), rows)
    output.note(f"{found['total']} of {found['of']} guardrails. {found['note']}")
    output.note(f"All about one: remit guardrails show {found['items'][0]['id']}")


def _families(tags: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(tag.partition(":")[0] for tag in tags))


def _tell_frameworks(found: Json, as_json: bool) -> None:
    if as_json:
        output.emit_json(found)
        return
    rows = [(each["name"], each["title"], each["guardrails"]) for each in found["items"]]
    output.table("", ("framework", "what it is", "guardrails"), rows, right=(2,))
    output.note(found["note"])


def _tell_guardrail(found: Json) -> None:
    output.line(f"{found['title']}  ({found['id']}, {found['type']})")
    _section("For", [f"{found['intent']}."])
    _section("Protects against", [found["protects_against"]])
    _section("Side effects", [f"- {effect}" for effect in found["side_effects"]])
    attach = [f"Attach it to: {found['attach_to']}"] if found["attach_to"] else []
    _section("Reach", [found["reach"], *attach])
    _section("Parameters", [] if found["parameters"] else ["None."])
    for each in found["parameters"]:
        _tell_parameter(each)
    _section("Frameworks", [", ".join(found["frameworks"]), found["note"]])
    size = found["size"]
    _section(f"Example, {size['characters']:,} of {size['longest']:,} characters without white space", [])
    output.emit_json(found["example"])
    _section(f"Cases, {len(found['cases'])}", [f"{case['expect']:5}  {case['name']}" for case in found["cases"]])
    given = "".join(f" --set {each['name']}=..." for each in found["parameters"] if each["required"])
    output.note(f"Check it: remit guardrails lint {found['id']}{given}")
    output.note(f"Try it on your history: remit backtest {found['id']}{given}")


def _section(title: str, lines: Iterable[str]) -> None:
    output.line()
    output.line(title)
    for each in lines:
        output.line(f"  {each}")


def _tell_parameter(parameter: Json) -> None:
    many = "one or more of: " if parameter["many"] else ""
    given = ",".join(parameter["default"])
    state = "required" if parameter["required"] else f"default {given}" if given else "optional"
    output.line(f"  {parameter['name']} ({many}{parameter['takes']}; {state})")
    output.line(f"      {parameter['about']}")
    output.line(f"      for example {parameter['name']}={','.join(parameter['example'])}")
    if parameter["source"]:
        output.line(f"      see {parameter['source']}")


COMMANDS = (guardrails,)
