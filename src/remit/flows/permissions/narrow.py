"""The policy that an agent's past use justifies, tried on that use, and what it takes away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from remit.flows.permissions.principals import Used, calls_of, described, used
from remit.flows.permissions.sources import Json, Row, Sources, window_json
from remit.flows.questions.window import Window
from remit.model.errors import NotFound
from remit.reference.aws_data_events import is_data_event
from remit.rooms.authorization import Bearing
from remit.rooms.authorization.narrowing import Scoped, Use, dependent, proposal, scoped
from remit.rooms.authorization.reach import ALLOWED, UNKNOWN, Reach, region_of
from remit.rooms.authorization.topics import HOMES, every
from remit.rooms.guardrails.callers import CALLER, caller_of
from remit.rooms.guardrails.limits import minified
from remit.rooms.guardrails.requests import Translation
from remit.rooms.iam import CompiledPolicy, Document, parse_document

SHOWN: Final = 20
LIMITS: Final = (("a user's inline policies", 2048), ("a managed policy", 6144), ("a role's inline policies", 10240))
"""Characters that AWS counts, white space aside."""
FIELDS: Final = (
    *CALLER, "service", "operation", "permissions", "resource_types", "resource_arns", "region", "outcome", "owners",
)  # fmt: skip


@dataclass
class History:
    """The calls of one identity: those that were authorized, and by how many calls each permission was denied."""

    rows: list[Row] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)
    denied: Counter[str] = field(default_factory=Counter)
    denied_calls: int = 0
    regions: Counter[str] = field(default_factory=Counter)


def narrow(sources: Sources, agent: str, window: Window, principal: str = "") -> Json:
    """``{agent, window, exports, proposals, notes}``; a proposal for each role and user whose credentials the agent
    used, or for the one named by ``principal`` (its ARN, or its name).

    :raises NotFound: if no AWS call of the agent is stored in the window, or none with that identity.
    """
    found = [each for each in used(sources, agent, window) if each.caller.kind in ("role", "user")]
    chosen = [each for each in found if principal in ("", each.name, each.name.rpartition("/")[2])]
    if not chosen:
        known = ", ".join(each.name for each in found) or "none is a role's or a user's"
        raise NotFound(f"No call was made with {principal[:200]!r}" if principal else "No role or user made its calls",
                       remedy=f"Its credentials: {known}.")  # fmt: skip
    translation = Translation(sources.reference)
    histories = _histories(sources, agent, window, translation)
    silent = [row for row in sources.calls.operations(calls_of(agent, window)) if not row["permissions"]]
    return {
        "agent": agent,
        "window": window_json(window),
        "exports": sources.json(),
        "proposals": [_proposed(sources, each, histories[each.name], translation) for each in chosen],
        "without_permission": [
            {"service": row["service"], "operation": row["operation"], "calls": row["count"]} for row in silent[:SHOWN]
        ],
        "notes": _notes(silent),
    }


def _histories(sources: Sources, agent: str, window: Window, translation: Translation) -> dict[str, History]:
    """The calls by identity."""
    found: dict[str, History] = {}
    names: dict[tuple[Any, ...], str] = {}
    for row in sources.calls.distinct(calls_of(agent, window), FIELDS):
        values = dict(zip(FIELDS, row["values"], strict=True))
        key = tuple(values[name] for name in CALLER)
        if key not in names:
            names[key] = _named(sources, values)
        _take(found.setdefault(names[key], History()), values, row["count"], translation)
    return found


def _named(sources: Sources, values: Row) -> str:
    caller = caller_of(values)
    role = sources.details.role(caller.account or "", caller.principal.role) if not caller.arn else None
    return role.arn if role else caller.arn or caller.principal.text or caller.kind


def _take(history: History, values: Row, count: int, translation: Translation) -> None:
    asked = list(translation.asked(values))
    if values["outcome"] == "denied":
        history.denied_calls += count
        history.denied.update({each.action: count for each in asked})
        return
    history.rows.append({"values": values, "count": count})
    history.regions[str(values["region"] or "")] += count
    for each in asked:
        history.uses.setdefault(each.action, Use(each.action)).add(each.resource, count)


def _proposed(sources: Sources, each: Used, history: History, translation: Translation) -> Json:
    scopes = [scoped(sources.reference, use) for use in history.uses.values()]
    document = proposal(scopes)
    size = len(minified(document))
    return {
        **described(sources, each),
        "document": document,
        "characters": size,
        "fits": [name for name, limit in LIMITS if size <= limit],
        "permissions": [_scope(one, history.uses[one.permission]) for one in sorted(scopes, key=_by_name)],
        "wide": sum(1 for one in scopes if one.resources == ("*",)),
        "backtest": _backtest(document, history, translation),
        "denied_calls": history.denied_calls,
        "denied": [{"permission": name, "calls": count} for name, count in history.denied.most_common(SHOWN)],
        "dependent": [{"permission": name, "because": list(because[:SHOWN])}
                      for name, because in dependent(sources.reference, history.uses)],
        "granted": _granted(sources, each, history) if each.identity else None,
    }  # fmt: skip


def _by_name(one: Scoped) -> str:
    return one.permission


def _scope(one: Scoped, use: Use) -> Json:
    named = len([each for each in use.resources if each])
    return {"permission": one.permission, "resources": list(one.resources), "why": one.why, "uses": use.calls,
            "named": named}  # fmt: skip


def _backtest(document: Json, history: History, translation: Translation) -> Json:
    """Each call that went through, put to the proposal: what it would have refused."""
    refused: Counter[tuple[str, str]] = Counter()
    calls = stopped = 0
    policy = CompiledPolicy(_parsed(document), "identity") if document["Statement"] else None
    for row in history.rows:
        calls += row["count"]
        missing = [
            each
            for each in translation.asked(row["values"])
            if policy is None or not policy.allows(translation.request(row["values"], each, ())).truth
        ]
        stopped += row["count"] if missing else 0
        refused.update({(each.action, each.resource or "a resource no record names"): row["count"] for each in missing})
    return {
        "calls": calls,
        "refused": stopped,
        "refused_by": [{"permission": name, "resource": resource, "calls": count}
                       for (name, resource), count in refused.most_common(SHOWN)],
    }  # fmt: skip


def _parsed(document: Json) -> Document:
    return parse_document(document, "proposal")


def _granted(sources: Sources, each: Used, history: History) -> Json | None:
    """What the identity may do today in the Regions it was used in, of global services where their requests go, and
    how much of that the proposal leaves out."""
    if each.identity is None:
        return None
    account = each.identity.account
    bearing = Bearing(each.identity, sources.place(account), sources.guarding(account))
    regions = [region for region, _ in history.regions.most_common(3) if region.count("-") >= 2] or ["us-east-1"]
    decisions: dict[str, str] = {}
    for region in dict.fromkeys((*regions, *HOMES.values())):
        reach = Reach(bearing, sources.reference, region)
        here = {
            name: found
            for name, found in every(sources.reference).items()
            if region_of(name, region) and (region in regions or name in HOMES)
        }
        for subject, judged in reach.judge(here):
            if judged.decision == ALLOWED or (judged.decision == UNKNOWN and subject.full not in decisions):
                decisions[subject.full] = judged.decision
    return _figures(sources, decisions, set(history.uses), regions)


def _figures(sources: Sources, decisions: dict[str, str], kept: set[str], regions: Sequence[str]) -> Json:
    unused = sorted(decisions.keys() - kept)
    entries = {name: sources.reference.action(name) for name in unused}
    levels = Counter(entry.level for entry in entries.values() if entry is not None)
    unseen = [name for name in unused if is_data_event(name)]
    return {
        "regions": list(regions),
        "actions": len(decisions),
        "not_settled": sum(1 for each in decisions.values() if each == UNKNOWN),
        "used": len(kept & decisions.keys()),
        "unused": len(unused),
        "unused_by_level": dict(levels.most_common()),
        "unused_services": [{"service": name, "actions": count} for name, count in
                            Counter(each.partition(":")[0] for each in unused).most_common(SHOWN)],
        "data_events": {"actions": len(unseen), "sample": unseen[:SHOWN]},
        "used_and_not_granted": sorted(kept - decisions.keys())[:SHOWN],
    }  # fmt: skip


def _notes(silent: Sequence[Row]) -> list[str]:
    notes = [
        "Calls that were denied are no use and are not in the proposal.",
        "Seen is what the logs have. Data events (objects, items, messages, invocations) are logged only where a trail "
        "is told to; permissions such as iam:PassRole write no record at all: `dependent` lists those that used ones "
        "may need besides. Add what is needed before the policy is put in place.",
        "The proposal replaces the identity's own policies; boundary and organization policies stay as they are.",
    ]
    if silent:
        count = sum(row["count"] for row in silent)
        notes.append(f"Of {count:,} calls no permission is known, and the proposal has none for them.")
    return notes
