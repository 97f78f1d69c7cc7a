"""What a channel is given to send: a firing as one JSON object, with links that work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from remit.flows.alerting.query import events_url

Json = dict[str, Any]
VERSION: Final = 1


def message_of(firing: Mapping[str, Any], address: str, *, test: bool = False) -> Json:
    """``{version, id, test, alert: {id, name, kind, query, url}, at, sentence, count, evidence, subject, from, to,
    query, resources, resources_more, url, samples: [{event_id, url}]}``; what the firing knows
    by the time of the attempt."""
    facts = firing["facts"]
    root = address.rstrip("/")
    return {
        "version": VERSION,
        "id": firing["id"],
        "test": test,
        "alert": {
            "id": firing["alert"],
            "name": firing["alert_name"],
            "kind": firing["kind"],
            "query": firing["query"],
            "url": f"{root}/alerts/{firing['alert']}",
        },
        "at": firing["first"],
        **{name: facts[name] for name in ("sentence", "count", "evidence", "subject", "from", "to", "query")},
        "resources": list(facts.get("resources", ())),
        "resources_more": facts.get("resources_more", 0),
        "url": events_url(address, facts["query"]),
        "samples": [
            {"event_id": each, "url": f"{root}/events/{quote(each, safe='', errors='replace')}"}
            for each in facts["samples"]
        ],
    }
