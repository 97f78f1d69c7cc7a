"""Terraform: the policy and one attachment for each target, laid out as ``terraform fmt`` would."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.rooms.guardrails.exports import traps
from remit.rooms.guardrails.exports.literals import quoted
from remit.rooms.guardrails.exports.policy import OrganizationPolicy

_STEP: Final = "  "
_PLAIN_KEY: Final = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)
_OPENING: Final = re.compile(r"(\$+|%+)(?=\{)")
_HEAD: Final = """\
# Run it with the credentials of the organization's management account or of a delegated administrator.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.76.0"
    }
  }
}
"""


def export(policy: OrganizationPolicy) -> str:
    """One file of Terraform. :raises NotExportable: for text that Terraform would change."""
    traps.refuse_traps({"Name": policy.name, "Content": policy.document}, traps.terraform)
    label = _label(policy.name)
    attributes: dict[str, str] = {"name": _text(policy.name)}
    if policy.description:
        attributes["description"] = _text(policy.description)
    attributes["type"] = _text(policy.aws_type)
    body = _aligned(attributes, 1)
    content = f"{_STEP}content = jsonencode({_value(policy.document, 1)})"
    resource = f'resource "aws_organizations_policy" "{label}" {{\n{body}\n\n{content}\n}}\n'
    return "\n".join([_HEAD, resource, *([_attachment(label, policy.targets)] if policy.targets else [])])


def _attachment(label: str, targets: Sequence[str]) -> str:
    attributes = {
        "for_each": f"toset([{', '.join(_text(target) for target in targets)}])",
        "policy_id": f"aws_organizations_policy.{label}.id",
        "target_id": "each.value",
    }
    head, *rest = _aligned(attributes, 1).splitlines()
    lines = "\n".join(["", head, *rest])
    return f'resource "aws_organizations_policy_attachment" "{label}" {{{lines}\n}}\n'


def _label(name: str) -> str:
    """The name as an identifier of Terraform."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"policy_{plain}".rstrip("_")


def _value(value: Any, depth: int) -> str:
    """A value as an expression whose first line is not indented."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        inner = {_key(key): _value(each, depth + 1) for key, each in value.items()}
        return f"{{\n{_aligned(inner, depth + 1)}\n{_STEP * depth}}}"
    if isinstance(value, Sequence):
        return _list(value, depth)
    return repr(value)


def _list(values: Sequence[Any], depth: int) -> str:
    if not values:
        return "[]"
    if len(values) == 1 and not isinstance(values[0], Mapping | list | tuple):
        return f"[{_value(values[0], depth)}]"
    lines = "".join(f"{_STEP * (depth + 1)}{_value(each, depth + 1)},\n" for each in values)
    return f"[\n{lines}{_STEP * depth}]"


def _aligned(attributes: Mapping[str, str], depth: int) -> str:
    """Attributes one below the other; the equals signs of neighbours that are one line each stand in one column."""
    lines: list[str] = []
    run: list[tuple[str, str]] = []
    for key, value in [*attributes.items(), ("", "\n")]:
        if "\n" not in value:
            run.append((key, value))
            continue
        width = max((len(name) for name, _ in run), default=0)
        lines += [f"{_STEP * depth}{name.ljust(width)} = {text}" for name, text in run]
        lines += [f"{_STEP * depth}{key} = {value}"] if key else []
        run = []
    return "\n".join(lines)


def _key(key: str) -> str:
    """A key, plain where that cannot be taken for anything else. One with letters beyond ASCII is written in escapes:
    the layout counts its columns."""
    if _PLAIN_KEY.fullmatch(key):
        return key
    written = _text(key)
    return written if written.isascii() else "".join(map(_ascii, written))


def _ascii(letter: str) -> str:
    if letter.isascii():
        return letter
    number = ord(letter)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _text(text: str) -> str:
    """A quoted text in which nothing is a template: ``${`` is written ``$${`` and ``%{`` is written ``%%{``."""
    return _OPENING.sub(_literally, quoted(text))


def _literally(found: re.Match[str]) -> str:
    """Several such signs before a brace, or a brace that nothing closes, have no doubling that every reader agrees on;
    escapes have one meaning."""
    signs = found[0]
    if len(signs) == 1 and "}" in found.string[found.end() :]:
        return signs * 2
    return f"\\u{ord(signs[0]):04x}" * len(signs)
