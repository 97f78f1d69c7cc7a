"""What an actor made that a cloud bills for: how many, of which class, on which day. No prices: none are in records."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from remit.flows.questions.blast import DAY_US
from remit.flows.questions.population import CHANGES, CHANGES_TEXT
from remit.flows.questions.ports import HOUR, EventIndex, Json
from remit.flows.questions.window import plural
from remit.model.event_json import rfc3339
from remit.reference.paid_resources import CLASS_MARKER, PAID_CALLS, SOURCES, PaidCall
from remit.rooms.query import term
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import Equals, Predicate, both, either

_OPERATIONS: Final = tuple(sorted({operation for _, operation in PAID_CALLS}))
PAID: Final[Predicate] = both(CHANGES, either(Equals("operation", name) for name in _OPERATIONS))
"""Changes by a call of the table; the service is looked at afterwards."""
_MOST: Final = 5000
NOTE: Final = (
    "Counts only. No prices are known: they depend on region, term and contract, which no audit record tells. "
    f"Looked for are {len(PAID_CALLS)} calls that make paid resources; a call that is not among them may cost too."
)


def costs(index: EventIndex, now: Predicate, query: str) -> Json:
    """``{calls, resources, kinds: [{noun, provider, service, operation, calls, resources, classes: [{class, calls}],
    unclassed, source, query}], days: [{day, calls}], more, note}``.

    ``calls`` made paid resources, ``resources`` is how many the records name (a call may make several, and a record
    may name none). A class is as the request asked for; ``unclassed`` calls carry none that is kept.
    """
    asked = both(PAID, now)
    kinds: dict[PaidCall, Json] = {}
    days: Counter[int] = Counter()
    rows = index.groups(asked, ("service", "operation", HOUR), _MOST, BRIEF)
    for row in rows:
        paid = PAID_CALLS.get((row["service"], row["operation"]))
        if paid is None:
            continue
        days[row[HOUR] - row[HOUR] % DAY_US] += row["count"]
        kinds.setdefault(paid, _kind(paid, query))["calls"] += row["count"]
    if kinds:
        _add_resources(index, asked, kinds)
        _add_classes(index, asked, kinds)
    listed = sorted(kinds.values(), key=lambda kind: (-kind["calls"], kind["noun"]))
    return {
        "calls": sum(kind["calls"] for kind in listed),
        "resources": sum(kind["resources"] for kind in listed),
        "kinds": listed,
        "days": [{"day": rfc3339(day), "calls": count} for day, count in sorted(days.items())],
        "more": len(rows) == _MOST,
        "note": NOTE,
    }


def _kind(paid: PaidCall, query: str) -> Json:
    return {
        "noun": paid.noun,
        "provider": paid.provider,
        "service": paid.service,
        "operation": paid.operation,
        "calls": 0,
        "resources": 0,
        "classes": [],
        "unclassed": 0,
        "source": SOURCES[paid.provider],
        "query": f"{query} {CHANGES_TEXT} {term('service', paid.service)} {term('operation', paid.operation)}",
    }


def _add_resources(index: EventIndex, asked: Predicate, kinds: dict[PaidCall, Json]) -> None:
    """Resources are named one by one beside their types: as many of the type as were made."""
    for row in index.groups(asked, ("service", "operation", "resource_types"), _MOST, BRIEF):
        paid = PAID_CALLS.get((row["service"], row["operation"]))
        if paid in kinds and row["resource_types"] == paid.type:
            kinds[paid]["resources"] += row["count"]


def _add_classes(index: EventIndex, asked: Predicate, kinds: dict[PaidCall, Json]) -> None:
    """The class stands in the authorization context of AWS's records, and in a marker of the others'."""
    found: dict[PaidCall, Counter[str]] = {}
    for column in ("context", "markers"):
        for row in index.groups(asked, ("service", "operation", column), _MOST, BRIEF):
            paid = PAID_CALLS.get((row["service"], row["operation"]))
            if paid is None or not paid.class_key or (column == "markers") != (paid.class_key == CLASS_MARKER):
                continue
            if (name := _class(row[column], paid.class_key)) is not None:
                found.setdefault(paid, Counter())[name] += row["count"]
    for paid, kind in kinds.items():
        classes = found.get(paid, Counter())
        kind["classes"] = [{"class": name, "calls": count} for name, count in classes.most_common()]
        kind["unclassed"] = max(0, kind["calls"] - classes.total())


def _class(said: Any, key: str) -> str | None:
    if said is None:
        return None
    if key == CLASS_MARKER:
        name, _, value = str(said).partition("=")
        return value if name == key else None
    try:
        values = json.loads(said).get(key)
    except (ValueError, AttributeError, RecursionError):
        return None
    return ", ".join(map(str, values)) if isinstance(values, list) and values else None


def cost_words(found: Json) -> str:
    """``2 RDS instances (db.r7g.xlarge), 1 EC2 instance``: by calls, the commonest first."""
    return ", ".join(_words(kind) for kind in found["kinds"][:3])


def _words(kind: Json) -> str:
    classes = ", ".join(each["class"] for each in kind["classes"][:3])
    return plural(max(kind["calls"], kind["resources"]), kind["noun"]) + (f" ({classes})" if classes else "")
