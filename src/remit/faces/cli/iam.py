"""``remit iam``: ask the policy engine what AWS would decide."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from remit.faces.cli import output
from remit.faces.cli.options import json_option
from remit.faces.cli.ports import Json
from remit.model.errors import UsageError
from remit.rooms.iam.cases import LONGEST_FILE, answer_text

_MALFORMED = 2
_WANTED = {
    "resource": ": the resource's own policy must allow it across accounts, for services and federated identities, and "
    "always where it is a KMS key or a role to assume (docs/iam.md)"
}
"""What the want of an Allow means, by the kind of policy, where the kind alone does not say it."""


@click.group()
def iam() -> None:
    """AWS policies: what they decide, and why."""


@iam.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@json_option
def evaluate(file: Path, as_json: bool) -> int:
    """Decide the case, or the list of cases, in FILE (`-` for standard input).

    A case is {"request": {...}, "policies": {...}}; docs/iam.md tells its members. The exit status is 0 when every
    case could be read, whatever was decided, and 2 when one could not; the others are answered all the same.
    """
    name = "standard input" if str(file) == "-" else str(file)
    answers, malformed = answer_text(_read(file, name), name)
    if as_json:
        output.emit_json(answers)
    else:
        if isinstance(answers, list):
            for number, one in enumerate(answers):
                _draw(one, f"[{number}] ")  # as the place of an error has it
        else:
            _draw(answers)
    if malformed:
        cases = output.counted(len(answers) if isinstance(answers, list) else 1, "case")
        output.note(f"{malformed:,} of {cases} could not be read.")
    return _MALFORMED if malformed else 0


def _read(file: Path, name: str) -> bytes:
    """The file's bytes, at most one more than are read, so that a longer one is told as such."""
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LONGEST_FILE + 1)
        with file.open("rb") as opened:
            return opened.read(LONGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}") from error


def _draw(answer: Json, number: str = "") -> None:
    """One answer for a person, with its number in a list."""
    if "error" in answer:
        error = answer["error"]
        output.line(f"{number}error: {error['what']} ({error['where']}). {error['remedy']}".rstrip())
        return
    output.line(number + answer["decision"].replace("_", " "))
    for one in answer["determining"]:
        level = f" level {one['level']}" if "level" in one else ""
        called = one["sid"] or f"statement {one['statement']}"
        output.line(f"  {one['effect']} by {one['kind']}{level} policy {one['policy']}: {called}")
    if answer["unknown_keys"]:
        output.line(f"  would be settled by {', '.join(answer['unknown_keys'])}")
    for one in answer.get("missing", ()):
        level = f" level {one['level']}" if "level" in one else ""
        output.line(f"  no Allow in {one['kind']}{level}{_WANTED.get(one['kind'], '')}")
    for text in answer.get("errors", ()):
        output.line(f"  {text}")


COMMANDS = (iam,)
