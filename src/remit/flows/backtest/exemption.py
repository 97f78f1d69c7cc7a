"""A suggested exemption: the callers that the policy would have denied, and nobody else."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from remit.flows.backtest.measure import Measured
from remit.flows.backtest.ports import Json, Row
from remit.rooms.guardrails.verdicts import DENY
from remit.rooms.iam import Document

KEY: Final = "aws:PrincipalArn"
OPERATOR: Final = "ArnNotLikeIfExists"
_EXEMPTING: Final = ("arnnotlike", "arnnotequals", "stringnotlike", "stringnotequals")


def exemption(document: Document, found: Measured, by: dict[str, list[Row]], would_deny: int) -> Json | None:
    """``{principals, condition, document, spared, would_deny, left, note}``: the roles and users seen, exempted from
    the statements that denied them. None when nothing is denied, or no caller of what is has an ARN.

    ``spared`` calls are no longer denied: every statement that denied any call lets these callers go.
    """
    callers: Counter[str] = Counter()
    for name, kinds in (("roles", ("AssumedRole",)), ("principals", ("IAMUser", "Root"))):
        for row in by.get(name, []):
            kind, arn = row["values"]
            if row["label"].partition(">")[0] == DENY and kind in kinds and arn and "*" not in arn and "?" not in arn:
                callers[arn] += row["count"]
    if not callers:
        return None
    arns, spared = sorted(callers), sum(callers.values())
    left = would_deny - spared
    said = "Review each: an exemption is a hole in the guardrail."
    return {
        "principals": [{"arn": arn, "count": count} for arn, count in callers.most_common()],
        "condition": {OPERATOR: {KEY: arns}},
        "document": exempting(document, set(found.by_statement), arns),
        "spared": spared,
        "would_deny": left,
        "note": f"{said} {left:,} denied calls are of callers that are not shown." if left else said,
    }


def exempting(document: Document, names: set[str], arns: list[str]) -> Json:
    """The document with these callers exempted in the statements of these names."""
    whole: Json = json.loads(json.dumps(document.source.value if document.source else {}))
    given = whole.get("Statement")
    statements = given if isinstance(given, list) else [given]
    for index, one in enumerate(statements):
        if (one.get("Sid") or f"statement {index + 1}") in names and one.get("Effect") == "Deny":
            one["Condition"] = _with(one.get("Condition") or {}, arns)
    return whole


def _with(conditions: Json, arns: list[str]) -> Json:
    """A list of exempted callers that is there already grows; otherwise one is added."""
    for operator, tests in conditions.items():
        for key, values in tests.items():
            plain = operator.lower().removesuffix("ifexists")
            if key.lower() == KEY.lower() and plain in _EXEMPTING:
                before: list[Any] = values if isinstance(values, list) else [values]
                grown = {**tests, key: [*before, *(arn for arn in arns if arn not in before)]}
                return {**conditions, operator: grown}
    return {**conditions, OPERATOR: {**conditions.get(OPERATOR, {}), KEY: arns}}
