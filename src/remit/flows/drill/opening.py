"""A guardrail opened as little as is needed: these actions in one more Region, nothing else."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from remit.model.errors import UsageError

Json = dict[str, Any]
_REGION = "aws:RequestedRegion"


def opened(document: Mapping[str, Any], sid: str, actions: Sequence[str], region: str) -> Json:
    """The document with a statement of these actions alone, whose Regions are those of the statement ``sid`` and one
    more; the old statement leaves them to it.

    :raises UsageError: if that statement does not deny by NotAction and a list of Regions.
    """
    whole: Json = copy.deepcopy(dict(document))
    statements = whole["Statement"] if isinstance(whole["Statement"], list) else [whole["Statement"]]
    found = next((each for each in statements if each.get("Sid") == sid), None)
    regions = (found or {}).get("Condition", {}).get("StringNotEquals", {}).get(_REGION)
    if found is None or "NotAction" not in found or not regions:
        raise UsageError(f"The statement {sid} is no list of approved Regions that could be opened for some actions")
    known = [regions] if isinstance(regions, str) else list(regions)
    left_out = found["NotAction"] if isinstance(found["NotAction"], list) else [found["NotAction"]]
    found["NotAction"] = [*left_out, *actions]
    rest = {key: value for key, value in found["Condition"].items() if key != "StringNotEquals"}
    others = {key: value for key, value in found["Condition"]["StringNotEquals"].items() if key != _REGION}
    whole["Statement"] = [
        *statements,
        {
            "Sid": f"{sid}Except{region.replace('-', '').capitalize()}",
            "Effect": "Deny",
            "Action": list(actions),
            "Resource": found["Resource"],
            "Condition": {**rest, "StringNotEquals": {**others, _REGION: [*known, region]}},
        },
    ]
    return whole
