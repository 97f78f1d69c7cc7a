"""CloudFormation: a template in YAML. Texts are plain literals in double quotes, so that ``${...}`` stays a variable of
the policy: only ``Fn::Sub`` would replace it, and a date, ``Null`` or ``yes`` stays a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from remit.rooms.guardrails.exports import traps
from remit.rooms.guardrails.exports.literals import quoted
from remit.rooms.guardrails.exports.policy import OrganizationPolicy

_PLAIN_KEY: Final = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""What YAML 1.1 does not read as text, in whatever case."""
_HEAD: Final = "# Deploy it in the organization's management account or as a delegated administrator, in one Region.\n"


def export(policy: OrganizationPolicy) -> str:
    """One template. :raises NotExportable: for text that CloudFormation would change."""
    traps.refuse_traps(_traversed(policy), traps.cloudformation)
    properties: dict[str, Any] = {"Name": policy.name}
    if policy.description:
        properties["Description"] = policy.description
    properties |= {"Type": policy.aws_type, "Content": policy.document}
    if policy.targets:
        properties["TargetIds"] = list(policy.targets)
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"Policy": {"Type": "AWS::Organizations::Policy", "Properties": properties}},
    }
    return _HEAD + "".join(f"{line}\n" for line in _lines(template))


def _traversed(policy: OrganizationPolicy) -> dict[str, Any]:
    return {"Name": policy.name, "Description": policy.description, "Content": policy.document}


def _lines(value: Any) -> Iterator[str]:
    """A mapping or list that is not empty, line by line, not indented."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _part(f"{_key(key)}:", inner, "  ")
        return
    for inner in value:
        yield from _item(inner)


def _part(head: str, value: Any, indentation: str) -> Iterator[str]:
    if _nested(value):
        yield head
        yield from (indentation + line for line in _lines(value))
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: Any) -> Iterator[str]:
    """One item of a list: what is nested begins on the line of its dash."""
    if not _nested(value):
        yield f"- {_scalar(value)}"
        return
    for number, line in enumerate(_lines(value)):
        yield f"  {line}" if number else f"- {line}"


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple) and bool(value)


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _WORDS else quoted(key)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, Sequence) else _number(value)


def _number(value: float) -> str:
    """A number that YAML 1.1 reads as one: its exponent needs a dot and a sign."""
    text = repr(value)
    mantissa, exponent, power = text.partition("e")
    if not exponent:
        return text
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{power if power[0] in '+-' else '+' + power}"
