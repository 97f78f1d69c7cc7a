"""Decisions about thousands of actions put together: one finding for all that the same statements decide alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from remit.flows.permissions.sources import Json
from remit.flows.questions.window import plural
from remit.rooms.authorization.bearing import Bearing
from remit.rooms.authorization.reach import ALLOWED, DENIED, NOT_GRANTED, ORDER, UNKNOWN, Judged
from remit.rooms.authorization.topics import TITLES, Subject

SHOWN: Final = 12
"""Findings, actions, services and resources shown of each kind; how many there are is always said."""
_RANK: Final = {decision: rank for rank, decision in enumerate(ORDER)}
WORDS: Final = {ALLOWED: "allowed", UNKNOWN: "not settled", DENIED: "denied", NOT_GRANTED: "not granted"}
_KINDS: Final = {
    "identity": "its own policies allow it nowhere",
    "boundary": "its boundary does not allow it",
    "resource": "the resource's own policy does not allow it",
}


@dataclass
class Gathered:
    """Actions decided alike, and in which Regions."""

    judged: Judged
    actions: dict[str, str] = field(default_factory=dict)
    regions: set[str] = field(default_factory=set)

    def add(self, subject: Subject, region: str) -> None:
        """One more action in a Region."""
        self.actions[subject.full] = subject.service
        self.regions.add(region)


class Topic:
    """One question, over all actions and Regions. An action's decision is its best in any Region."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._by: dict[Judged, Gathered] = {}
        self._same: dict[int, Gathered] = {}
        """By identity, which is quicker than to compare all that a decision says; ``_kept`` keeps them from going."""
        self._kept: list[Judged] = []
        self._best: dict[str, str] = {}
        self._regions: dict[str, Counter[str]] = {}

    def add(self, subject: Subject, region: str, judged: Judged) -> None:
        """One decision."""
        found = self._same.get(id(judged)) or self._gathered(judged)
        found.add(subject, region)
        counts = self._regions.get(region)
        if counts is None:
            counts = self._regions[region] = Counter()
        counts[judged.decision] += 1
        before = self._best.get(subject.full)
        if before is None or _RANK[judged.decision] < _RANK[before]:
            self._best[subject.full] = judged.decision

    def _gathered(self, judged: Judged) -> Gathered:
        found = self._by.setdefault(judged, Gathered(judged))
        self._kept.append(judged)
        self._same[id(judged)] = found
        return found

    def json(self, bearing: Bearing) -> Json:
        """``{topic, title, decision, sentence, counts, services, regions, findings, more}``."""
        counts = Counter(self._best.values())
        decision = next((each for each in ORDER if counts[each]), NOT_GRANTED)
        ordered = sorted(self._by.values(), key=lambda each: (ORDER.index(each.judged.decision), -len(each.actions)))
        able = Counter(name.partition(":")[0] for name, each in self._best.items() if each == ALLOWED)
        return {
            "topic": self.name,
            "title": TITLES[self.name],
            "decision": decision,
            "sentence": self._sentence(counts, able),
            "counts": {WORDS[each].replace(" ", "_"): counts[each] for each in ORDER} | {"actions": len(self._best)},
            "services": [{"service": name, "actions": count} for name, count in able.most_common(SHOWN)],
            "services_in_all": len(able),
            "regions": [{"region": region, **{WORDS[each].replace(" ", "_"): found[each] for each in ORDER}}
                        for region, found in sorted(self._regions.items())],
            "findings": [finding(bearing, each) for each in ordered[:SHOWN]],
            "more": max(0, len(ordered) - SHOWN),
        }  # fmt: skip

    def _sentence(self, counts: Counter[str], able: Counter[str]) -> str:
        total = len(self._best)
        parts = [f"{counts[each]:,} {WORDS[each]}" for each in ORDER if counts[each]]
        places = sorted(region for region, found in self._regions.items() if found[ALLOWED])
        where = f", in {plural(len(able), 'service')} and {len(places)} of {len(self._regions)} Regions" if able else ""
        return f"Of {total:,} actions {', '.join(parts) or 'none was asked about'}{where}."


def finding(bearing: Bearing, found: Gathered) -> Json:
    """What decides some actions: ``{decision, actions, sample, services, regions, statements, resources, except_on,
    settled_by, wanting, why}``."""
    judged = found.judged
    services = Counter(found.actions.values())
    return {
        **told(bearing, judged),
        "actions": len(found.actions),
        "sample": sorted(found.actions)[:SHOWN],
        "services": [{"service": name, "actions": count} for name, count in services.most_common(SHOWN)],
        "services_in_all": len(services),
        "regions": sorted(found.regions),
    }


def told(bearing: Bearing, judged: Judged) -> Json:
    """One decision with what decides it."""
    statements = [bearing.told(each) for each in judged.determining]
    wanting = list(dict.fromkeys(_wanting(bearing, each.kind, each.level) for each in judged.wanting))
    return {
        "decision": judged.decision,
        "statements": statements,
        "resources": list(judged.resources[:SHOWN]),
        "resources_in_all": len(judged.resources),
        "except_on": list(dict.fromkeys(judged.except_on))[:SHOWN],
        "settled_by": list(judged.keys),
        "wanting": wanting,
        "why": _why(judged, statements, wanting),
    }


def _wanting(bearing: Bearing, kind: str, level: int | None) -> str:
    if kind in ("scp", "rcp") and level is not None:
        return f"no {kind.upper()} on {bearing.guarding.levels[level]} allows it"
    return _KINDS.get(kind, f"no {kind} policy allows it")


def _why(judged: Judged, statements: list[Json], wanting: Iterable[str]) -> str:
    said = "; ".join(each["text"] for each in statements if each["kind"] != "scp" or each["effect"] == "Deny")
    if judged.decision == ALLOWED:
        levels = sum(1 for each in statements if each["kind"] == "scp")
        return f"granted by {said}" + (f", let through by SCPs on {levels} levels" if levels else "")
    if judged.decision == DENIED:
        return f"denied by {said}"
    if judged.decision == UNKNOWN:
        return f"depends on {', '.join(judged.keys)}" + (f": {said}" if said else "")
    return ", ".join(wanting) or "nothing allows it"
