"""What a key of the request can be, as far as tests can tell: one example for each way in which they can answer.

An unknown key may be absent or have any value, and infinitely many values are alike to a policy's tests. The examples
are exhaustive: whatever a key turns out to be, every test answers as it does for one of them.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import pairwise
from typing import Final

from remit.rooms.iam.conditions import comparison
from remit.rooms.iam.operands import parse_binary, parse_date, parse_network, parse_number
from remit.rooms.iam.templates import Match, Token, arn_matcher, ignoring_case, matcher
from remit.rooms.iam.vocabulary import WITH_VARIABLES
from remit.rooms.iam.words import TooManyWords, words_apart

Asked = tuple[str, tuple[tuple[Token, ...], ...] | tuple[str, ...]]
"""A test and what it compares with: patterns for tests of text, values for the others."""
State = tuple[str, ...]
"""The values of a key; none when it is absent."""
MOST_STATES: Final = 256


class TooManyValues(Exception):
    """The tests tell more values apart than are looked at, or compare values of several sorts: a text that is also a
    number fits patterns in more ways than examples of either show."""


def states_of(asked: frozenset[Asked], several: bool) -> tuple[State, ...]:
    """Every way the key may be, as far as the tests can tell, absence first. ``several`` for a key that may have more
    than one value. Raises ``TooManyValues``."""
    found = _remembered(asked, several)
    if found is None:
        raise TooManyValues
    return found


@lru_cache(maxsize=1024)
def _remembered(asked: frozenset[Asked], several: bool) -> tuple[State, ...] | None:
    """The states; None when they are too many, so that this too is found out once."""
    try:
        return _found(asked, several)
    except (TooManyValues, TooManyWords):
        return None


def _found(asked: frozenset[Asked], several: bool) -> tuple[State, ...]:
    tests = [_hit(*one) for one in sorted(asked, key=repr)]
    singles: dict[tuple[bool, ...], str] = {}
    for value in _examples(asked):
        found = [test(value) for test in tests]
        singles.setdefault((*map(bool, found), bool(value)) if several else tuple(map(bool, found)), value)
    if len(singles) > MOST_STATES:
        raise TooManyValues
    states = _together(singles) if several else [(value,) for value in singles.values()]
    return ((), *states)


def _together(singles: dict[tuple[bool, ...], str]) -> list[State]:
    """Sets of values that some test can tell apart: by whether any value passes it, any fails it, any is not empty."""
    seen: dict[frozenset[tuple[int, bool]], State] = {}
    marks = {value: frozenset(enumerate(answers)) for answers, value in singles.items()}
    waiting: list[tuple[frozenset[tuple[int, bool]], State]] = [(mark, (value,)) for value, mark in marks.items()]
    while waiting:
        mark, values = waiting.pop(0)
        if mark in seen:
            continue
        if len(seen) >= MOST_STATES:
            raise TooManyValues
        seen[mark] = values
        waiting += [(mark | other, (*values, value)) for value, other in marks.items() if not other <= mark]
    return list(seen.values())


def _hit(test: str, wanted: tuple[tuple[Token, ...], ...] | tuple[str, ...]) -> Callable[[str], object]:
    if test not in WITH_VARIABLES:
        return comparison(test, [one for one in wanted if isinstance(one, str)])
    patterns = [one for one in wanted if not isinstance(one, str)]
    forms: dict[str, Callable[[tuple[Token, ...]], Match]]
    forms = {"ArnLike": arn_matcher, "StringEqualsIgnoreCase": ignoring_case}
    fits = tuple(forms.get(test, matcher)(tokens) for tokens in patterns)
    return lambda value: any(fit(value) for fit in fits)


def _examples(asked: Iterable[Asked]) -> Iterator[str]:
    """Values of the one sort that the tests compare. Raises ``TooManyValues`` for several sorts."""
    texts: list[tuple[str, list[tuple[Token, ...]]]] = []
    values: dict[str, list[str]] = {}
    for test, wanted in asked:
        if test in WITH_VARIABLES:
            texts.append((test, [one for one in wanted if not isinstance(one, str)]))
        else:
            sort = next((sort for sort in _SORTS if test.startswith(sort)), test)
            values.setdefault(sort, []).extend(one for one in wanted if isinstance(one, str))
    if len(values) + bool(texts) > 1:
        raise TooManyValues
    for sort, found in values.items():
        yield from _SORTS[sort](found)
    if not values:
        yield from words_apart(texts)


def _numbers(texts: Iterable[str]) -> Iterator[str]:
    return _around(found for text in texts if (found := parse_number(text)) is not None)


def _dates(texts: Iterable[str]) -> Iterator[str]:
    return _around(found for text in texts if (found := parse_date(text)) is not None)


def _around(numbers: Iterable[Decimal]) -> Iterator[str]:
    """Each number, one below all, one above all and one between each two, written so that no year is meant."""
    bounds = sorted(set(numbers))
    with localcontext(prec=100):
        between = [(low + high) / 2 for low, high in pairwise(bounds)]
        found = [bounds[0] - 1, *bounds, *between, bounds[-1] + 1]
    for number in found:
        text = format(number, "f")
        yield text if "." in text else f"{text}.0"


def _truths(_texts: Iterable[str]) -> Iterator[str]:
    yield from ("true", "false")


def _bytes(texts: Iterable[str]) -> Iterator[str]:
    known = list(texts)
    yield from known
    longest = max((parse_binary(text) or b"" for text in known), key=len)
    yield base64.b64encode(longest + b"!").decode()


def _addresses(texts: Iterable[str]) -> Iterator[str]:
    """The first address of each block, the first behind it, and each family's first: blocks nest or are apart."""
    starts = {(4, 0), (6, 0)}
    for version, first, mask in filter(None, map(parse_network, texts)):
        most = 2 ** (32 if version == 4 else 128)
        starts |= {(version, first), (version, (first | (mask ^ (most - 1))) + 1)}
    for version, number in sorted(starts):
        if number < 2 ** (32 if version == 4 else 128):
            yield str(ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number))


_SORTS: Final[dict[str, Callable[[Iterable[str]], Iterator[str]]]] = {
    "Numeric": _numbers,
    "Date": _dates,
    "Bool": _truths,
    "BinaryEquals": _bytes,
    "IpAddress": _addresses,
}
