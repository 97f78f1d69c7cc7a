"""The form that says what an alert is: what its fields hold, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from remit.faces.console.asking import address
from remit.faces.console.ports import Json
from remit.flows.alerting.query import timeless
from remit.model.errors import QueryError

CHANNEL: Final = "channel."
_DEFAULT_KIND: Final = "match"
_OFTEN: Final = 30
"""Messages in a dry run of 30 days from which on a person is warned."""


def given_of(form: Mapping[str, str], kinds: list[Json]) -> Json:
    """What the fields ask an alert to be. A kind's options are named ``KIND.OPTION``, channels ``channel.NAME``."""
    kind = form.get("kind") or _DEFAULT_KIND
    options: list[Json] = next((each["options"] for each in kinds if each["name"] == kind), [])
    names = [each["name"] for each in options]
    return {
        "name": form.get("name", ""),
        "query": form.get("q", ""),
        "kind": kind,
        "settings": {name: form[f"{kind}.{name}"] for name in names if f"{kind}.{name}" in form},
        "channels": [name.removeprefix(CHANNEL) for name in form if name.startswith(CHANNEL)],
    }


def fields_of(given: Json, kinds: list[Json], channels: list[Json]) -> Json:
    """What the form shows: every kind with its options, filled in with what was given or else the defaults."""
    return {
        "name": given["name"],
        "query": given["query"],
        "kinds": [_kind(each, given) for each in kinds],
        "channels": [{**each, "chosen": each["name"] in given["channels"]} for each in channels],
        "gone": [each for each in given["channels"] if each not in {known["name"] for known in channels}],
        "matches_url": address("/", q=given["query"], since="30d"),
    }


def _kind(kind: Json, given: Json) -> Json:
    chosen = kind["name"] == given["kind"]
    settings: Mapping[str, str] = given["settings"] if chosen else {}
    options = [{**each, "value": settings.get(each["name"]) or each["default"]} for each in kind["options"]]
    return {**kind, "chosen": chosen, "options": options}


def watchable(query: str) -> tuple[str, str]:
    """A query as an alert can watch it, and what was done to it."""
    try:
        kept = timeless(query)
    except QueryError:
        return query, ""
    if kept == query.strip():
        return kept, ""
    return kept, "Its range of time was taken out: an alert watches from now on."


def advice(tried: Json) -> str:
    """What a dry run that would have sent very many, or nothing at all, suggests."""
    if tried["firings"] > _OFTEN:
        return "That is more than one a day. Narrow the query, or let it keep quiet for longer."
    if not tried["matches"]:
        return "Nothing like it happened in that time, so nothing shows whether the query says what you mean."
    return ""


def form_values(values: Mapping[str, Any]) -> Json:
    """An existing alert as the form's input."""
    return {name: values[name] for name in ("name", "query", "kind", "settings", "channels")}
