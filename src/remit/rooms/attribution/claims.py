"""Claims and their resolution: what several pieces of evidence, stronger and weaker, come to together.

Three rules decide. A weaker claim never overrules a stronger one. A name alone never makes an agent. Whose credential
was used is not who acted: a credential's owner becomes the actor only when nothing better is known, and becomes the one
on whose behalf it was done when an agent is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from remit.model.vocabulary import STRENGTH_CONFIDENCE, STRENGTHS

_RANK: Final = {strength: rank for rank, strength in enumerate(STRENGTHS)}
_KIND_PREFERENCE: Final = ("agent", "pipeline", "workload", "service", "person")
_BAND_TOP: Final = {"stamped": 0.99, "joined": 0.94, "declared": 0.89, "named": 0.59}
_BAND_FLOOR: Final = {"stamped": 0.95, "joined": 0.9, "declared": 0.7, "named": 0.4}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one piece of evidence says. ``name`` and ``behalf`` are values, ``*_from`` are columns of the event."""

    evidence: str
    strength: str
    kind: str = ""
    path: str = ""
    agent: str = ""
    credential: str = ""
    tool: str = ""
    name: str = ""
    name_from: str = ""
    behalf: str = ""
    behalf_from: str = ""
    undecided: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The resolved reading of one combination of claims, shared by every event that has that combination."""

    kind: str
    path: str
    agent: str
    name: str
    name_from: str
    behalf: str
    behalf_from: str
    confidence: float
    evidence: tuple[str, ...]
    runner_up: str | None
    credential: str = ""


def resolve(claims: Sequence[Claim]) -> Verdict:
    """Weigh the claims. The order of equal claims is the order given."""
    ordered = sorted(claims, key=lambda claim: _RANK[claim.strength])
    actors = _actor_claims(ordered)
    winner = actors[0] if actors else None
    credential = _credential(ordered)
    actor = winner or credential
    kind = (winner.kind if winner else credential.credential if credential else "") or "unknown"
    path = next((claim.path for claim in ordered if claim.path), "unknown")
    behalf, behalf_from = _behalf(kind, ordered, credential)
    return Verdict(
        kind=kind,
        path=path,
        agent=_agent_name(actors) if kind == "agent" else "",
        name=actor.name if actor else "",
        name_from=actor.name_from if actor else "",
        behalf=behalf,
        behalf_from=behalf_from,
        confidence=_confidence(kind, actor, actors),
        evidence=tuple(dict.fromkeys(claim.evidence for claim in ordered)),
        runner_up=_runner_up(kind, winner, ordered),
        credential=credential.credential if credential else "",
    )


def _actor_claims(ordered: Iterable[Claim]) -> list[Claim]:
    """Claims that may decide the kind, best first; a merely named agent is not among them."""
    deciding = [c for c in ordered if c.kind and not (c.kind == "agent" and c.strength == "named")]
    return sorted(deciding, key=lambda c: (_RANK[c.strength], _preference(c.kind)))


def _credential(ordered: Iterable[Claim]) -> Claim | None:
    """Whose credential it was, by the strongest claim; among equals by kind, so that their order decides nothing."""
    owners = [claim for claim in ordered if claim.credential]
    return min(owners, key=lambda c: (_RANK[c.strength], _preference(c.credential)), default=None)


def _preference(kind: str) -> int:
    return _KIND_PREFERENCE.index(kind) if kind in _KIND_PREFERENCE else len(_KIND_PREFERENCE)


def _agent_name(actors: Sequence[Claim]) -> str:
    return next((claim.agent for claim in actors if claim.kind == "agent" and claim.agent), "")


def _behalf(kind: str, ordered: Sequence[Claim], credential: Claim | None) -> tuple[str, str]:
    for claim in ordered:
        if claim.behalf or claim.behalf_from:
            return claim.behalf, claim.behalf_from
    if kind == "agent" and credential is not None and credential.credential in ("person", "pipeline"):
        return credential.name, credential.name_from or ("" if credential.name else "principal_name")
    return "", ""


def _confidence(kind: str, actor: Claim | None, actors: Sequence[Claim]) -> float:
    """The strength's confidence: a little more when others agree, the band's floor when equals disagree."""
    if actor is None or kind == "unknown":
        return 0.0
    rivals = [c for c in actors if c is not actor and c.strength == actor.strength and c.kind != kind]
    if rivals:
        return _BAND_FLOOR[actor.strength]
    agreeing = len({c.evidence for c in actors if c is not actor and c.kind == kind})
    return round(min(STRENGTH_CONFIDENCE[actor.strength] + 0.01 * agreeing, _BAND_TOP[actor.strength]), 2)


def _runner_up(kind: str, winner: Claim | None, ordered: Sequence[Claim]) -> str | None:
    """The best other reading; for an unknown or merely named actor, what would settle it."""
    rival = next((claim for claim in ordered if claim.kind and _reading(claim) != _reading(winner)), None)
    if rival is not None and _reading(rival) != kind:
        return f"{_reading(rival)} ({rival.strength}: {rival.evidence})"
    undecided = next((claim.undecided for claim in ordered if claim.undecided), "")
    if undecided and (kind == "unknown" or winner is None or winner.strength == "named"):
        return undecided
    if kind == "unknown":
        return "not known: map the principal in identities.toml, or have callers set a source identity or an app id"
    return None


def _reading(claim: Claim | None) -> str:
    if claim is None:
        return ""
    return f"agent {claim.agent}" if claim.kind == "agent" and claim.agent else claim.kind
