"""The form that says what an alert is: what its fields hold, and what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from remit.faces.console.asking import address
from remit.faces.console.ports import Json
from remit.flows.alerting.query import timeless
from remit.model.errors import QueryError

CHANNEL: Final = "channel."
BACK: Final = "back"
"""The form that a person left to add a channel: its path, beside what stood in it."""
TOUCHED: Final = "touched"
"""What an address of a form that was filled in has, whatever was filled in."""
MOST_OFFERED: Final = 4
LONGEST_DRAFT: Final = 6_000
_FORMS: Final = re.compile(r"/alerts/(?:new|[A-Za-z0-9_-]{1,64}/edit)")
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


def fields_of(given: Json, kinds: list[Json], channels: list[Json], *, untouched: bool = False) -> Json:
    """What the form shows: every kind with its options, filled in with what was given or else the defaults.

    In an ``untouched`` form the only channel there is is chosen: an alert that tells nobody has to be meant.
    """
    chosen = [each["name"] for each in channels] if untouched and len(channels) == 1 else given["channels"]
    return {
        "name": given["name"],
        "query": given["query"],
        "kinds": [_kind(each, given) for each in kinds],
        "channels": [{**each, "chosen": each["name"] in chosen} for each in channels],
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


def other_queries(parameters: Mapping[str, str], query: str) -> list[tuple[str, str]]:
    """``(query, address of the form with it)`` for each ``or`` of an address: wider and narrower ones to watch."""
    many = getattr(parameters, "getlist", None)
    offered = dict.fromkeys([query, *(many("or")[:MOST_OFFERED] if many else ())])
    return [(each, address("/alerts/new", **_less(offered, each))) for each in offered if each and each != query]


def _less(offered: Iterable[str], chosen: str) -> dict[str, str | tuple[str, ...]]:
    return {"q": chosen, "or": tuple(each for each in offered if each and each != chosen)}


def draft_of(parameters: Iterable[tuple[str, str]]) -> str:
    """A form that is left for a while, as the query part of an address; empty when none was left."""
    said = [(name, value) for name, value in parameters if name != BACK]
    return urlencode(said, errors="replace")[:LONGEST_DRAFT]


def way_back(back: str, draft: str, channel: str = "") -> str:
    """The address of the form that was left, with what stood in it and with ``channel`` chosen; empty for none."""
    if not _FORMS.fullmatch(back):
        return ""
    said = parse_qsl(draft[:LONGEST_DRAFT], keep_blank_values=True, max_num_fields=200)
    return f"{back}?{urlencode([*said, (CHANNEL + channel, 'on')] if channel else said, errors='replace')}"


def form_values(values: Mapping[str, Any]) -> Json:
    """An existing alert as the form's input."""
    return {name: values[name] for name in ("name", "query", "kind", "settings", "channels")}
