"""What is different here: which values of which fields stand out in some events against others.

Every value is counted on both sides, exactly, and each field's ``TOP`` commonest values of either side are compared.
A difference is told when it is unlikely to be chance (a G-test of the two shares, corrected for how many values were
compared), rests on enough acts and is large enough to matter. Events come in bursts, so a test of independent draws
ranks differences; it proves none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.questions.population import ACTS, any_event
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.window import Window, plural, read_window
from remit.model.columns import BY_NAME
from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.query import read_query, term
from remit.rooms.query.predicate import (
    Equals,
    Not,
    Predicate,
    Present,
    between,
    both,
    columns_of,
    either,
    time_bounds,
    without_time,
)

AGAINST: Final = ("rest", "before", "wide", "others")
COMPARED: Final = (
    "source",
    "actor_kind",
    "agent",
    "actor_name",
    "on_behalf_of",
    "service",
    "operation",
    "action_kind",
    "resource_types",
    "environment",
    "account",
    "region",
    "owner",
    "outcome",
    "error_code",
    "deny_policy_type",
    "governed",
    "path",
    "data_source",
    "user_agent",
    "source_ip",
    "repository",
)
TOP: Final = 50
MOST_PICKED: Final = 100
_TOLD: Final = 15
_ELEMENTS: Final = 2000
"""Values read back for those asked by name: an event with one of them may list others beside it."""
_CHANCE: Final = 0.05
_LEAST_ACTS: Final = 3
_LEAST_LIFT: Final = 1.5
_LEAST_POINTS: Final = 0.1
_ABSENCE_SAYS: Final = ("environment", "owner", "region")
_TITLES: Final = {
    "on_behalf_of": "On behalf of",
    "error_code": "Error code",
    "user_agent": "User agent",
    "source_ip": "Address",
    "repository": "Repository",
}


@dataclass(frozen=True, slots=True)
class Side:
    """Events on one side: which, in words and as a predicate of acts, and how many acts."""

    what: str
    within: Predicate
    acts: int

    def json(self) -> Json:
        """The side in an answer."""
        return {"what": self.what, "acts": self.acts}


@dataclass(frozen=True, slots=True)
class Counted:
    """One value with its counts here and there."""

    column: str
    value: Any
    here: int
    there: int


def difference(
    index: EventIndex, text: str, *, now_us: int, against: str = "rest", picked: Sequence[str] = (), wide: str = ""
) -> Json:
    """``{against, here, there, more, less, compared, left_out, note}``.

    ``here`` is what ``text`` finds or, with ``picked``, those events of it. ``against`` is what it is held against:
    ``rest`` (all else in the same time), ``before`` (the same question of the time before, as long), ``wide`` (the
    same question in the rest of the window ``wide``, ``LOW..HIGH``), ``others`` (what else ``text`` finds).
    ``more`` and ``less`` are the values commoner and rarer here, the most telling first, as
    ``{column, title, value, query, here, there, here_share, there_share, lift, score, also}``; ``lift`` is None when
    the value is not there at all, ``also`` are values of other fields with the very same counts.
    """
    asked = read_query(text, now_us)
    here, there = _sides(index, asked, now_us, against, picked, wide)
    named = set(columns_of(asked)) if against == "rest" else set()
    columns = [column for column in COMPARED if column not in named]
    counted, cut = _counted(index, here, there, columns) if here.acts and there.acts else ([], [])
    told = _told(counted, here, there)
    more = [each for each in told if each["here_share"] > each["there_share"]]
    less = [each for each in told if each["here_share"] < each["there_share"]]
    return {
        "against": against,
        "here": here.json(),
        "there": there.json(),
        "more": more[:_TOLD],
        "less": less[:_TOLD],
        "compared": {"fields": [_title(column) for column in columns], "values": len(counted)},
        "left_out": _left_out(named, cut, len(more[_TOLD:]) + len(less[_TOLD:])),
        "note": _note(here, there, told, len(counted)),
    }


def _sides(
    index: EventIndex, asked: Predicate, now_us: int, against: str, picked: Sequence[str], wide: str
) -> tuple[Side, Side]:
    core, (low, high) = without_time(asked), time_bounds(asked)
    if against == "others":
        chosen = any_event(tuple(dict.fromkeys(picked))[:MOST_PICKED])
        if not picked:
            raise UsageError("No event is picked", remedy="Pick some events of the list first.")
        return (
            _side(index, "The events picked", both(asked, chosen)),
            _side(index, "the others that the question finds", both(asked, Not(chosen))),
        )
    here = _side(index, "What the question finds", asked)
    if against == "rest":
        return here, _side(index, "everything else in the same time", both(between(low, high), Not(core)))
    if against == "before":
        if low is None:
            raise UsageError("Nothing comes before all time", remedy="Choose a range of time first.")
        earlier = Window(low, high if high is not None else now_us).earlier(1)
        said = f"the same question from {rfc3339(max(0, earlier.low))} to {rfc3339(earlier.high)}"
        return here, _side(index, said, both(core, earlier.within))
    if against == "wide":
        outer = read_window(wide, now_us)
        rest = both(core, outer.within, Not(between(low, high)))
        return here, _side(index, f"the rest of {rfc3339(outer.low)} to {rfc3339(outer.high)}", rest)
    raise UsageError(f"Nothing is compared with {against[:40]!r}", remedy=f"One of {', '.join(AGAINST)}.")


def _side(index: EventIndex, what: str, within: Predicate) -> Side:
    acts = both(within, ACTS)
    return Side(what, acts, index.tally(acts)["acts"])


def _counted(index: EventIndex, here: Side, there: Side, columns: Sequence[str]) -> tuple[list[Counted], list[str]]:
    """The commonest values of either side with their counts on both, and the columns that have more values."""
    mine, theirs = (index.facets(side.within, columns, TOP + 1) for side in (here, there))
    found: list[Counted] = []
    cut = [column for column in columns if max(len(mine[column]), len(theirs[column])) > TOP]
    for column in columns:
        ours, others = _by_value(column, mine[column]), _by_value(column, theirs[column])
        values = list(dict.fromkeys([*list(ours)[:TOP], *list(others)[:TOP]]))
        if column in cut:
            ours |= _counts(index, here, column, [value for value in values if value not in ours])
            others |= _counts(index, there, column, [value for value in values if value not in others])
        found += [Counted(column, value, ours.get(value, 0), others.get(value, 0)) for value in values]
    return found, cut


def _by_value(column: str, rows: Sequence[Row]) -> dict[Any, int]:
    return {row["value"]: row["count"] for row in rows if row["value"] is not None or column in _ABSENCE_SAYS}


def _counts(index: EventIndex, side: Side, column: str, values: Sequence[Any]) -> dict[Any, int]:
    """How often these values occur on a side, whether or not they are among its commonest."""
    if not values:
        return {}
    wanted = either(Not(Present(column)) if value is None else Equals(column, value) for value in values)
    rows = index.facets(both(side.within, wanted), (column,), _ELEMENTS)[column]
    asked = set(values)
    return {row["value"]: row["count"] for row in rows if row["value"] in asked}


def _told(counted: Sequence[Counted], here: Side, there: Side) -> list[Json]:
    """The differences worth telling, most telling first; values with the very same counts stand together."""
    scored = sorted(
        ((_score(each, here.acts, there.acts), each) for each in counted),
        key=lambda pair: (-pair[0], COMPARED.index(pair[1].column), str(pair[1].value)),
    )
    found: dict[tuple[int, int], Json] = {}
    for score, each in scored:
        if not _worth_telling(each, score, here.acts, there.acts, len(counted)):
            continue
        first = found.setdefault((each.here, each.there), _finding(each, score, here.acts, there.acts))
        if (first["column"], first["value"]) != (each.column, each.value):
            first["also"].append(_named(each))
    return list(found.values())


def _worth_telling(each: Counted, score: float, here: int, there: int, compared: int) -> bool:
    mine, theirs = each.here / here, each.there / there
    enough = max(each.here, each.there) >= min(_LEAST_ACTS, here)
    larger, smaller = max(mine, theirs), min(mine, theirs)
    matters = larger - smaller >= _LEAST_POINTS or smaller == 0 or larger / smaller >= _LEAST_LIFT
    return enough and matters and math.erfc(math.sqrt(max(0.0, score) / 2)) * compared < _CHANCE


def _score(each: Counted, here: int, there: int) -> float:
    """G of the two by two table: twice the log-likelihood that the two shares are not one."""
    table = (each.here, here - each.here, each.there, there - each.there)
    with_it = (each.here + each.there) / (here + there)
    expected = (here * with_it, here * (1 - with_it), there * with_it, there * (1 - with_it))
    return 2 * sum(seen * math.log(seen / due) for seen, due in zip(table, expected, strict=True) if seen and due)


def _finding(each: Counted, score: float, here: int, there: int) -> Json:
    mine, theirs = each.here / here, each.there / there
    return {
        **_named(each),
        "here": each.here,
        "there": each.there,
        "here_share": mine,
        "there_share": theirs,
        "lift": mine / theirs if theirs else None,
        "score": round(score, 1),
        "also": [],
    }


def _named(each: Counted) -> Json:
    word = BY_NAME[each.column].query[0]
    query = f"-{word}:*" if each.value is None else term(word, str(each.value))
    return {"column": each.column, "title": _title(each.column), "value": each.value, "query": query}


def _title(column: str) -> str:
    return BY_NAME[column].facet or _TITLES[column]


def _left_out(named: set[str], cut: Sequence[str], weaker: int) -> list[str]:
    """What was not compared or is not told, in words."""
    said = []
    if by_query := [_title(column) for column in COMPARED if column in named]:
        said.append(f"{', '.join(by_query)}: the question itself is about {'it' if len(by_query) == 1 else 'them'}")
    if cut:
        titles = ", ".join(_title(column) for column in cut)
        said.append(f"{titles}: of more values only the {TOP} commonest of each side are compared")
    if weaker:
        said.append(plural(weaker, "weaker difference"))
    return [*said, "names of resources, and what is nearly always unlike, such as ids and times"]


def _note(here: Side, there: Side, told: Sequence[Json], compared: int) -> str:
    for side in (here, there):
        if not side.acts:
            return f"There is nothing to compare: no act belongs to {side.what[:1].lower()}{side.what[1:]}."
    if told:
        return (
            f"{plural(compared, 'value')} compared. "
            "Ranked by how unlikely chance is; events come in bursts, so this points, and proves nothing."
        )
    return (
        f"None of the {plural(compared, 'value')} compared differs by more than chance and by enough to matter, "
        f"between {plural(here.acts, 'act')} and {plural(there.acts, 'act')}."
    )
