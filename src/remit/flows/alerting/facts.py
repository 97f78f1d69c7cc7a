"""What a firing keeps of what was found, and how it grows while the same is found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from remit.flows.alerting.ports import Alert, Json
from remit.flows.alerting.query import shown_by
from remit.model.event_json import rfc3339
from remit.rooms.alerts import NAMED, SAMPLES, Finding


def facts_of(alert: Alert, found: Finding) -> Json:
    """What a firing keeps of its finding, as JSON. ``told`` is the number of acts its sentence speaks of, ``count``
    that of all up to now; of the resources beyond those named, ``resources_more`` says how many."""
    return {
        "sentence": found.sentence,
        "told": found.count,
        "count": found.count,
        "evidence": dict(found.evidence),
        "subject": dict(found.subject),
        "samples": list(found.samples),
        "resources": list(found.resources[:NAMED]),
        "resources_more": max(len(found.resources) - NAMED, 0),
        "from": rfc3339(found.low),
        "to": rfc3339(found.high),
        "query": shown_by(alert.query, found),
    }


def grown(alert: Alert, told: Mapping[str, Any], found: Finding) -> Json:
    """The facts of a firing after the same was found again: its sentence stays, everything else covers both."""
    now = facts_of(alert, _spanning(told, found))
    names = list(dict.fromkeys([*told.get("resources", ()), *found.resources]))
    known = max(len(told.get("resources", ())) + told.get("resources_more", 0), len(names))
    return {
        **told,
        "count": told["count"] + found.count,
        "told": told.get("told", told["count"]),
        "evidence": _evidence(told["evidence"], now["evidence"], known),
        "samples": list(dict.fromkeys([*found.samples, *told["samples"]]))[:SAMPLES],
        "resources": names[:NAMED],
        "resources_more": max(known - NAMED, 0),
        **{name: now[name] for name in ("from", "to", "query")},
    }


def _spanning(told: Mapping[str, Any], found: Finding) -> Finding:
    """The finding over the time of both."""
    low, high = (int(datetime.fromisoformat(told[name]).timestamp() * 1_000_000) for name in ("from", "to"))
    return replace(found, low=min(low, found.low), high=max(high, found.high))


def _evidence(told: Mapping[str, Any], now: Mapping[str, Any], resources: int) -> Json:
    """The numbers of matches add up. Those of a comparison with the past are of the look that told it."""
    if "from" not in told or "from" not in now:
        return dict(told)
    span = {"from": min(told["from"], now["from"]), "to": max(told["to"], now["to"])}
    return {**told, "acts": told["acts"] + now["acts"], "resources": resources, **span}
