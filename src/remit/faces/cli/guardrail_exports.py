"""``remit guardrails export``: a policy as a file for a repository or for AWS's own tools."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from remit.faces.cli import output
from remit.faces.cli.guardrails import guardrails, values_of
from remit.faces.cli.options import data_option
from remit.faces.cli.ports import Application
from remit.flows.organization import target_ids as ids_of
from remit.model.errors import UsageError
from remit.rooms.guardrails.exports.policy import is_target_id

F = TypeVar("F", bound=Callable[..., Any])
FORMS: Final = ("json", "terraform", "cloudformation", "cdk-typescript", "cdk-python")
_LONGEST_POLICY: Final = 1_000_000


def policy_options(command: F) -> F:
    """The argument and options that choose a policy: ID or FILE, its values, its type, its name."""
    options = (
        click.option("--name", default="", help="The policy's name in AWS.  [default: ID, or FILE without its suffix]"),
        click.option(
            "--type",
            "kind",
            type=click.Choice(["scp", "rcp"], case_sensitive=False),
            default=None,
            help="Of a FILE.  [default: an RCP if its statements name principals, else an SCP]",
        ),
        click.option(
            "--values", "file", type=click.Path(path_type=Path, dir_okay=False), help="Parameters, JSON or TOML."
        ),
        click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of ID."),
        click.option(
            "--target",
            "targets",
            multiple=True,
            help="A root, organizational unit or account by id or name; repeat for several, or part them by commas.",
        ),
    )
    for option in options:
        command = option(command)
    return command


def chosen(
    app: Application,
    data: Path,
    named: str,
    settings: tuple[str, ...],
    file: Path | None,
    kind: str | None,
    targets: tuple[str, ...],
    name: str,
) -> tuple[Any, dict[str, Any]]:
    """The policy that the options choose, and where it came from: ``{subject, values}``."""
    exporter = app.exporter()
    targets = target_ids(app, data, targets)
    if not _is_file(named):
        values = values_of(file, settings)
        return exporter.guardrail(named, values, targets, name), {"subject": named, "values": values}
    if settings or file:
        raise UsageError("A policy in a file has no parameters", where=named, remedy="Leave --set and --values out.")
    policy = exporter.written(_text(named), named, kind or "", targets, name)
    return policy, {"subject": named if named == "-" else str(Path(named).absolute()), "values": {}}


def target_ids(app: Application, data: Path, targets: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of targets. Names are those of the organization that the data folder knows, which ids alone do not
    open."""
    given = tuple(each.strip() for target in targets for each in target.split(","))
    if all(map(is_target_id, given)):
        return given
    if not data.exists():  # looking a name up makes no folder
        return tuple(ids_of(None, given))
    with app.desk_of(data, "organization") as desk:
        return tuple(desk.target_ids(list(given)))


@guardrails.command()
@click.argument("guardrail", metavar="ID|FILE")
@policy_options
@click.option("--format", "form", type=click.Choice(FORMS), default="json", show_default=True, help="What to write.")
@click.option("-o", "--output", "to", type=click.Path(path_type=Path, dir_okay=False), help="A file to write.")
@data_option
@click.pass_obj
def export(
    app: Application,
    /,
    guardrail: str,
    settings: tuple[str, ...],
    file: Path | None,
    kind: str | None,
    targets: tuple[str, ...],
    name: str,
    form: str,
    to: Path | None,
    data: Path,
) -> None:
    """A guardrail of the library, or the policy in a file, as JSON, Terraform, CloudFormation or AWS CDK.

    With targets, every form but JSON attaches it to them. JSON is the document alone, minified: not one letter that
    AWS would count for nothing.
    """
    policy, _ = chosen(app, data, guardrail, settings, file, kind, targets, name)
    made = app.exporter().export(policy, form)
    if form == "json" and targets:
        output.note("JSON is the document alone: it says nothing of --target.")
    grave = app.exporter().grave(policy)
    if grave:
        output.note(
            f"It has findings of high severity: {', '.join(grave)}. `remit guardrails lint` tells where and why."
        )
    if to is None:
        _print(made["text"])
    else:
        _write(to, made["text"])
        output.note(f"Wrote {made['type']} {made['name']} as {form} to {to}")


def _print(text: str) -> None:
    """To a terminal with invisible letters spelled out; elsewhere exactly, so that the file has the size it should."""
    if sys.stdout.isatty():
        click.echo(output.spelled(text), nl=not text.endswith("\n"))
    else:
        click.echo(text.encode("utf-8"), nl=False)


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"The file cannot be written: {error.strerror}", where=str(path)) from error


def _is_file(named: str) -> bool:
    """An id has letters, digits and hyphens; anything else, and whatever is there as a file, is a file."""
    return named == "-" or "." in named or "/" in named or Path(named).is_file()


def _text(named: str) -> bytes:
    """A file's bytes, or those of standard input for ``-``."""
    try:
        with click.open_file(named, "rb") as opened:
            text: bytes = opened.read(_LONGEST_POLICY + 1)
    except OSError as error:
        raise UsageError(f"The policy cannot be read: {error.strerror}", where=named) from error
    if len(text) > _LONGEST_POLICY:
        raise UsageError(f"The file is larger than {_LONGEST_POLICY:,} bytes, which no policy is", where=named)
    return text


COMMANDS = (guardrails,)
