"""Every check there is, in the order the documentation tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.checks import (
    absent,
    actions,
    effects,
    exemptions,
    extent,
    form,
    keys,
    kinds,
    lockout,
    operators,
    perimeter,
    regions,
    resources,
    variables,
    writing,
)
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Policy


def _by_the_reader(policy: Policy, facts: Facts) -> Iterator[Hit]:  # noqa: ARG001
    """These are told by the reader itself, before there is a policy to check."""
    return iter(())


UNREADABLE: Final = Check(
    "unreadable",
    "error",
    "A document that cannot be read",
    "What cannot be read cannot be checked, and AWS refuses it. No other check ran.",
    _by_the_reader,
)
TOO_LONG: Final = Check(
    "too-long",
    "error",
    "A document longer than any policy",
    "It is far beyond every limit of AWS. It was measured, and no other check ran.",
    _by_the_reader,
)
REFUSED: Final = Check(
    "refused",
    "error",
    "The policy engine does not take it",
    "The engine that decides requests, backtests and explains denials reads policies as AWS does and refuses this one. "
    "Told where no other check says so.",
    _by_the_reader,
)
NOT_FINISHED: Final = Check(
    "not-finished",
    "error",
    "A check that was not finished",
    "The document asks for more wildcard matching than is done for one text. What this check would have "
    "found is not known.",
    _by_the_reader,
)
FAMILIES: Final[tuple[tuple[str, tuple[Check, ...]], ...]] = (
    ("Reading", (UNREADABLE, TOO_LONG, REFUSED, NOT_FINISHED)),
    ("Form", form.CHECKS),
    ("Policy type", kinds.CHECKS),
    ("Writing", writing.CHECKS),
    ("Actions", actions.CHECKS),
    ("Resources", resources.CHECKS),
    ("Condition keys", keys.CHECKS),
    ("Operators", operators.CHECKS),
    ("Missing keys", absent.CHECKS),
    ("Perimeters", perimeter.CHECKS),
    ("Exemptions", exemptions.CHECKS),
    ("Breadth", lockout.CHECKS),
    ("Regions", regions.CHECKS),
    ("Effect", effects.CHECKS),
    ("Variables", variables.CHECKS),
    ("Extent", extent.CHECKS),
)
"""Family -> its checks."""
CHECKS: Final = tuple(check for _, checks in FAMILIES for check in checks)
