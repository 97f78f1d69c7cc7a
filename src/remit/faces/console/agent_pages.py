"""The agents: all of them in a table to watch, and each with everything known of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import ALL_TIME, Ask, address
from remit.faces.console.pages import Pages, agent_url
from remit.faces.console.ports import Json
from remit.faces.console.trend import measured, spark
from remit.model.errors import RemitError, UsageError

WINDOWS: Final = (("24h", "24 h"), ("7d", "7 d"), ("30d", "30 d"))
_OF_ALL: Final = "7d"
_OF_ONE: Final = "24h"
_DESCENDING: Final = "desc"
_SORTS: Final[dict[str, tuple[str, Callable[[Json], Any]]]] = {
    "agent": ("Agent", lambda row: (row["agent"] or "").lower()),
    "changes": ("Changes", lambda row: row["changes"]),
    "denials": ("Denied", lambda row: row["denials"]),
    "reach": ("Blast radius", lambda row: (row["resources"], row["accounts"], row["regions"])),
    "growth": ("Growth", lambda row: _ratio(row)),
    "novelties": ("Firsts", lambda row: row["novelties"]),
    "governed": ("Governed", lambda row: row["governed_share"]),
    "owner": ("Owner", lambda row: row["owner"].lower() if row["owner"] else None),
    "evidence": ("Evidence", lambda row: next(iter(row["strengths"].values()), 0)),
    "seen": ("Last seen", lambda row: row["last_seen"]),
}
"""Ways to sort the table: the column's title and what is compared."""
_MEASURES: Final = (
    ("changes", "Changes"),
    ("resources", "Resources"),
    ("accounts", "Accounts"),
    ("regions", "Regions"),
    ("deletions", "Deletions"),
    ("permissions", "Permission changes"),
    ("denials", "Denials"),
)


def agents_page(pages: Pages, request: Request) -> Response:
    """``/agents?window=7d&q=&sort=changes&order=desc``; with ``agent=`` the page of one, whatever its name."""
    asked = request.query_params
    if "agent" in asked:
        return _one(pages, request, asked["agent"])
    window = asked.get("window", "").strip() or _OF_ALL
    like, sort, order = asked.get("q", "").strip(), asked.get("sort", ""), asked.get("order", "")
    try:
        found = pages.desk.agents(window, like)
    except UsageError as error:
        return pages.refused(error, here="agents")
    rows = [_row(row, found["spark_seconds"], window) for row in found["agents"]]
    return pages.render(
        "agents.html",
        here="agents",
        window=window,
        like=like,
        sort=sort if sort in _SORTS else "",
        order=order,
        ranges=[(label, _address(name, like, sort, order), name == window) for name, label in WINDOWS],
        columns=_columns(window, like, sort, order),
        found=found,
        rows=_sorted(rows, sort, order),
        principals=[{**row, "url": address("/who", subject=row["sample"])} for row in found["top_principals"]],
        unmarked_url=event_list(found["unmarked_query"]),
    )


def agent_page(pages: Pages, request: Request) -> Response:
    """``/agents/NAME?window=24h``; ``can=1`` works out what it can do, ``narrow=1`` the policy its calls justify."""
    return _one(pages, request, request.path_params["name"])


def event_list(query: str) -> str:
    """The Event Center's address of a query that may confine its own time."""
    ask = Ask(q=query)
    return ask.url() if ask.range_in_query else Ask(q=query, since=ALL_TIME).url()


def _one(pages: Pages, request: Request, name: str) -> Response:
    asked = request.query_params
    window = asked.get("window", "").strip() or _OF_ONE
    found = pages.desk.agent(name, window)
    steps, seconds = found["series"]["steps"], found["series"]["step_seconds"]
    return pages.render(
        "agent.html",
        here="agents",
        window=window,
        ranges=[(label, agent_url(found["agent"], window=value), value == window) for value, label in WINDOWS],
        found=found,
        link=event_list,
        trends=[(key, title, measured(steps, key, seconds)) for key, title in _MEASURES],
        most_taken=max((road["changes"] for road in found["roads"]), default=0),
        alert_url=address("/alerts/new", kind="blast", agent=found["agent"]),
        permissions=_permissions(pages, found, "can" in asked),
        justified=_justified(pages, found) if "narrow" in asked else None,
        can_url=agent_url(found["agent"], window=window, can="1") + "#can",
        narrow_url=agent_url(found["agent"], window=window, narrow="1") + "#needs",
        narrow_command=f"remit agents narrow {shlex.quote(found['agent'])}",
    )


def _permissions(pages: Pages, found: Json, whole: bool) -> Json | None:
    """What its credentials allow; None where no desk answers that."""
    desk = pages.desks.get("permissions")
    return desk.panel(found["agent"], _spelled(found["window"]), whole=whole) if desk else None


def _justified(pages: Pages, found: Json) -> Json | None:
    """``{proposals, notes, refused}``: the policy that its calls justify for each role and user, the document as text;
    ``refused`` says why there is none. None where no desk answers that."""
    desk = pages.desks.get("permissions")
    if not desk:
        return None
    try:
        answer = desk.narrow(found["agent"], _spelled(found["window"]))
    except RemitError as error:
        return {"proposals": [], "notes": [], "refused": str(error)}
    proposals = [{**each, "text": json.dumps(each["document"], indent=2)} for each in answer["proposals"]]
    return {"proposals": proposals, "notes": answer["notes"], "refused": None}


def _spelled(window: Json) -> str:
    return f"{window['low']}..{window['high']}"


def _row(row: Json, seconds: float, window: str) -> Json:
    name = row["agent"]
    return {
        **row,
        "url": agent_url(name, window=window) if name else event_list(row["query"]),
        "events_url": event_list(row["query"]),
        "trend": spark(row["spark"], seconds),
        "ratio": _ratio(row),
    }


def _ratio(row: Json) -> float | None:
    """How many times the resources of its own past an agent reached; None where there is no past to compare with."""
    ratio: float | None = row["growth"]["measures"]["resources"]["ratio"] if row["growth"] else None
    return ratio


def _sorted(rows: list[Json], sort: str, order: str) -> list[Json]:
    """In the order asked for, what is not known last; else as the answer has them, the busiest first."""
    if sort not in _SORTS:
        return rows
    value = _SORTS[sort][1]
    known = [row for row in rows if value(row) is not None]
    known.sort(key=value, reverse=order == _DESCENDING)
    return known + [row for row in rows if value(row) is None]


def _columns(window: str, like: str, sort: str, order: str) -> list[tuple[str, str, str, str]]:
    """``(name, title, address, direction)`` of every column: its title sorts by it, and once more the other way."""
    columns = []
    for name, (title, _) in _SORTS.items():
        down = sort == name and order == _DESCENDING
        first = "asc" if name in ("agent", "owner") else _DESCENDING
        then = ("asc" if down else _DESCENDING) if sort == name else first
        direction = ("descending" if down else "ascending") if sort == name else ""
        columns.append((name, title, _address(window, like, name, then), direction))
    return columns


def _address(window: str, like: str, sort: str, order: str) -> str:
    named = {"window": window, "q": like, "sort": sort if sort in _SORTS else "", "order": order if sort else ""}
    return address("/agents", **{name: value for name, value in named.items() if value})
