"""On which resources AWS authorizes a stored call: those its record names, and those that it does not.

EC2 judges a call once for each type of resource that its action requires, and once for each that it makes, before that
has an id: under the name ``*``. A required type that the record does not name, such as the subnet that is the default,
is asked for under that name too, for its id is not known: a policy that speaks of all of the type is met, one that
speaks of one id is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from remit.reference.aws import Action, AwsReference
from remit.rooms.guardrails.record import Row, elements

_MADE_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "ec2:runinstances": ("instance", "volume", "network-interface"),
}
"""What a call makes and never names by its id while it is authorized."""
_SPLIT: Final = "ec2"
"""The service of which the requirements are judged each by itself."""
_VARIABLE: Final = re.compile(r"\$\{\w+\}")


def resources_asked(reference: AwsReference, row: Row, action: str) -> list[str | None]:
    """ARNs, each once; ``*`` for an action without resource types; None where the record names none."""
    known = reference.action(action)
    named = list(zip(elements(row, "resource_types"), elements(row, "resource_arns"), strict=False))
    if known is not None and not known.resource_types:
        return ["*"]
    if "resource_arns" not in row:
        return [None]
    if known is not None:
        types = {each.lower() for each in known.resource_types}
        named = [(kind, arn) for kind, arn in named if kind.partition(":")[2].lower() in types]
    made = _MADE_BY.get(action.lower(), ())
    found: list[str | None] = [arn or None for kind, arn in named if kind.partition(":")[2] not in made]
    if found or made:
        there = {kind.partition(":")[2] for kind, _ in named} - {*made}
        found += [_any_of(reference, row, kind) for kind in _unnamed(known, action, made, there)]
    return list(dict.fromkeys(found)) or [None]


def _unnamed(known: Action | None, action: str, made: tuple[str, ...], there: set[str]) -> list[str]:
    """Types that are judged and that no named resource is of."""
    judged = known.resource_types[: known.required] if known and action.lower().startswith(f"{_SPLIT}:") else ()
    return [kind for kind in dict.fromkeys((*made, *judged)) if kind not in there]


def _any_of(reference: AwsReference, row: Row, kind: str) -> str:
    """The ARN of a type of EC2's resources in the place of the call, its name ``*``."""
    place = {"Partition": _partition(row), "Region": row.get("region"), "Account": row.get("account")}
    pattern = reference.resource_types(_SPLIT).get(kind, f"arn:${{Partition}}:ec2:${{Region}}:${{Account}}:{kind}/*")
    return _VARIABLE.sub(lambda variable: str(place.get(variable[0][2:-1], "*")), pattern)


def _partition(row: Row) -> str:
    region = str(row.get("region") or "")
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
