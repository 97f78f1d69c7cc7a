"""The smaller pages: denials, and who."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.agent_pages import event_list
from remit.faces.console.asking import read_ask
from remit.faces.console.event_center import range_chips
from remit.faces.console.pages import Pages
from remit.faces.console.ports import Json
from remit.faces.console.query_error import pointed
from remit.faces.console.trend import spark
from remit.model.errors import QueryError

_GROUPS: Final = 50


def denials_page(pages: Pages, request: Request) -> Response:
    """``/denials`` with the query and range of the Event Center; 30 days unless said."""
    given = read_ask(request.query_params, "/denials")
    ask = given if given.since or given.until or given.range_in_query else given.within("30d")
    asked: Json = {"here": "denials", "ask": ask, "ranges": range_chips(ask)}
    try:
        found = pages.desk.denials(ask.text, _GROUPS)
    except QueryError as error:
        return pages.render("query_error.html", 400, error=pointed(error, ask.q), **asked, scenes=[])
    groups = [{**group, "trend": spark(group["spark"], found["spark_seconds"])} for group in found["groups"]]
    asked["new_above"] = sum(bool(each["new"]) and each["explained"] >= each["count"] for each in groups)
    return pages.render(
        "denials.html", **asked, found=found, groups=groups, causes=_causes(found["causes"]), link=event_list
    )


def _causes(found: Json) -> Json:
    """The rows that have to do with the organization's policies, how many denials have not, and how many are told by
    their records too; ``rarer`` are left out here, and ``more`` are in no row."""
    told = [row for row in found["rows"] if row["concerns_organization"]]
    others = sum(row["count"] for row in found["rows"] if not row["concerns_organization"])
    still = sum(row["count"] for row in told if not row["explained"])
    rarer = {"causes": len(told[_GROUPS:]), "denials": sum(row["count"] for row in told[_GROUPS:])}
    return {**found, "told": told[:_GROUPS], "others": others, "open": still, "rarer": rarer}


def who_page(pages: Pages, request: Request) -> Response:
    """``/who?subject=``."""
    subject = request.query_params.get("subject", "").strip()
    found = pages.desk.who(subject) if subject else None
    told = found is not None and found["found"]
    return pages.render(
        "who.html",
        200 if found is None or told else 404,
        here="who",
        subject=subject,
        found=found,
        examples=None if told else pages.desk.who_examples(),
        link=event_list,
        agent=_agent(found),
    )


def _agent(found: Json | None) -> str | None:
    """The agent a subject is, whose own page says more."""
    changed = found["last_changed"] if found and found["kind"] == "agent" else None
    return changed["actor"]["agent"] if changed else found["subject"] if found and found["kind"] == "agent" else None
