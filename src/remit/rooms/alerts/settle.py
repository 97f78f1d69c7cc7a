"""Which findings are told: each once in its quiet time, and a storm of them summed up in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from remit.rooms.alerts.finding import SAMPLES, Finding, Watch, counted, fingerprint, moment

MOST: Final = 5
"""Firings of one alert that may begin within its quiet time; what comes beyond is summed up in one more."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Settled:
    """``fired`` are to be told; ``again`` counts up firings that are under way, fingerprint -> by how many."""

    fired: tuple[Finding, ...]
    again: Mapping[str, int]


def settle(watch: Watch, findings: Iterable[Finding], began: Mapping[str, int], at: int) -> Settled:
    """``began`` is when the newest firing of each fingerprint of this alert began, ``at`` the time now, both in
    microseconds. Settling the same findings again, with what fired noted, fires nothing."""
    under_way = {name for name, first in began.items() if at - first < watch.settings.quiet_us}
    again: dict[str, int] = {}
    fresh: dict[str, Finding] = {}
    for found in findings:
        if found.fingerprint in under_way:
            again[found.fingerprint] = again.get(found.fingerprint, 0) + found.count
        else:
            same = fresh.get(found.fingerprint)
            fresh[found.fingerprint] = replace(found, count=found.count + same.count) if same else found
    storm = fingerprint(watch, "storm")
    if not fresh or len(fresh) <= MOST - len(under_way - {storm}):
        return Settled(tuple(fresh.values()), again)
    if storm in under_way:
        again[storm] = sum(each.count for each in fresh.values())
        return Settled((), again)
    return Settled((_summed(storm, list(fresh.values())),), again)


def _summed(storm: str, findings: Sequence[Finding]) -> Finding:
    """One finding that stands for many."""
    total = sum(each.count for each in findings)
    low, high = min(each.low for each in findings), max(each.high for each in findings)
    acts = f"{counted(total, 'act')} in " if any("acts" in each.evidence for each in findings) else ""
    samples = [sample for each in findings for sample in each.samples]
    return Finding(
        storm,
        f"{acts}{counted(len(findings), 'different finding')}, too many to tell one by one, from "
        f"{moment(low)} to {moment(high)}. The first: {findings[0].sentence}",
        total,
        {"acts": total, "findings": len(findings), "shown": [each.sentence for each in findings[:_SHOWN]]},
        tuple(dict.fromkeys(samples))[:SAMPLES],
        low,
        high,
        subject=_common(findings),
    )


def _common(findings: Sequence[Finding]) -> dict[str, Any]:
    """What every finding says of who and where."""
    first = findings[0].subject
    return {name: value for name, value in first.items() if all(f.subject.get(name) == value for f in findings)}
