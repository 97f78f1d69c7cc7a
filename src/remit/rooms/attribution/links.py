"""Evidence from other records: what the record a call joins to says about the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.rooms.attribution.claims import Claim, Verdict
from remit.rooms.attribution.signals import Signal

ISSUED_KEY: Final = "issued-key"
SIGN_IN: Final = "sign-in"
CAUSE: Final = "cause"
EFFECT: Final = "effect"
SAME_ACT: Final = "same-act"
"""How the other record relates to this one: it issued this one's credentials, opened its sign-in session, caused it
(an MCP call and the API call it made), was caused by it, or is another record of the same act."""

ISSUERS: Final = 4
"""Most records of one issue of credentials that are followed: both accounts of a cross-account role have one."""

BEHIND: Final = 16
"""Most records behind one key that are followed in all, the nearest first and among equals the smallest id."""

JOIN_FIELDS: Final = {
    "join.issued-key": "access_key",
    "join.sign-in": "link_asks",
    "join.cause": "request_id",
    "join.effect": "link_offers",
    "join.same-act": "link_offers",
    "registry": "principal",
}
"""Evidence that is no signal: its id and the column it joins by. All of it weighs as ``joined``."""


@dataclass(frozen=True, slots=True)
class Link:
    """One other record, as facts, and its relation to this one."""

    relation: str
    facts: Mapping[str, Any]

    @property
    def evidence(self) -> str:
        return f"join.{self.relation}={self.facts['event_id']}"


def inherited(link: Link, verdict: Verdict, fired: Sequence[Signal]) -> list[Claim]:
    """What the linked record's own reading means for the record that joins to it.

    Every link leaves its evidence, also one that says nothing about the actor, so that a join that was made is told
    apart from one that is still to be made.
    """
    if link.relation in (CAUSE, SAME_ACT):
        return [_shared(link, verdict)]
    if link.relation == EFFECT:
        return [Claim(evidence=link.evidence, strength="joined")]
    return _held(link, verdict, fired)


def _shared(link: Link, verdict: Verdict) -> Claim:
    """Two records of one act have one actor and one path."""
    kind = "" if verdict.kind in ("unknown", "service") else verdict.kind
    return Claim(
        evidence=link.evidence,
        strength="joined",
        kind=kind,
        path="" if verdict.path == "unknown" else verdict.path,
        agent=verdict.agent,
        name=value_of(verdict.name, verdict.name_from, link.facts) if kind else "",
        behalf=value_of(verdict.behalf, verdict.behalf_from, link.facts),
    )


def _held(link: Link, verdict: Verdict, fired: Sequence[Signal]) -> list[Claim]:
    """The holder of credentials: what the issuing record says its holders are, else whoever asked for them.

    A join proves whose credentials these are. Only an agent is taken to go on acting with what it asked for; a
    person's or a pipeline's may be in an agent's hands, which a marker on the call itself then says.
    """
    issued = next((signal.says.issues for signal in fired if signal.says.issues), "")
    name = value_of(verdict.name, verdict.name_from, link.facts)
    behalf = value_of(verdict.behalf, verdict.behalf_from, link.facts)
    if issued:
        named = "" if issued == "workload" else name
        return [Claim(evidence=link.evidence, strength="joined", kind=issued, name=named, behalf=behalf)]
    if verdict.kind == "agent":
        return [Claim(link.evidence, "joined", kind="agent", agent=verdict.agent, name=name, behalf=behalf)]
    if verdict.kind in ("person", "pipeline", "workload"):
        return [Claim(evidence=link.evidence, strength="joined", credential=verdict.kind, name=name, behalf=behalf)]
    return [Claim(evidence=link.evidence, strength="joined")]


def value_of(value: str, column: str, facts: Mapping[str, Any]) -> str:
    """A claim's value: given outright, or standing in a column of the record."""
    return value or (str(facts.get(column) or "") if column else "")
