"""What was refused, by cause: which policy, which permission, whom it stopped."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.population import DENIALS
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.window import plural
from remit.model.columns import BY_NAME
from remit.model.event_json import rfc3339
from remit.rooms.query import read_query, term
from remit.rooms.query.predicate import Predicate, both

CAUSE: Final = ("deny_policy_type", "deny_policy_arn", "deny_action", "deny_rule", "deny_implicit")
_WORDS: Final = {name: BY_NAME[name].query[0] for name in CAUSE if BY_NAME[name].query}
"""The words to query a cause by. A part of the cause without one widens the query to its neighbors."""
_PRINCIPALS: Final = 3
_MOST_PAIRS: Final = 5000


def denials(index: EventIndex, text: str, *, now_us: int, limit: int = 50) -> Json:
    """``{query, total, groups: [{policy_type, policy_arn, action, rule, implicit, count, first, last, principals,
    distinct_principals, sample, query}], more, note}``: denied acts the query finds, grouped by cause."""
    predicate = both(read_query(text, now_us), DENIALS)
    total = index.tally(predicate)["acts"]
    return {
        "query": text,
        "total": total,
        **denied_causes(index, predicate, text, max(1, min(limit, 500))),
        "note": _note(index, text, now_us, total),
    }


def denied_causes(index: EventIndex, denied: Predicate, text: str, size: int) -> Json:
    """``{groups, more}``: denials grouped by cause, the commonest first. ``text`` is what else ``denied`` asks for, in
    the query language."""
    rows = index.groups(denied, CAUSE, size + 1, distinct=("principal",))
    stopped = _principals(index, denied) if rows else {}
    groups = [_group(row, stopped.get(_key(row), []), text) for row in rows[:size]]
    return {"groups": groups, "more": len(rows) > size}


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
    for row in index.groups(predicate, (*CAUSE, "principal"), _MOST_PAIRS):
        listed = found.setdefault(_key(row), [])
        if len(listed) < _PRINCIPALS:
            listed.append({"principal": row["principal"], "count": row["count"]})
    return found


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in CAUSE)


def _group(row: Row, principals: list[Json], text: str) -> Json:
    asked = [term(word, row[name]) if row[name] else f"-{word}:*" for name, word in _WORDS.items()]
    within = f"({text}) " if text.strip() else ""
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
        "query": f"{within}denied:true -counted:false {' '.join(asked)}",
    }
