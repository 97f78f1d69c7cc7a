"""Texts that patterns tell apart: for each combination of patterns that some text fits, such a text.

All patterns are walked at once, character by character, over the characters that make a difference; each set of
places reached in them is gone on from once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from remit.rooms.iam.templates import Token, Wild, arn_parts

RUN: Final = "any run"
ONE: Final = "any one"
RUN_WITHIN: Final = "any run without a colon"
ONE_WITHIN: Final = "any one but a colon"
_RUNS: Final = frozenset({RUN, RUN_WITHIN})
MOST_STEPS: Final = 40_000
_UNUSED: Final = "xyzwq0123456789-_"

Places = frozenset[int]


class TooManyWords(Exception):
    """The patterns tell more apart than is looked at."""


class Pattern:
    """The items of one pattern: single characters, or one of the wildcards above."""

    def __init__(self, test: str, tokens: tuple[Token, ...]) -> None:
        self.items = _items(test, tokens)
        self.any_case = test == "StringEqualsIgnoreCase"
        self.start = self.closed({0})

    def closed(self, places: Iterable[int]) -> Places:
        """The places, and those reached from them without a character: a run may be empty."""
        found = set(places)
        for place in sorted(found):
            while place < len(self.items) and self.items[place] in _RUNS:
                place += 1
                found.add(place)
        return frozenset(found)

    def step(self, places: Places, char: str) -> Places:
        """The places after one more character."""
        reached = set()
        for place in places:
            if place == len(self.items):
                continue
            item = self.items[place]
            if item == char or (self.any_case and len(item) == 1 and item.lower() == char.lower()):
                reached.add(place + 1)
            elif item in (RUN, RUN_WITHIN):
                reached |= {place} if item == RUN or char != ":" else set()
            elif item == ONE or (item == ONE_WITHIN and char != ":"):
                reached.add(place + 1)
        return self.closed(reached)

    def telling(self, places: Places) -> set[str]:
        """The characters that make a difference here."""
        found = set()
        for place in places:
            item = self.items[place] if place < len(self.items) else ""
            if len(item) == 1:
                found |= {item, item.lower()[:1], item.upper()[:1]} if self.any_case else {item}
            elif item in (RUN_WITHIN, ONE_WITHIN):
                found.add(":")
        return found

    def fits_all_after(self, places: Places) -> bool:
        """Whether whatever follows fits: the pattern's last run is reached."""
        return bool(self.items) and self.items[-1] == RUN and len(self.items) - 1 in places


def _items(test: str, tokens: tuple[Token, ...]) -> tuple[str, ...]:
    if test != "ArnLike" or tokens == (Wild.STAR,):
        return tuple(_spelled(tokens, RUN, ONE))
    parts = arn_parts(tokens)
    if len(parts) < 6:
        return ("never",)
    found: list[str] = []
    for number, part in enumerate(parts):
        found += [":"] if number else []
        found += _spelled(part, RUN_WITHIN, ONE_WITHIN) if number < 5 else _spelled(part, RUN, ONE)
    return tuple(found)


def _spelled(tokens: Iterable[Token], run: str, one: str) -> Iterator[str]:
    for token in tokens:
        if token is Wild.STAR:
            yield run
        elif token is Wild.QUESTION:
            yield one
        else:
            yield from str(token)


def words_apart(tests: Iterable[tuple[str, list[tuple[Token, ...]]]]) -> list[str]:
    """The texts. ``tests`` are names of tests of text with their patterns. Raises ``TooManyWords``."""
    plain: set[str] = {""}
    wild: list[tuple[Pattern, ...]] = []
    characters: set[str] = set()
    for test, patterns in tests:
        open_ones = []
        for tokens in patterns:
            texts = "".join(token for token in tokens if isinstance(token, str))
            characters |= set(texts) | set(texts.lower()) | set(texts.upper())
            if test != "StringEqualsIgnoreCase" and all(isinstance(token, str) for token in tokens):
                plain.add(texts)
            else:
                open_ones.append(Pattern(test, tokens))
        wild += [tuple(open_ones)] if open_ones else []
    unused = next((char for char in _UNUSED if char not in characters), "") or next(
        chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in characters
    )
    if not wild:
        longest = max(plain, key=len)
        return [*sorted(plain), longest[:64] + unused]
    return [*sorted(plain), *_walked(wild, plain, unused)]


def _walked(wild: list[tuple[Pattern, ...]], plain: set[str], unused: str) -> Iterator[str]:
    """A text for each set of places that can be reached; one that is none of the plain texts has a place of its own."""
    onward: dict[str, set[str]] = {}
    for text in plain:
        for length in range(len(text)):
            onward.setdefault(text[:length], set()).add(text[length])
        onward.setdefault(text, set())
    if len(onward) > MOST_STEPS:
        raise TooManyWords
    start = (tuple(_settled(test, [one.start for one in test]) for test in wild), "")
    seen, waiting, steps = {start}, deque([(start, "")]), 0
    while waiting:
        (places, prefix), text = waiting.popleft()
        yield text
        telling = {char for test, here in zip(wild, places, strict=True) for char in _telling(test, here)}
        for char in sorted(telling | onward.get(prefix, set()) | {unused}):
            steps += 1 + sum(map(len, places))
            if steps > MOST_STEPS:
                raise TooManyWords
            longer = text + char
            known = longer if prefix == text and longer in onward else _OFF
            after = tuple(_stepped(test, here, char) for test, here in zip(wild, places, strict=True))
            if (after, known) not in seen:
                seen.add((after, known))
                waiting.append(((after, known), longer))


_OFF: Final = "\0off"
_ALL: Final[tuple[Places, ...]] = (frozenset({-1}),)


def _settled(test: tuple[Pattern, ...], places: list[Places]) -> tuple[Places, ...]:
    """The places in a test's patterns; one mark for all once whatever follows fits one of them."""
    whole = any(one.fits_all_after(here) for one, here in zip(test, places, strict=True))
    return _ALL if whole else tuple(places)


def _stepped(test: tuple[Pattern, ...], places: tuple[Places, ...], char: str) -> tuple[Places, ...]:
    if places is _ALL:
        return _ALL
    return _settled(test, [one.step(here, char) for one, here in zip(test, places, strict=True)])


def _telling(test: tuple[Pattern, ...], places: tuple[Places, ...]) -> set[str]:
    if places is _ALL:
        return set()
    return {char for one, here in zip(test, places, strict=True) for char in one.telling(here)}
