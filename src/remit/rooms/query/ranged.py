"""A query with a range of time beside it, as a page's address and a saved view have one."""

from __future__ import annotations

from typing import Final

from remit.rooms.query.parse import parse
from remit.rooms.query.render import term
from remit.rooms.query.syntax import AllOf, AnyOf, Negated, Node

DEFAULT_SINCE: Final = "24h"
ALL_TIME: Final = "all"
TIME_WORDS: Final = ("since", "until", "time")


def ranged(text: str, since: str = "", until: str = "") -> str:
    """The whole query: ``text`` within ``[since, until)``, the last 24 hours unless said, all time for ``all``.

    A text that confines its own time is left as it is. Raises QueryError when ``text`` cannot be read; the result may
    still have a time in it that none is.
    """
    node = parse(text)
    if tells_time(node):
        return text
    bounds = [term(word, value) for word, value in bounds_in_force(since, until) if value]
    within = f"({text})" if bounds and isinstance(node, AnyOf) else text.strip()
    return " ".join(part for part in (within, *bounds) if part)


def bounds_in_force(since: str, until: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The words of the range and their values, empty for none."""
    since = since or ("" if until else DEFAULT_SINCE)
    return ("since", "" if since == ALL_TIME else since), ("until", until)


def tells_time(node: Node) -> bool:
    """Whether a query speaks of time anywhere."""
    if isinstance(node, (AllOf, AnyOf)):
        return any(tells_time(each) for each in node.terms)
    if isinstance(node, Negated):
        return tells_time(node.term)
    return node.field in TIME_WORDS
