"""What was refused, by cause: which policy, which permission, whom it stopped."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.novelty import HOUR_US
from remit.flows.questions.population import DENIALS
from remit.flows.questions.ports import HOUR, EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.window import plural
from remit.model.columns import BY_NAME
from remit.model.event_json import rfc3339
from remit.rooms.query import read_query, term
from remit.rooms.query.asked import BRIEF, Grouping
from remit.rooms.query.predicate import EVERYTHING, Predicate, Range, both, time_bounds, without_time

CAUSE: Final = ("deny_policy_type", "deny_policy_arn", "deny_action", "deny_rule", "deny_implicit")
_WORDS: Final = {name: BY_NAME[name].query[0] for name in CAUSE if BY_NAME[name].query}
"""The words to query a cause by. A part of the cause without one widens the query to its neighbors."""
_NAMES: Final = ("policy_type", "policy_arn", "action", "rule", "implicit")
"""A cause as the answer names its parts, in the order of ``CAUSE``."""
SPARKS: Final = 28
_WEEK_US: Final = 7 * 24 * HOUR_US
_PRINCIPALS: Final = 3
_MOST_PAIRS: Final = 5000
_MOST_HOURS: Final = 50_000
"""Hours of causes that trends are drawn from; a trend that lacks some would be no trend, so there are none then."""


def denials(index: EventIndex, text: str, *, now_us: int, limit: int = 50) -> Json:
    """``{query, total, groups: [{policy_type, policy_arn, action, rule, implicit, count, first, last, principals,
    distinct_principals, kinds: [{kind, names, count, query}], new, spark, explained, policy_name, sample, query}], new,
    history_from, more, note}``: denied acts the query finds, grouped by cause. ``explained`` and ``policy_name`` are
    for those to fill who know the organization's policies.

    ``new`` is True for a cause no denial before the query's range has; None where too little is stored of before: less
    than the range's own length, and less than a week.
    """
    predicate = denied_by(text, now_us)
    few = index.narrowed(predicate, (*CAUSE, "actor_kind", "actor_name", "principal"))
    total = few.tally(predicate)["acts"]
    return {
        "query": text,
        "total": total,
        **compared(few, predicate, denied_causes(few, predicate, text, max(1, min(limit, 500)))),
        "note": _note(index, text, now_us, total),
    }


def denied_by(text: str, now_us: int) -> Predicate:
    """The denied acts that a query finds."""
    return both(read_query(text, now_us), DENIALS)


def denied_causes(index: EventIndex, denied: Predicate, text: str, size: int) -> Json:
    """``{groups, more}``: denials grouped by cause, the commonest first. ``text`` is what else ``denied`` asks for, in
    the query language."""
    rows = index.groups(denied, CAUSE, size + 1, Grouping(distinct=("principal",)))
    stopped = _principals(index, denied) if rows else {}
    kinds = _kinds(index, denied) if rows else {}
    groups = [_group(row, stopped.get(_key(row), []), kinds.get(_key(row), []), text) for row in rows[:size]]
    return {"groups": groups, "more": len(rows) > size}


def compared(index: EventIndex, denied: Predicate, found: Json) -> Json:
    """The causes with whether each is new and how it went over the range of ``denied``."""
    low, high = time_bounds(denied)
    tally = index.tally(denied)
    first = index.tally(EVERYTHING)["first"]
    start, end = low if low is not None else tally["first"], high if high is not None else (tally["last"] or 0) + 1
    history = first if low is not None and first is not None and low - first >= min(end - low, _WEEK_US) else None
    new = _new(index, denied, low) if history is not None and low is not None else set()
    sparks = _sparks(index, denied, start, end) if start is not None else {}
    for group in found["groups"]:
        key = tuple(group[name] for name in _NAMES)
        group["new"] = key in new if history is not None else None
        group["spark"] = sparks.get(key, [])
        group |= {"explained": 0, "policy_name": None}
    return {
        **found,
        "new": sum(bool(group["new"]) for group in found["groups"]),
        "history_from": rfc3339(history),
        "spark_seconds": -(-(end - start) // SPARKS) / 1_000_000 if start is not None else 0.0,
    }


def _new(index: EventIndex, denied: Predicate, low: int) -> set[tuple[Any, ...]]:
    """Causes whose first denial lies in the range, of all that the rest of the query finds."""
    ever = both(without_time(denied), Range("time", high=time_bounds(denied)[1]))
    return {_key(row) for row in index.groups(ever, CAUSE, _MOST_PAIRS, Grouping(first_since=low, brief=True))}


def _sparks(index: EventIndex, denied: Predicate, start: int, end: int) -> dict[tuple[Any, ...], list[int]]:
    width = max(1, -(-(end - start) // SPARKS))
    found: dict[tuple[Any, ...], list[int]] = {}
    rows = index.groups(denied, (*CAUSE, HOUR), _MOST_HOURS + 1, BRIEF)
    for row in rows if len(rows) <= _MOST_HOURS else ():
        place = min(SPARKS - 1, max(0, (row[HOUR] - start) // width))
        found.setdefault(_key(row), [0] * SPARKS)[place] += row["count"]
    return found


def _kinds(index: EventIndex, denied: Predicate) -> dict[tuple[Any, ...], list[Json]]:
    """By cause: which kinds of actors it stopped, and whom of them most."""
    found: dict[tuple[Any, ...], dict[str, Json]] = {}
    for row in index.groups(denied, (*CAUSE, "actor_kind"), _MOST_PAIRS, BRIEF):
        kind = row["actor_kind"] or "unknown"
        known = found.setdefault(_key(row), {}).setdefault(kind, {"kind": kind, "names": [], "count": 0})
        known["count"] += row["count"]
    for row in index.groups(denied, (*CAUSE, "actor_kind", "actor_name"), _MOST_PAIRS, BRIEF):
        names = found.get(_key(row), {}).get(row["actor_kind"] or "unknown", {"names": []})["names"]
        if row["actor_name"] and len(names) < _PRINCIPALS:
            names.append(row["actor_name"])
    return {key: sorted(kinds.values(), key=lambda each: -each["count"]) for key, kinds in found.items()}


def _note(index: EventIndex, text: str, now_us: int, total: int) -> str | None:
    if total:
        return None
    seen = index.tally(read_query(text, now_us))
    if not seen["records"]:
        return nothing_found(index)
    return (
        f"Nothing was denied in {plural(seen['records'], 'record')} from {rfc3339(seen['first'])} to "
        f"{rfc3339(seen['last'])}. Throttling and not-found errors are no denials."
    )


def _principals(index: EventIndex, predicate: Predicate) -> dict[tuple[Any, ...], list[Json]]:
    found: dict[tuple[Any, ...], list[Json]] = {}
    for row in index.groups(predicate, (*CAUSE, "principal"), _MOST_PAIRS, BRIEF):
        listed = found.setdefault(_key(row), [])
        if len(listed) < _PRINCIPALS:
            listed.append({"principal": row["principal"], "count": row["count"]})
    return found


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in CAUSE)


def _group(row: Row, principals: list[Json], kinds: list[Json], text: str) -> Json:
    asked = [term(word, row[name]) if row[name] else f"-{word}:*" for name, word in _WORDS.items()]
    within = f"({text}) " if text.strip() else ""
    query = f"{within}denied:true -counted:false {' '.join(asked)}"
    return {
        "policy_type": row["deny_policy_type"],
        "policy_arn": row["deny_policy_arn"],
        "action": row["deny_action"],
        "rule": row["deny_rule"],
        "implicit": row["deny_implicit"],
        "count": row["count"],
        "first": rfc3339(row["first"]),
        "last": rfc3339(row["last"]),
        "principals": principals,
        "distinct_principals": row["distinct_principal"],
        "sample": row["sample"],
        "kinds": [{**each, "query": f"{query} {_of_kind(each['kind'])}"} for each in kinds],
        "query": query,
    }


def _of_kind(kind: str) -> str:
    return "(who:unknown OR -who:*)" if kind == "unknown" else term("who", kind)
