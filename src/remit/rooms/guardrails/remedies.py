"""What to do about a denial that the organization's policies caused, chosen by what the statement asks and was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from remit.rooms.guardrails.causes import Cause
from remit.rooms.guardrails.conditions_told import Told, shown

REGION: Final = "approved_region"
ENCRYPTION: Final = "encryption_key"
NETWORK: Final = "approved_network"
CHANGE_CALL: Final = "change_call"
EXEMPTION: Final = "narrower_exemption"
ALLOWANCE: Final = "allow_statement"
EXPECTED: Final = "expected"
SETTLE: Final = "settle"
_PERSISTENT: Final = 10
"""Denials of one caller, on more than one day, that look like work which is meant and not like a stray call."""
_DAY_US: Final = 86_400_000_000
_KEY_WORDS: Final = ("kms", "encrypt", "-sse", ":sse")
_NETWORK: Final = ("aws:sourceip", "aws:sourcevpc", "aws:vpcsourceip")
_EXEMPTING: Final = ("aws:principalarn", "aws:principaltag/", "aws:userid", "aws:username", "aws:principaltype")
_NOT_OURS: Final = (
    *_EXEMPTING, "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:resourceaccount",
    "aws:resourceorgid", "aws:resourceorgpaths", "aws:resourcetag/", "aws:currenttime", "aws:epochtime",
    "aws:principalisawsservice", "aws:viaawsservice", "aws:calledvia", "aws:sourceip", "aws:sourcevpc",
    "aws:vpcsourceip", "aws:multifactorauth", "aws:useragent", "aws:referer", "aws:sourceaccount", "aws:sourcearn",
    "aws:sourceorg", "aws:viaawsmcpservice",
)  # fmt: skip
"""Keys that the parameters of a call do not set."""
_EXEMPT_OPERATOR: Final = "ArnNotLikeIfExists"


@dataclass(frozen=True, slots=True)
class Callers:
    """Who was stopped how often, and over which time (microseconds)."""

    counts: Mapping[str, int]
    first: int
    last: int
    unnamed: int = 0
    """Calls of callers whose ARN is not known."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """``kind`` is one of the words above. ``condition`` is what a narrower exemption would add to the statement."""

    kind: str
    text: str
    evidence: tuple[str, ...] = ()
    condition: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


def recommend(causes: Sequence[Cause], callers: Callers) -> Remedy:
    """What to do, for the first of the causes; they are in order of likelihood."""
    cause = causes[0]
    if not cause.settled:
        return Remedy(SETTLE, f"Not settled: {', '.join(cause.keys)} would tell.", _evidence(cause))
    if cause.statement is None:
        text = f"No SCP on {cause.level_name} allows {cause.action}: allow it there if the call is meant."
        return Remedy(ALLOWANCE, text, ("AWS needs an Allow statement at every level above the account.",))
    found = _by_condition(cause)
    if found:
        return found
    return _persistent(cause, callers) or _expected(cause)


def _by_condition(cause: Cause) -> Remedy | None:
    """A change of the call itself that the statement's own conditions point to."""
    for told in cause.told:
        if told.key.lower() == "aws:requestedregion":
            return _region(told)
    settable = [told for told in cause.told if not told.key.lower().startswith(_NOT_OURS)]
    for told in settable:
        if any(word in told.key.lower() for word in _KEY_WORDS):
            return Remedy(ENCRYPTION, f"Give an encryption key: the call's {told.key} {_was(told)}.", (told.words,))
    for told in settable:
        text = f"Change the call: its {told.key} {_was(told)}, and the statement denies {_asked(told)}."
        return Remedy(CHANGE_CALL, text, (told.words,))
    for told in cause.told:
        if told.key.lower().startswith(_NETWORK) and "Not" in told.operator:
            text = f"Call from {shown(told.wanted)}: {told.key} {_was(told)}."
            return Remedy(NETWORK, text, (told.words,))
    return None


def _was(told: Told) -> str:
    return f"was {shown(told.seen)}" if told.seen else "was absent"


def _asked(told: Told) -> str:
    return f"what {told.operator} {shown(told.wanted)} finds"


def _region(told: Told) -> Remedy:
    seen = shown(told.seen or ())
    if "Not" in told.operator:
        return Remedy(REGION, f"Use an approved Region instead of {seen}: {shown(told.wanted)}.", (told.words,))
    return Remedy(REGION, f"Use a Region other than {shown(told.wanted)}.", (told.words,))


def _persistent(cause: Cause, callers: Callers) -> Remedy | None:
    """An exemption for callers that keep being stopped, when all of them are known by their ARNs."""
    named = {arn: count for arn, count in callers.counts.items() if count >= _PERSISTENT}
    guarded = any(told.key.lower().startswith(_EXEMPTING) for told in cause.told)
    lasting = callers.last - callers.first > _DAY_US
    if callers.unnamed or not (guarded or (named and lasting)):
        return None
    arns = sorted(named if named and lasting else callers.counts)
    if not arns or any("*" in each or "?" in each for each in arns):
        return None
    total = sum(callers.counts[each] for each in arns)
    evidence = [f"{each}: {callers.counts[each]:,} denials" for each in arns[:5]]
    why = "the statement already exempts principals" if guarded else "they keep being stopped, on more than one day"
    text = (
        f"If this work is meant, exempt the {len(arns)} seen ({total:,} denials) and nobody else; {why}. "
        "Otherwise it is expected: stop the callers."
    )
    return Remedy(EXEMPTION, text, tuple(evidence), {_EXEMPT_OPERATOR: {"aws:PrincipalArn": arns}})


def _expected(cause: Cause) -> Remedy:
    held = _evidence(cause) or ("The statement has no condition: no change of the call would pass.",)
    return Remedy(EXPECTED, "Expected: the guardrail did its work.", held)


def _evidence(cause: Cause) -> tuple[str, ...]:
    return tuple(told.words for told in cause.told)
