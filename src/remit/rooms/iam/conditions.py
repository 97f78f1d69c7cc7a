"""Condition operators: their names, what their values must say, and how one value of a request is compared."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, Final

from remit.rooms.iam.operands import (
    parse_address,
    parse_binary,
    parse_bool,
    parse_date,
    parse_network,
    parse_number,
)
from remit.rooms.iam.templates import Match
from remit.rooms.iam.vocabulary import OPERATORS, QUALIFIERS, fold

_NAMES: Final = {fold(name): name for name in OPERATORS}
_QUALIFIERS: Final = {fold(name): name for name in QUALIFIERS}
Compare = Callable[[str], bool | None]
"""Whether a request's value passes; None when the value cannot be read as what the test compares."""

_PARSERS: Final[dict[str, tuple[Callable[[str], Any], str]]] = {
    "Numeric": (parse_number, "a number"),
    "Date": (parse_date, "a date such as 2026-04-01T00:00:00Z, or seconds since 1970"),
    "Bool": (parse_bool, "true or false"),
    "Null": (parse_bool, "true or false"),
    "IpAddress": (parse_network, "an IP address or a CIDR block"),
    "BinaryEquals": (parse_binary, "base64"),
}
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def split_operator(spelled: object) -> tuple[str, str, bool] | None:
    """Qualifier, canonical operator and whether IfExists was added; None for no operator at all. Letter case does not
    matter. Null takes neither qualifier nor IfExists."""
    if not isinstance(spelled, str):
        return None
    before, colon, bare = spelled.rpartition(":")
    qualifier = _QUALIFIERS.get(fold(before), "")
    if colon and not qualifier:
        return None
    name = fold(bare)
    known = _NAMES.get(name.removesuffix("ifexists"))
    if known is None or (known == "Null" and (qualifier or name != "null")):
        return None
    return qualifier, known, name.endswith("ifexists")


def _parser(test: str) -> tuple[Callable[[str], Any], str] | None:
    return next((found for start, found in _PARSERS.items() if test.startswith(start)), None)


def condition_trouble(name: str, text: str) -> str:
    """What is wrong with a policy's value for the operator; empty when nothing is."""
    found = _parser(OPERATORS[name][0])
    if found is None or found[0](text) is not None:
        return ""
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{shown!r} is not {found[1]}, which {name} compares"


def comparison(test: str, values: Iterable[str]) -> Compare:
    """How a request's value is compared with the policy's values; for tests without patterns and variables."""
    found = _parser(test)
    if found is None:
        raise ValueError(test)
    parse = found[0]
    wanted = tuple(parse(value) for value in values)
    if test == "IpAddress":
        return _in_network(wanted)
    order = _ORDERS[test.removeprefix("Numeric").removeprefix("Date")] if test[:4] in ("Nume", "Date") else operator.eq

    def compare(text: str) -> bool | None:
        given = parse(text)
        return None if given is None else any(order(given, one) for one in wanted)

    return compare


def _in_network(networks: tuple[tuple[int, int, int], ...]) -> Compare:
    def compare(text: str) -> bool | None:
        given = parse_address(text)
        if given is None:
            return None
        version, address = given
        return any(version == its and address & mask == first for its, first, mask in networks)

    return compare


def equal_ignoring_case(texts: Iterable[str]) -> Match:
    """A test that equals one of the texts in any letter case."""
    lowered = frozenset(text.lower() for text in texts)
    return lambda text: text.lower() in lowered
