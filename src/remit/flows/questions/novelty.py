"""What an actor did for the first time, and what it did in several places at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from remit.flows.questions.population import ATTEMPTS
from remit.flows.questions.ports import HOUR, HOUR_OF_DAY, EventIndex, Json, Row
from remit.flows.questions.window import Window
from remit.model.event_json import rfc3339
from remit.model.vocabulary import call_name
from remit.rooms.query.asked import Grouping
from remit.rooms.query.predicate import Predicate, both

HOUR_US: Final = 3_600_000_000
DIMENSIONS: Final = {
    "service": ("service",),
    "action": ("service", "operation"),
    "region": ("region",),
    "account": ("account",),
    "hour": (HOUR_OF_DAY,),
}
"""What can be a first, by the columns that tell it apart."""
_MOST: Final = 20
_PLACES: Final = 5000


def first_ever(index: EventIndex, mine: Predicate, window: Window) -> Json:
    """``{found: [{dimension, value, count, first, sample}], more, history_from, note}``: values of the window that no
    earlier record of the actor has. Without earlier records nothing can be called new, and the note says so."""
    earlier = index.tally(both(mine, window.before))
    if not earlier["records"]:
        return {
            "found": [],
            "more": False,
            "history_from": None,
            "note": "It has no records before this window, so nothing can be called a first; all of it is new.",
        }
    found, more = [], False
    for dimension, by in DIMENSIONS.items():
        rows = index.groups(both(mine, window.up_to), by, _MOST + 1, Grouping(first_since=window.low))
        more = more or len(rows) > _MOST
        found += [_first(dimension, by, row) for row in rows[:_MOST] if row[by[-1]] is not None]
    note = f"Compared with its {earlier['records']:,} earlier records since {rfc3339(earlier['first'])}."
    return {"found": found, "more": more, "history_from": rfc3339(earlier["first"]), "note": note}


def _first(dimension: str, by: tuple[str, ...], row: Row) -> Json:
    value = f"{row[HOUR_OF_DAY]:02d}:00 UTC" if dimension == "hour" else ":".join(str(row[name]) for name in by)
    return {
        "dimension": dimension,
        "value": value,
        "count": row["count"],
        "first": rfc3339(row["first"]),
        "sample": row["sample"],
    }


def elsewhere(index: EventIndex, now: Predicate) -> Json:
    """``{found: [{action, places: [{account, region}], from, to, count, sample}], note}``: one change action tried in
    several accounts or regions, each within an hour of the next. Grouped by hour, so two groups' distance is exact:
    their edges are real events, and groups that overlap share an hour."""
    by = ("service", "operation", "account", "region", HOUR)
    rows = index.groups(both(ATTEMPTS, now), by, _PLACES)
    found = [_run(run) for action in _by_action(rows) for run in _runs(action) if len(_places(run)) > 1]
    found.sort(key=lambda each: (-len(each["places"]), -each["count"], each["action"], each["from"]))
    cut = f" Only the {_PLACES:,} busiest place-hours were looked at." if len(rows) == _PLACES else ""
    return {
        "found": found[:_MOST],
        "more": len(found) > _MOST,
        "note": f"The same change action, attempted or made, in another account or region within an hour.{cut}",
    }


def _by_action(rows: list[Row]) -> list[list[Row]]:
    actions: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows:
        actions.setdefault((row["service"], row["operation"]), []).append(row)
    return [
        sorted(group, key=lambda row: (row["first"], row["last"], str(row["account"]), str(row["region"])))
        for group in actions.values()
    ]


def _runs(rows: list[Row]) -> Iterator[list[Row]]:
    """Stretches in which each group starts within an hour of what came before."""
    run = rows[:1]
    reach = run[0]["last"]
    for _, row in pairwise(rows):
        if row["first"] - reach > HOUR_US:
            yield run
            run = []
        run.append(row)
        reach = row["last"] if len(run) == 1 else max(reach, row["last"])
    yield run


def _places(run: list[Row]) -> list[tuple[Any, Any]]:
    return sorted({(row["account"], row["region"]) for row in run}, key=str)


def _run(run: list[Row]) -> Json:
    return {
        "action": call_name(run[0]["service"], run[0]["operation"]),
        "places": [{"account": account, "region": region} for account, region in _places(run)[:50]],
        "from": rfc3339(run[0]["first"]),
        "to": rfc3339(max(row["last"] for row in run)),
        "count": sum(row["count"] for row in run),
        "sample": run[-1]["sample"],
    }
