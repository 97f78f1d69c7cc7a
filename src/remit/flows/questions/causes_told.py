"""A gathered cause of denials as an answer: the statements, why, what the record itself says, and what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

from remit.flows.questions.causes_gathered import Gathered
from remit.model.event_json import rfc3339
from remit.model.vocabulary import POLICY_WORDS
from remit.rooms.guardrails.causes import FOUND, NONE, OUT_OF_REACH, Cause
from remit.rooms.guardrails.conditions_told import Told, shown
from remit.rooms.guardrails.remedies import Callers, Remedy, recommend

Json = dict[str, Any]
_CALLERS: Final = 10
_ACTIONS: Final = 10
_VALUES: Final = 5
_OF_ORGANIZATION: Final = ("scp", "rcp")


def told_row(gathered: Gathered, sample: str | None) -> Json:
    """``{verdict, sentence, concerns_organization, explained, causes, record, unknown_keys, count, first, last,
    actions, callers, more_callers, unnamed_callers, seen, recommendation, sample}``."""
    causes = _ordered(gathered)
    callers = Callers(gathered.callers, gathered.first, gathered.last, gathered.unnamed)
    kept = recommend([_with_all_seen(each, gathered) for each in causes], callers) if causes else None
    named = gathered.callers.most_common(_CALLERS)
    return {
        "verdict": gathered.causes.word,
        "sentence": _sentence(gathered, causes),
        "concerns_organization": gathered.causes.word not in (NONE, OUT_OF_REACH) or _blames_us(gathered),
        "explained": is_explained(gathered),
        "causes": [_cause(each, gathered) for each in causes],
        "record": _record(gathered, causes),
        "unknown_keys": list(gathered.causes.keys),
        "count": gathered.count,
        "first": rfc3339(gathered.first),
        "last": rfc3339(gathered.last),
        "actions": [{"action": name, "count": count} for name, count in gathered.actions.most_common(_ACTIONS)],
        "callers": [{"principal": name, "count": count} for name, count in named],
        "more_callers": len(gathered.callers) - len(named),
        "unnamed_callers": gathered.unnamed,
        "seen": {key: [value for value, _ in values.most_common(_VALUES)] for key, values in gathered.seen.items()},
        "recommendation": _recommendation(kept),
        "sample": sample,
    }


def _with_all_seen(cause: Cause, gathered: Gathered) -> Cause:
    """The cause with what all of its denials had, not the first alone."""

    def every(told: Told) -> Told:
        seen = told.seen and tuple(dict.fromkeys((*told.seen, *gathered.seen.get(told.key, ()))))
        return replace(told, seen=seen)

    return replace(cause, told=tuple(map(every, cause.told)))


def policy_answer(cause: Json | None, answer: Json) -> Json:
    """What an event's page says of "Any policy violated?", once the statement is known; else as it was said."""
    if not cause or cause["note"] or cause["verdict"] != FOUND:
        return answer
    return {"answer": f"Yes: {cause['sentence']}", "how": f"{cause['causes'][0]['why']} {cause['record']['says']}",
            "settle": None}  # fmt: skip


def is_explained(gathered: Gathered) -> bool:
    """Whether the statements found say all that the record's message could: it names no policy of another kind, and
    none that they are not of."""
    kind, arn = gathered.recorded.get("deny_policy_type") or "unknown", gathered.recorded.get("deny_policy_arn")
    named = not arn or any(_named(gathered, each) for each in gathered.causes.causes)
    return gathered.causes.word == FOUND and kind in (*_OF_ORGANIZATION, "unknown") and named


def _blames_us(gathered: Gathered) -> bool:
    """Whether the record itself says that a policy of the organization denied it."""
    return gathered.recorded.get("deny_policy_type") in _OF_ORGANIZATION


def _ordered(gathered: Gathered) -> list[Cause]:
    """The causes: those that the record names first, explicit denials before missing allowances."""

    def rank(cause: Cause) -> tuple[bool, bool]:
        return not _named(gathered, cause), cause.statement is None

    return sorted(gathered.causes.causes, key=rank)


def _named(gathered: Gathered, cause: Cause) -> bool:
    arn = gathered.recorded.get("deny_policy_arn")
    return bool(arn and cause.standing and (cause.standing.arn == arn or arn.endswith(f"/{cause.standing.policy}")))


def _cause(cause: Cause, gathered: Gathered) -> Json:
    standing = cause.standing
    return {
        "kind": cause.kind,
        "policy": standing.policy if standing else None,
        "name": standing.name if standing else None,
        "arn": (standing.arn or None) if standing else None,
        "statement": cause.name or None,
        "level": {"id": cause.level, "name": cause.level_name},
        "version": rfc3339(standing.since) if standing else None,
        "settled": cause.settled,
        "named_by_record": _named(gathered, cause),
        "why": _why(cause, gathered),
        "conditions": [
            {"key": each.key, "operator": each.operator, "wanted": list(each.wanted),
             "seen": list(each.seen) if each.seen is not None else None, "words": each.words}
            for each in cause.told
        ],
        "unknown_keys": list(cause.keys),
    }  # fmt: skip


def _why(cause: Cause, gathered: Gathered) -> str:
    """In a sentence, what of the statement held, or is open; of several denials, what was seen among them."""
    others = len(gathered.actions) - 1
    called = f"{cause.action}{f' and {others} more' if others > 0 else ''}"
    if cause.statement is None:
        return f"No SCP on {cause.level_name} allows {called}."
    speaks = "does not except" if cause.statement.not_actions else "denies"
    held = "; ".join(f"{each.words}{_also(each, gathered)}" for each in cause.told)
    if not cause.settled:
        return f"It may deny {called}, which hangs on {', '.join(cause.keys)}{f': {held}' if held else ''}."
    return f"It {speaks} {called}{f', and {held}' if held else ', whatever the call'}."


def _also(told: Told, gathered: Gathered) -> str:
    """Values that others of these denials had."""
    seen = gathered.seen.get(told.key, Counter())
    others = [value for value, _ in seen.most_common() if value not in (told.seen or ())]
    return f" (others: {shown(others)})" if others else ""


def _sentence(gathered: Gathered, causes: list[Cause]) -> str:
    word, said = gathered.causes.word, gathered.causes.why
    if word == FOUND:
        several = f" {len(causes)} statements deny it; any one would do." if len(causes) > 1 else ""
        return f"Denied by {label(causes[0])}.{several}"
    if word == OUT_OF_REACH:
        return f"No policy of the organization could deny it. {said}".strip()
    if word == NONE:
        return f"No policy of the organization denies it. {said}".strip()
    could = f" {len(causes)} could be the cause." if len(causes) > 1 else ""
    wanted = ", ".join(gathered.causes.keys)
    settle = f" It hangs on {wanted}, which no record states." if wanted else ""
    return f"Not settled.{could}{settle}{f' {said}' if said else ''}"


def label(cause: Cause) -> str:
    """``statement DenyOtherRegions of the SCP ProtectRegions on Workloads``."""
    if cause.standing is None:
        return f"the want of an Allow: no SCP on {cause.level_name} allows {cause.action}"
    name = cause.standing.name or cause.standing.policy
    since = f" (version of {rfc3339(cause.standing.since)})" if cause.standing.since is not None else ""
    return f"{cause.name} of the {cause.kind} {name}{since} on {cause.level_name}"


def _record(gathered: Gathered, causes: list[Cause]) -> Json:
    kind, arn = gathered.recorded.get("deny_policy_type"), gathered.recorded.get("deny_policy_arn")
    names = [each.standing.name for each in causes if each.standing and _named(gathered, each)]
    return {"policy_type": kind, "policy_arn": arn, "policy_name": names[0] or None if names else None,
            "says": _says(gathered, causes, kind or "unknown", arn)}  # fmt: skip


def _says(gathered: Gathered, causes: list[Cause], kind: str, arn: str | None) -> str:
    """How what the record's own message says goes together with what was found."""
    words = POLICY_WORDS.get(kind, kind)
    told = f"{words}{f' {arn}' if arn else ''}"
    ours = kind in _OF_ORGANIZATION
    if kind == "unknown":
        rest = "" if causes else " Look at identity policies, boundaries, session and resource policies."
        return f"The record does not say which policy denied it.{rest}"
    if not causes:
        return _disagrees(told) if ours and gathered.causes.word != "unknown" else f"The record says: {told}."
    if any(_named(gathered, each) for each in causes):
        return "The record names the same policy."
    if ours and arn:
        return f"The record names another policy: {told}. The organization file may be older than the denial."
    if ours and any(each.kind.lower() == kind for each in causes):
        return f"The record says: {words}, without naming it; these are of that kind."
    verb = "would deny" if gathered.causes.word == FOUND else "might deny"
    return f"The record says: {told}. AWS names one kind even where several deny: these {verb} it too."


def _disagrees(told: str) -> str:
    return (
        f"The record says: {told}. None in the organization file denies it, so the file lacks that policy or its "
        "version of the time: bring it in anew with `remit organization import`."
    )


def _recommendation(remedy: Remedy | None) -> Json | None:
    if remedy is None:
        return None
    return {
        "kind": remedy.kind,
        "text": remedy.text,
        "evidence": list(remedy.evidence),
        "condition": {operator: {key: list(values) for key, values in tests.items()}
                      for operator, tests in remedy.condition.items()} or None,
    }  # fmt: skip
