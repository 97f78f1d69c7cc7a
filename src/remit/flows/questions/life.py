"""A resource's life besides its changes: whether it is gone, who may reach it, who looks at it, what was refused on it,
and which of several resources of one name is meant."""

from __future__ import annotations

from typing import Any, Final

from remit.flows.questions.denials import denied_causes
from remit.flows.questions.novelty import HOUR_US
from remit.flows.questions.population import ACTS, CHANGES, DENIALS, DESTRUCTIVE, PRIVILEGE
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.show import LINE, line
from remit.model.event_json import rfc3339
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import EVERYTHING, Equals, Predicate, Present, Range, both

_LISTED: Final = 12
_NONE: Final[Json] = {"groups": [], "more": False}
_NAMESAKES: Final = 20
_READ_FOR_NAMES: Final = 200
"""Newest records whose full names are read: reading those of all would cost more than all the rest."""
UNNAMED: Final[Json] = {"namesakes": [], "namesakes_among": 0}
"""The same for what has no namesakes."""
_RECENT_US: Final = 7 * 24 * HOUR_US
LOOKED_FOR: Final = (
    "event ids, resources and ARNs, commits, pull requests, repositories, tickets, CI runs, access keys, agents, "
    "people and principals"
)


def life(index: EventIndex, records: Predicate, query: str | None) -> Json:
    """``{permissions: [event line], readers: [{kind, name, reads, denied, last, sample}], reads, refused: {total,
    groups, more}}``.

    ``query`` is what ``records`` asks for in the query language, None when that cannot say it.
    """
    kinds = {row["action_kind"]: row for row in index.groups(both(records, ACTS), ("action_kind",), 20, BRIEF)}
    looked = both(records, ACTS, Equals("action_kind", "read"))
    refused = sum(row["denied"] for row in kinds.values())
    causes = denied_causes(index, both(DENIALS, records), query or "", _LISTED) if refused else _NONE
    permitted = index.search(both(PRIVILEGE, records), LINE, _LISTED) if "permission" in kinds else []
    readers = index.groups(looked, ("actor_kind", "actor_name"), _LISTED) if "read" in kinds else []
    return {
        "permissions": [line(row) for row in permitted],
        "reads": kinds["read"]["count"] if readers else 0,
        "readers": [_reader(row) for row in readers],
        "refused": {"total": refused, **causes},
    }


def _reader(row: Row) -> Json:
    return {
        "kind": row["actor_kind"],
        "name": row["actor_name"],
        "reads": row["count"],
        "denied": row["denied"],
        "last": rfc3339(row["last"]),
        "sample": row["sample"],
    }


def deletions(index: EventIndex, records: Predicate, columns: tuple[str, ...]) -> list[Row]:
    """The newest deletions that name it; which of them delete it, and not something of it, is for the caller to say."""
    return index.search(both(DESTRUCTIVE, records), columns, _LISTED)


def namesakes(index: EventIndex, records: Predicate, named: str) -> Json:
    """``{namesakes: [{arn, records, last}], namesakes_among}``: the full names that end with what was named, when
    there are several, the commonest first; ``namesakes_among`` is how many of its newest records were read for it."""
    wanted = named.lower()
    found: dict[str, Json] = {}
    rows = index.search(records, ("time", "resource_arns"), _READ_FOR_NAMES)
    for row in rows:
        for arn in row["resource_arns"]:
            if _is_named(arn, wanted):
                found.setdefault(arn, {"arn": arn, "records": 0, "last": rfc3339(row["time"])})["records"] += 1
    listed = sorted(found.values(), key=lambda each: (-each["records"], each["arn"]))[:_NAMESAKES]
    return {"namesakes": listed if len(listed) > 1 else [], "namesakes_among": len(rows)}


def _is_named(arn: str | None, wanted: str) -> bool:
    low = (arn or "").lower()
    return low != wanted and low.endswith((f"/{wanted}", f":{wanted}"))


def examples(index: EventIndex) -> Json:
    """``{resources, agents, tickets, commits}``: things of the store worth asking about, each ``{value, count}``.

    Of the week up to the newest event: what changed most, which agents did most, which tickets and commits are named.
    """
    newest = index.tally(EVERYTHING)["last"]
    if newest is None:
        return {"resources": [], "agents": [], "tickets": [], "commits": []}
    recent = Range("time", newest - _RECENT_US, newest + 1)
    return {
        "resources": _common(index, both(CHANGES, DESTRUCTIVE, recent), "resource_ids")
        or _common(index, both(CHANGES, recent), "resource_ids"),
        "agents": _common(index, both(ACTS, recent, Present("agent")), "agent"),
        "tickets": _common(index, both(ACTS, recent, Present("ticket")), "ticket"),
        "commits": _common(index, both(ACTS, recent, Present("commit")), "commit"),
    }


def _common(index: EventIndex, asked: Predicate, column: str) -> list[dict[str, Any]]:
    rows = index.groups(asked, (column,), 4, BRIEF)
    return [{"value": row[column], "count": row["count"]} for row in rows if row[column]]
