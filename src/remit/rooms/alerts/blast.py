"""An agent's blast radius against its own past: resources, accounts and regions its changes reached, and deletions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.rooms.alerts import baseline
from remit.rooms.alerts.finding import Finding, Judgement, Watch, counted, fingerprint, length, moment, said
from remit.rooms.alerts.questions import Reach
from remit.rooms.alerts.rate import too_short

Measures = Mapping[str, Any]
_FEWEST_PLACES: Final = 2
_MEASURES: Final = (
    ("resources", "resource"),
    ("deletions", "deletion"),
    ("accounts", "account"),
    ("regions", "region"),
)


def judge_blast(watch: Watch, asked: Reach, reached: Sequence[Mapping[str, Measures]], start: int | None) -> Judgement:
    """A finding for each agent whose reach grew, the furthest first."""
    known = baseline.covered(asked.end, asked.width, asked.windows - 1, start)
    if known < baseline.FEWEST:
        return Judgement(note=too_short(known, asked.width))
    now, past = reached[-1], reached[-1 - known : -1]
    found = [each for agent in now if (each := _grown(watch, asked, agent, now[agent], past))]
    ordered = tuple(sorted(found, key=lambda each: (-each.evidence["resources"], each.fingerprint)))
    quiet = f"{counted(len(now), 'agent')} changed something in the {length(asked.width)} up to {moment(asked.end)}; "
    return Judgement(ordered, "" if ordered else f"{quiet}none reached further than usual.")


def _grown(
    watch: Watch, asked: Reach, agent: str, now: Measures, past: Sequence[Mapping[str, Measures]]
) -> Finding | None:
    factor, least = watch.settings.number("factor"), watch.settings.number("least")
    usual = {name: baseline.usual_of([each.get(agent, {}).get(name, 0) for each in past]) for name, _ in _MEASURES}
    grown = [
        (name, noun)
        for name, noun in _MEASURES
        if baseline.unusual(
            now[name], usual[name], factor, least if name in ("resources", "deletions") else _FEWEST_PLACES
        )
        and now[name] > (usual[name].most if name in ("accounts", "regions") else 0)
    ]
    if not grown:
        return None
    told = ", ".join(f"{counted(now[name], noun)} (usual {usual[name].usual:.1f})" for name, noun in grown)
    acted = sum(agent in each for each in past)
    sentence = (
        f"{said(agent, 60)} reached {told} in the {length(asked.width)} up to {moment(asked.end)}; "
        f"it changed something in {acted} of {counted(len(past), 'earlier window')}."
    )
    evidence = {name: now[name] for name, _ in _MEASURES} | {
        "changes": now["changes"],
        "usual": {name: round(usual[name].usual, 2) for name, _ in _MEASURES},
        "windows": len(past),
        "factor": factor,
        "least": int(least),
    }
    return Finding(
        fingerprint(watch, agent),
        sentence,
        1,
        evidence,
        (now["sample"],),
        asked.end - asked.width,
        asked.end,
        (("agent", agent),),
        {"agent": agent},
    )
