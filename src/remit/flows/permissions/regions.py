"""The Regions that questions are asked about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from remit.flows.permissions.sources import Json, Sources
from remit.rooms.authorization import Bearing
from remit.rooms.authorization.topics import HOMES
from remit.rooms.query.predicate import Equals, Predicate, both, either

_GLOBAL: Final = tuple(sorted(set(HOMES.values())))
"""Asked about in any case: without them nothing would be known of IAM and the other global services."""
SAMPLES: Final = (*_GLOBAL, "eu-west-1", "ap-southeast-1", "sa-east-1")
"""Asked about besides: Regions where a forgotten guardrail would show."""
MOST: Final = 12
_KEY: Final = "aws:requestedregion"


def asked(sources: Sources, accounts: Iterable[str], within: Predicate, bearings: Iterable[Bearing]) -> Json:
    """``{asked, seen, named, samples, left_out}``: Regions with stored calls in these accounts, those that policies
    name, and the samples, at most ``MOST``: those of global services first, then those with most calls."""
    among = both(Equals("provider", "aws"), within, either(Equals("account", each) for each in accounts))
    rows = sorted(sources.calls.distinct(among, ("region",)), key=lambda row: -row["count"])
    seen = [region for row in rows if (region := row["values"][0]) and _is_region(region)]
    named = sorted({region for each in bearings for region in _named(each)})
    every = list(dict.fromkeys((*_GLOBAL, *seen, *SAMPLES, *named)))
    return {"asked": sorted(every[:MOST]), "seen": seen, "named": named, "samples": list(SAMPLES),
            "left_out": sorted(every[MOST:])}  # fmt: skip


def _is_region(text: str) -> bool:
    return text.count("-") >= 2 and text[-1].isdigit()


def _named(bearing: Bearing) -> Iterable[str]:
    for one in bearing.statements:
        for test in one.tests:
            if test.key == _KEY:
                yield from (value for value in test.condition.values if _is_region(value) and "*" not in value)
