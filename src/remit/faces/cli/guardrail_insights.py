"""``remit guardrails lint``: what is wrong with a policy before it reaches the organization."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from remit.faces.cli import output
from remit.faces.cli.guardrail_exports import target_ids
from remit.faces.cli.guardrails import guardrails, values_of
from remit.faces.cli.options import data_option, json_option
from remit.faces.cli.ports import Application, Json
from remit.model.errors import UsageError

_TYPES: Final = ("scp", "rcp", "identity", "boundary", "resource", "endpoint")
_LONGEST: Final = 32 * 1024 * 1024
_GRAVE: Final = 3
"""The exit status when there is an error or a finding of high severity."""


@guardrails.command("lint")
@click.argument("policy", metavar="FILE|ID")
@click.option("--type", "kind", type=click.Choice(_TYPES, case_sensitive=False), help="Of a FILE.  [default: it shows]")
@click.option(
    "--target", "targets", multiple=True, help="A root, OU or account it is for, by id or name; repeat for several."
)
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A policy that holds there too, and may protect tags and roles this one goes by; repeat for several.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of ID.")
@click.option("--values", "file", type=click.Path(path_type=Path, dir_okay=False), help="Parameters of ID.")
@click.option("--fix", "mend", is_flag=True, help="Apply the fixes: FILE is written, - and ID go to standard output.")
@click.option("--keep-effect", is_flag=True, help="With --fix: those alone after which the same is denied and allowed.")
@data_option
@json_option
@click.pass_context
def lint(
    context: click.Context,
    policy: str,
    kind: str | None,
    targets: tuple[str, ...],
    beside: tuple[Path, ...],
    settings: tuple[str, ...],
    file: Path | None,
    mend: bool,
    keep_effect: bool,
    data: Path,
    as_json: bool,
) -> None:
    """Check a policy: a FILE, - for standard input, or the ID of a guardrail with its example's values.

    Each finding has a place, a reason and, where one exists, a fix. The exit status is 3 when one is an error or of
    high severity.
    """
    app: Application = context.obj
    insights = app.insights()
    to = list(target_ids(app, data, targets)) or None
    text, given, kind = _text(app, policy, kind or "", values_of(file, settings), to)
    others = [_read(path) for path in beside]
    if mend:
        mended = insights.fix(text, kind, to, others, keep_effect)
        _write(policy, given, text, mended, as_json)
        found = mended["insights"]
    else:
        found = insights.lint(text, kind, to, others)
        _tell(found, as_json)
    if found["grave"]:
        context.exit(_GRAVE)


def _text(
    app: Application, policy: str, kind: str, values: Json, targets: list[str] | None
) -> tuple[str, Path | None, str]:
    """The text, the file it is from, and the type."""
    if policy == "-":
        return sys.stdin.buffer.read(_LONGEST).decode("utf-8", "backslashreplace"), None, kind
    path = Path(policy)
    if path.is_file() or path.suffix or "/" in policy:
        return _read(path), path, kind
    found = app.insights().lint_guardrail(policy, values, targets)
    return found["text"], None, found["type"]


def _read(path: Path) -> str:
    """A file's text; bytes that are no UTF-8 become an escape that JSON does not have: a finding tells their place."""
    try:
        with path.open("rb") as opened:
            data = opened.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"The policy cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > _LONGEST:
        raise UsageError(f"{path} is larger than {_LONGEST:,} bytes", remedy="No policy is.")
    return data.decode("utf-8", "backslashreplace").removeprefix("\ufeff")


def _write(policy: str, path: Path | None, before: str, mended: Json, as_json: bool) -> None:
    if path is not None and mended["text"] != before:
        path.write_bytes(mended["text"].encode("utf-8"))
    if as_json:
        output.emit_json(mended)
        return
    if path is None:
        output.line(mended["text"])
    for each in mended["applied"]:
        changes = " (changes what is denied or allowed)" if each["changes_effect"] else ""
        output.note(f"fixed {each['code']}: {each['title']}{changes}")
    left = len(mended["insights"]["findings"])
    fixes, are = output.counted(len(mended["applied"]), "fix", "fixes"), "is" if left == 1 else "are"
    output.note(f"{fixes} applied; {output.counted(left, 'finding')} {are} left, see: remit guardrails lint {policy}")


def _tell(found: Json, as_json: bool) -> None:
    if as_json:
        output.emit_json(found)
        return
    for each in found["findings"]:
        output.line(f"{each['line']}:{each['column']}  {each['severity']}  {each['code']}  {each['message']}")
        output.line(f"    {each['why']}")
        for fix in each["fixes"]:
            changes = "; changes what is denied or allowed" if fix["changes_effect"] else ""
            output.line(f"    fix: {fix['title']}{changes}")
    if found["left_out"]:
        output.line(f"Not shown: {output.counted(found['left_out'], 'further finding')}.")
    _tell_size(found)


def _tell_size(found: Json) -> None:
    size, counts = found["size"], found["counts"]
    for each in size["statements"]:
        name = f" ({each['sid']})" if each["sid"] else ""
        output.note(f"statement {each['statement'] + 1}{name}: {each['used']:,} {size['unit']}")
    guessed = "" if found["type_given"] else ", by its form (say --type if it is another)"
    output.note(
        f"{found['type']}{guessed}; {size['used']:,} of {size['limit']:,} {size['unit']} of a {size['limit_of']}; "
        f"{found['checks']} checks, reference {found['reference']}"
    )
    told = ", ".join(f"{counts[severity]} {severity}" for severity in counts)
    output.note(f"Findings: {told}." if found["readable"] else f"It could not be read, so it was not checked: {told}.")


COMMANDS = (guardrails,)
