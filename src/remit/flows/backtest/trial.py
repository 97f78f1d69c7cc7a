"""A policy tried on the calls of the past: what is asked, and the answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.backtest.exemption import exemption
from remit.flows.backtest.groups import SHOWN
from remit.flows.backtest.measure import Measured, Tally, measure
from remit.flows.backtest.ports import ContextStore, Json, Row
from remit.model.event_json import rfc3339
from remit.rooms.guardrails.backtest import Kernel
from remit.rooms.guardrails.requests import Translation
from remit.rooms.guardrails.verdicts import DENY, NOT, UNKNOWN, Scope
from remit.rooms.iam import CompiledPolicy
from remit.rooms.query.predicate import Predicate, time_bounds

SAMPLES: Final = 5
_BY: Final[dict[str, tuple[str, ...]]] = {
    "roles": ("principal_type", "issuer"),
    "principals": ("principal_type", "principal"),
    "actors": ("actor_kind", "actor_name"),
    "agents": ("agent",),
    "services": ("service",),
    "operations": ("service", "operation"),
    "accounts": ("account",),
    "regions": ("region",),
}
_KINDS: Final = {"person": "people", "workload": "workloads", "pipeline": "pipelines", "service": "cloud_services",
                 "unknown": "unknown_actors"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a policy (and another version of it), where, and on which events."""

    policy: CompiledPolicy
    scope: Scope
    predicate: Predicate
    against: CompiledPolicy | None = None


def backtest(store: ContextStore, trial: Trial, translation: Translation) -> Json:
    """What a policy would have denied.

    ``{policy, window, figures, exempt, left_out, statements, unknown_by, missing_keys, by, samples, exemption, against,
    judged, notes}``. ``would_deny + would_not_deny + unknown = considered``, each with how many of it were denied when
    they were made. Counts are exact.
    """
    policies = [trial.policy, *([trial.against] if trial.against else [])]
    kernel = Kernel(policies, translation, trial.scope)
    store = store.pinned()
    found = measure(store, kernel, trial.predicate)
    groups: dict[int, list[Row]] = {}
    samples: list[Row] = []
    if found.by_label:
        args = (found.predicate, kernel.parts, found.calls, found.labels)
        groups = store.breakdown(*args, tuple(_BY.values()), SHOWN)
        samples = store.samples(*args, SAMPLES)
    by = {name: groups.get(at, []) for at, name in enumerate(_BY)}
    words = Counter[str]()
    for label, tally in found.by_label.items():
        words[_first(label)] += tally.count
    low, high = time_bounds(trial.predicate)
    return {
        "policy": {"name": trial.policy.document.name, "type": trial.scope.kind, "keys": list(kernel.keys)},
        "accounts": sorted(trial.scope.accounts) if trial.scope.accounts is not None else None,
        "window": {"low": rfc3339(low), "high": rfc3339(high)},
        "seen": {"first": rfc3339(found.considered.first), "last": rfc3339(found.considered.last)},
        "figures": _figures(found),
        "exempt": [{"why": why, "count": count} for why, count in found.exempt.most_common()],
        "left_out": {"total": found.total.count, **{name: found.left_out[name] for name in _LEFT_OUT}},
        "statements": [{"statement": name, "count": count} for name, count in found.by_statement.most_common()],
        "unknown_by": [{"keys": list(keys), "count": count} for keys, count in found.by_keys.most_common(SHOWN)],
        "missing_keys": _missing(found),
        "by": _by(by),
        "samples": {DENY: _samples(samples, DENY), UNKNOWN: _samples(samples, UNKNOWN)},
        "exemption": exemption(trial.policy.document, found, by, words[DENY]),
        "against": _difference(found, by, samples, trial.against) if trial.against else None,
        "judged": {"combinations": found.distinct, "calls": len(found.calls)},
        "notes": _notes(found, trial),
    }


_LEFT_OUT: Final = ("other_clouds", "without_permission", "records_of_one_act", "outside_target")


def _first(label: str) -> str:
    return label.partition(">")[0]


def _figures(found: Measured) -> Json:
    sums = {DENY: Tally(), UNKNOWN: Tally()}
    for label, tally in found.by_label.items():
        if _first(label) in sums and tally.count:
            sums[_first(label)].add(_as_row(tally))
    denied, unknown, every = sums[DENY], sums[UNKNOWN], found.considered
    return {
        "considered": every.count,
        "would_deny": denied.count,
        "would_not_deny": every.count - denied.count - unknown.count,
        "unknown": unknown.count,
        "already_denied": {
            "considered": every.denied,
            "would_deny": denied.denied,
            "would_not_deny": every.denied - denied.denied - unknown.denied,
            "unknown": unknown.denied,
        },
        "newly_blocked": denied.count - denied.denied,
        "first": rfc3339(denied.first),
        "last": rfc3339(denied.last),
    }


def _as_row(tally: Tally) -> Row:
    """A tally as a row."""
    return {"count": tally.count, "denied": tally.denied, "first": tally.first, "last": tally.last}


def _missing(found: Measured) -> list[Json]:
    """How many calls each key keeps unknown, alone or with others."""
    counted: Counter[str] = Counter()
    for keys, count in found.by_keys.items():
        counted.update(dict.fromkeys(keys, count))
    return [{"key": key, "count": count} for key, count in counted.most_common()]


def _by(groups: dict[str, list[Row]]) -> Json:
    """For each kind its values, would-deny calls first."""
    answer: Json = {}
    for name, rows in groups.items():
        merged: dict[tuple[Any, ...], Json] = {}
        for row in rows:
            word = _first(row["label"])
            if word not in (DENY, UNKNOWN) or _nameless(name, row["values"]):
                continue
            entry = merged.setdefault(row["values"], _entry(name, row["values"]))
            entry[word] += row["count"]
            entry["already_denied"] += row["denied"] if word == DENY else 0
            if word == DENY:
                seen = [rfc3339(row["first"]), rfc3339(row["last"])]
                entry["first"] = min(filter(None, (entry["first"], seen[0])))
                entry["last"] = max(filter(None, (entry["last"], seen[1])))
        answer[name] = sorted(merged.values(), key=lambda each: (-each[DENY], -each[UNKNOWN], str(each)))[:SHOWN]
        answer[f"{name}_in_all"] = max(
            (row["values_in_all"] for row in rows if _first(row["label"]) == DENY), default=0
        )
    for kind, plural in _KINDS.items():
        answer[plural] = [each for each in answer["actors"] if (each["actor_kind"] or "unknown") == kind]
    return answer


def _nameless(name: str, values: tuple[Any, ...]) -> bool:
    """Rows that are not of this kind: callers without a role, actors that are no agents."""
    return (name in ("roles", "agents") and values[-1] is None) or (name == "roles" and values[0] != "AssumedRole")


def _entry(name: str, values: tuple[Any, ...]) -> Json:
    named = dict(zip(_BY[name], values, strict=True))
    return {**named, DENY: 0, UNKNOWN: 0, "already_denied": 0, "first": None, "last": None}


def _samples(rows: list[Row], word: str) -> list[Json]:
    chosen = sorted((row for row in rows if _first(row["label"]) == word), key=lambda row: -row["time"])[:SAMPLES]
    return [{**row, "time": rfc3339(row["time"])} for row in chosen]


def _difference(found: Measured, by: dict[str, list[Row]], samples: list[Row], against: CompiledPolicy) -> Json:
    """What the policy denies that the other version does not, and the other way round."""
    counts = {label: tally.count for label, tally in found.by_label.items()}

    def side(labels: list[str]) -> Json:
        roles: Counter[str] = Counter()
        for row in by["roles"]:
            if row["label"] in labels and row["values"][1]:
                roles[row["values"][1]] += row["count"]
        return {
            "count": sum(counts.get(label, 0) for label in labels),
            "roles": [{"role": role, "count": count} for role, count in roles.most_common(SHOWN)],
            "samples": [{**row, "time": rfc3339(row["time"])} for row in samples if row["label"] in labels][:SAMPLES],
        }

    def total(word: str) -> int:
        return sum(count for label, count in counts.items() if label.partition(">")[2] == word)

    return {
        "name": against.document.name,
        "would_deny": total(DENY),
        "unknown": total(UNKNOWN),
        "newly_denied": side([f"{DENY}>{NOT}"]),
        "no_longer_denied": side([f"{NOT}>{DENY}"]),
        "newly_denied_from_unknown": side([f"{DENY}>{UNKNOWN}"]),
        "newly_unknown": side([f"{UNKNOWN}>{NOT}", f"{UNKNOWN}>{DENY}"]),
        "no_longer_unknown": side([f"{NOT}>{UNKNOWN}"]),
    }


def _notes(found: Measured, trial: Trial) -> list[str]:
    notes = []
    if found.considered.count:
        notes.append("Every count is exact: each distinct combination of what the policy looks at was judged.")
    if found.considered.count and not found.calls:
        notes.append("No statement of the policy speaks of any call in these events.")
    if found.left_out["other_clouds"]:
        notes.append("Events of other clouds have no AWS authorization to judge.")
    if found.left_out["without_permission"]:
        notes.append("Records without a known permission (console sign-ins, services' own events) are not judged.")
    if found.left_out["outside_target"]:
        whose = "to" if trial.scope.kind == "RCP" else "by principals of"
        notes.append(f"Calls {whose} accounts that the policy would not be attached to are left out.")
    return notes
