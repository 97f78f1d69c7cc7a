"""The panel that says what is different here, and the addresses that ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from remit.faces.console.asking import Ask
from remit.faces.console.ports import ConsoleDesk, Json
from remit.faces.console.words import source_class
from remit.model.errors import QueryError, UsageError
from remit.model.vocabulary import POLICY_WORDS

OTHERS: Final = "others"
_ASKED: Final = {
    "rest": "everything else in the same time",
    "before": "the time before, as long",
    "wide": "the rest of the wider range",
}


@dataclass(frozen=True, slots=True)
class Stand:
    """One value that stands out, with its shares on both sides in hundredths and the questions it leads to."""

    title: str
    label: str
    css: str
    only: str | None
    exclude: str | None
    found: Json
    also: tuple[tuple[str, str], ...]


def comparisons(ask: Ask) -> list[tuple[str, str, str]]:
    """``(how, label, address)`` of what this answer can be compared with."""
    offered = {
        "rest": ask.narrowed,
        "before": bool(dict(ask.bounds)["since"]) or ask.range_in_query,
        "wide": bool(ask.wide),
    }
    return [(how, label, ask.url(compare=how)) for how, label in _ASKED.items() if offered[how]]


def compare(desk: ConsoleDesk, ask: Ask) -> Json | None:
    """The panel's content; None when no comparison is asked for. What cannot be compared says why."""
    if not ask.compare and not ask.picks:
        return None
    against = OTHERS if ask.picks and ask.compare not in _ASKED else ask.compare
    try:
        answer = desk.difference(ask.text, against, ask.picks, ask.wide)
    except UsageError as error:
        return {"answer": None, "what": error.what, "remedy": error.remedy, "close": ask.url()}
    return {
        "answer": answer,
        "how": against,
        "sides": (("More here", _stands(ask, answer["more"])), ("Less here", _stands(ask, answer["less"]))),
        "close": ask.url(),
    }


def _stands(ask: Ask, found: list[Json]) -> list[Stand]:
    return [_stand(ask, each) for each in found]


def _stand(ask: Ask, found: Json) -> Stand:
    column, value = found["column"], found["value"]
    also = tuple((each["title"], _label(each)) for each in found["also"])
    css = source_class(value) if column == "source" else ""
    only, exclude = _questions(ask, column, value)
    return Stand(found["title"], _label(found), css, only, exclude, found, also)


def _questions(ask: Ask, column: str, value: object) -> tuple[str | None, str | None]:
    """The addresses that ask for this value alone and without it; None when no query can name it."""
    try:
        return ask.only(column, value).url(), ask.excluding(column, value).url()
    except QueryError:
        return None, None


def _label(found: Json) -> str:
    value: Any = found["value"]
    if value is None:
        return f"no {found['title'].lower()}"
    return POLICY_WORDS.get(value, str(value)) if found["column"] == "deny_policy_type" else str(value)
