"""Which findings are told: each once in its quiet time, and a storm of them summed up in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.rooms.alerts.finding import (
    Finding,
    Watch,
    counted,
    distinct,
    fingerprint,
    listed,
    moment,
    newest_samples,
    spanned,
    together,
)

MOST: Final = 5
"""Firings of one alert that may begin within its quiet time; what comes beyond is summed up in one more."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Settled:
    """``fired`` are to be told; ``again`` adds to firings that are under way, fingerprint -> what was found again."""

    fired: tuple[Finding, ...]
    again: Mapping[str, Finding]


def settle(watch: Watch, findings: Iterable[Finding], began: Mapping[str, int], at: int) -> Settled:
    """``began`` is when the newest firing of each fingerprint of this alert began, ``at`` the time now, both in
    microseconds. Settling the same findings again, with what fired noted, fires nothing."""
    under_way = {name for name, first in began.items() if at - first < watch.settings.quiet_us}
    same: dict[str, list[Finding]] = {}
    for found in findings:
        same.setdefault(found.fingerprint, []).append(found)
    each_once = {name: together(members) for name, members in same.items()}
    again = {name: found for name, found in each_once.items() if name in under_way}
    fresh = [found for name, found in each_once.items() if name not in under_way]
    storm = fingerprint(watch, "storm")
    if not fresh or len(fresh) <= MOST - len(under_way - {storm}):
        return Settled(tuple(fresh), again)
    if storm in under_way:
        return Settled((), {**again, storm: _summed(storm, fresh)})
    return Settled((_summed(storm, fresh),), again)


def _summed(storm: str, findings: Sequence[Finding]) -> Finding:
    """One finding that stands for many, and names what they touched."""
    total = sum(each.count for each in findings)
    low, high = min(each.low for each in findings), max(each.high for each in findings)
    names = distinct(findings)
    return Finding(
        storm,
        f"{_too_many(findings, total)}, {spanned(low, high)}"
        f"{f', on {listed(names)}' if names else ''}. The first: {findings[0].sentence}",
        total,
        {
            "acts": total,
            "resources": len(names),
            "from": moment(low),
            "to": moment(high),
            "shown": [each.sentence for each in findings[:_SHOWN]],
        },
        newest_samples(findings),
        low,
        high,
        subject=_common(findings),
        resources=names,
    )


def _too_many(findings: Sequence[Finding], total: int) -> str:
    """How many there are, and what they are when they are all of one sort."""
    deed = findings[0].deed
    shared = f"{deed}: " if deed and all(each.deed == deed for each in findings) else ""
    acts = f"{counted(total, 'act')} in " if any("acts" in each.evidence for each in findings) else ""
    return f"{shared}{acts}{counted(len(findings), 'different finding')}, too many to tell one by one"


def _common(findings: Sequence[Finding]) -> dict[str, Any]:
    """What every finding says of who and where."""
    first = findings[0].subject
    return {name: value for name, value in first.items() if all(f.subject.get(name) == value for f in findings)}
