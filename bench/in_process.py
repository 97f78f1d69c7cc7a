"""The questions that the console and the command line ask most, timed warm through the desk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from corpus import END

from remit.adapters.store.store import Store
from remit.app.desk import LocalDesk
from remit.app.desks import QUESTIONS
from remit.app.keeping import open_desks

Json = dict[str, Any]
Ask = Callable[[], object]
_WARM_UP: Final = 3
PAGE: Final = "page"
AGGREGATE: Final = "aggregate"


def questions(folder: str, runs: int) -> Json:
    """p50 and p95 in milliseconds of every question, and how much each found."""
    with Store.open(Path(folder), "bench") as store:
        desk: LocalDesk = open_desks(store)[QUESTIONS]
        # The corpus ends on a fixed day; "24h" and "30d" are to mean its last ones whenever this runs.
        desk._clock = lambda: END * 1_000_000
        began = time.perf_counter()
        asked = [{"question": name, "kind": kind, **_timed(ask, runs)} for name, kind, ask in _questions(desk)]
        return {"asked": asked, "seconds": time.perf_counter() - began, "events": desk.overview("")["records"]}


def _timed(ask: Ask, runs: int) -> Json:
    for _ in range(_WARM_UP):
        ask()
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took, n=20, method="inclusive")
    return {"p50_ms": cuts[9], "p95_ms": cuts[18]}


def _questions(desk: LocalDesk) -> list[tuple[str, str, Ask]]:
    newest = desk.search("since:30d", 50)["items"]
    resource = _resource(desk)
    event = newest[len(newest) // 2]["event_id"]
    named = [agent["agent"] for agent in desk.agents("30d")["agents"]]

    def page(query: str) -> Ask:
        return lambda: (desk.overview(query), desk.search(query, 50))

    found: list[tuple[str, str, Ask]] = [
        ("overview and first page, 24 hours", PAGE, page("since:24h")),
        ("overview and first page, 30 days", PAGE, page("since:30d")),
        ("overview and first page, everything", PAGE, page("")),
        ("search by a word, everything", PAGE, lambda: desk.search("reports", 50)),
        ("search by a resource, everything", PAGE, lambda: desk.search(f'resource:"{resource}"', 50)),
        ("one event in full", PAGE, lambda: desk.show(event)),
        ("facet: agent, everything", AGGREGATE, lambda: desk.facet("", "agent")),
        ("facet: service, everything", AGGREGATE, lambda: desk.facet("", "service")),
        ("histogram, 30 days", AGGREGATE, lambda: desk.histogram("since:30d")),
        ("agents, 30 days", AGGREGATE, lambda: desk.agents("30d")),
        ("who: the life of a resource", AGGREGATE, lambda: desk.who(resource)),
        ("denials by cause, 30 days", AGGREGATE, lambda: desk.denials("since:30d")),
    ]
    if named:
        found.append(("one agent against its past, 30 days", AGGREGATE, lambda: desk.agent(named[0], "30d")))
    return found


def _resource(desk: LocalDesk) -> str:
    """A resource that a recent record changed."""
    for event in desk.search("since:30d kind:create", 50)["items"]:
        for resource in event["resources"]:
            if resource.get("id"):
                return str(resource["id"])
    raise LookupError("the corpus holds a created resource")
