"""One condition made ready to be asked: true, false, or unknown for what a request says of its key."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Final, Self

from remit.rooms.iam.conditions import Compare, comparison, equal_ignoring_case
from remit.rooms.iam.document import Condition
from remit.rooms.iam.domains import Asked
from remit.rooms.iam.request import Facts
from remit.rooms.iam.templates import (
    Match,
    Token,
    Variable,
    Wild,
    arn_matcher,
    ignoring_case,
    matcher,
    tokens_of,
    variables_of,
)
from remit.rooms.iam.vocabulary import OPERATORS, WITH_VARIABLES, fold

Hit = Callable[[str, Facts], bool | None]
"""Whether one value of the request passes; None when that depends on an unknown variable or cannot be read."""
Truth = Callable[[Facts], bool | None]
_ABSENT: Final[tuple[str, ...]] = ()


class KeyTest:
    """A condition of a document. ``truth`` answers for a request's facts. ``identity`` is equal for tests that are
    true of the same values; ``variables`` are the keys of variables in its values."""

    __slots__ = (
        "compare",
        "condition",
        "hit",
        "identity",
        "if_exists",
        "key",
        "negated",
        "patterns",
        "qualifier",
        "test",
        "truth",
        "variables",
    )

    def __init__(self, condition: Condition, *, variables: bool) -> None:
        self.condition = condition
        self.key = fold(condition.key)
        self.test, self.negated = OPERATORS[condition.operator]
        self.qualifier = condition.qualifier
        self.if_exists = condition.if_exists
        dynamic = variables and self.test in WITH_VARIABLES and any("${" in text for text in condition.values)
        wildcards = self.test in ("StringLike", "ArnLike")
        texts = condition.values if self.test in WITH_VARIABLES else ()
        self.patterns = tuple(tokens_of(text, variables=dynamic, wildcards=wildcards) for text in texts)
        self.compare, self.hit, self.variables = _hit(self.test, condition.values, self.patterns)
        self.identity = (self.test, bool(self.qualifier), self.key, tuple(sorted(set(condition.values))), dynamic)
        self.truth: Truth = _truth(self)

    def wants_absence(self) -> set[bool]:
        """For Null: the answers to "is the key absent?" that pass."""
        return {value.strip().lower() == "true" for value in self.condition.values}

    def asked(self, facts: Facts) -> list[Asked]:
        """What it compares the key's values with, variables resolved as far as they are known."""
        if self.test not in WITH_VARIABLES:
            return [(self.test, self.condition.values)] if self.test != "Null" else []
        fixed: list[tuple[Token, ...]] = []
        loose: list[tuple[Token, ...]] = []
        for tokens in self.patterns:
            resolved, open_ = resolve(tokens, facts)
            if resolved is not None:
                (loose if open_ else fixed).append(resolved)
        freely = self.test if self.test == "StringEqualsIgnoreCase" else "StringLike"
        return [(test, tuple(found)) for test, found in ((self.test, fixed), (freely, loose)) if found]

    def untied(self) -> Self:
        """The same test of a key of another name, ``key``, so that variables of this one are told apart from it: the
        values that stand for all of an unknown key's stand for them in what is compared, not in what with."""
        twin = copy.copy(self)
        twin.key = f"{self.key} itself"
        twin.truth = _truth(twin)
        return twin

    def unknown_variables(self, facts: Facts) -> frozenset[str]:
        """Keys of its variables that are unknown."""
        return frozenset(key for key in self.variables if facts.get(key, _ABSENT) is None)


def _hit(
    test: str, values: tuple[str, ...], patterns: tuple[tuple[Token, ...], ...]
) -> tuple[Compare | None, Hit, tuple[str, ...]]:
    """The test of one value, without the request's facts where it needs none; the keys of the variables it needs."""
    if test == "Null":
        return None, _never, ()
    if test not in WITH_VARIABLES:
        compare = comparison(test, values)
        return compare, _without_facts(compare), ()
    fixed = [tokens for tokens in patterns if not variables_of(tokens)]
    open_ones = tuple(tokens for tokens in patterns if variables_of(tokens))
    settled = _fixed_match(test, fixed)
    if not open_ones:
        return settled, _without_facts(settled), ()
    keys = tuple(dict.fromkeys(variable.key for tokens in open_ones for variable in variables_of(tokens)))
    return None, _with_variables(test, settled, open_ones), keys


def _never(_value: str, _facts: Facts) -> bool | None:
    return False


def _without_facts(compare: Compare) -> Hit:
    return lambda value, _facts: compare(value)


def _fixed_match(test: str, patterns: list[tuple[Token, ...]]) -> Compare:
    """A test against patterns without variables: a set for plain text, one call each for wildcards."""
    plain = ["".join(map(str, tokens)) for tokens in patterns if all(isinstance(token, str) for token in tokens)]
    if test == "StringEqualsIgnoreCase":
        return _as_compare(equal_ignoring_case(plain))
    exact = frozenset(plain)
    if len(plain) == len(patterns) and test != "ArnLike":
        return exact.__contains__
    wild = [tokens for tokens in patterns if test == "ArnLike" or any(not isinstance(token, str) for token in tokens)]
    tests = tuple(_match(test, tokens) for tokens in wild)
    if test == "ArnLike":
        exact = frozenset()
    return lambda value: value in exact or any(fits(value) for fits in tests)


def _as_compare(match: Match) -> Compare:
    return lambda value: bool(match(value))


def _match(test: str, tokens: tuple[Token, ...]) -> Match:
    if test == "ArnLike":
        return arn_matcher(tokens)
    if test == "StringEqualsIgnoreCase":
        return equal_ignoring_case(["".join(map(str, tokens))])
    return matcher(tokens)


def _with_variables(test: str, settled: Compare, patterns: tuple[tuple[Token, ...], ...]) -> Hit:
    def hit(value: str, facts: Facts) -> bool | None:
        if settled(value):
            return True
        pending = False
        for tokens in patterns:
            resolved, open_ = resolve(tokens, facts)
            if resolved is None:
                continue
            if open_:
                pending = pending or bool(loose_match(test)(resolved)(value))
            elif _match(test, resolved)(value):
                return True
        return None if pending else False

    return hit


def loose_match(test: str) -> Callable[[tuple[Token, ...]], Match]:
    """How a pattern whose unknown variables became stars is matched: what does not fit it fits for no value of them."""
    return ignoring_case if test == "StringEqualsIgnoreCase" else matcher


def resolve(tokens: Iterable[Token], facts: Facts) -> tuple[tuple[Token, ...] | None, bool]:
    """The tokens with each variable's value as plain text, and a star for one that is unknown; whether any is. None
    when a variable has no value, or more than one, and the pattern so matches nothing."""
    found: list[Token] = []
    unknown = False
    for token in tokens:
        if not isinstance(token, Variable):
            found.append(token)
            continue
        values = facts.get(token.key, _ABSENT)
        if values is None:
            unknown = True
            found.append(Wild.STAR)
            continue
        text = values[0] if len(values) == 1 else token.default if not values else None
        if text is None:
            return None, False
        found.append(text)
    return tuple(token for token in found if token != ""), unknown


def _truth(test: KeyTest) -> Truth:
    """The whole test for a request's facts, by its qualifier."""
    if test.test == "Null":
        return _null(test.key, test.wants_absence())
    if test.qualifier:
        return _for_set(test)
    if test.compare is not None:
        return _compared(test, test.compare)
    key, hit, negated, when_absent = test.key, test.hit, test.negated, test.if_exists or test.negated

    def truth(facts: Facts) -> bool | None:
        values = facts.get(key, _ABSENT)
        if values is None:
            return None
        if not values:
            return when_absent
        unread = False
        for value in values:
            found = hit(value, facts)
            if found:
                return not negated
            unread = unread or found is None
        return None if unread else negated

    return truth


def _compared(test: KeyTest, compare: Compare) -> Truth:
    """The commonest test of all, no qualifier and no variable: written out once more, for passing the facts on to each
    value's test would cost a call a value in what every decision runs through."""
    key, negated, when_absent = test.key, test.negated, test.if_exists or test.negated

    def truth(facts: Facts) -> bool | None:
        values = facts.get(key, _ABSENT)
        if values is None:
            return None
        if not values:
            return when_absent
        unread = False
        for value in values:
            found = compare(value)
            if found:
                return not negated
            unread = unread or found is None
        return None if unread else negated

    return truth


def _null(key: str, wanted: set[bool]) -> Truth:
    def truth(facts: Facts) -> bool | None:
        if len(wanted) != 1:
            return bool(wanted)
        values = facts.get(key, _ABSENT)
        return None if values is None else (not values) in wanted

    return truth


def _for_set(test: KeyTest) -> Truth:
    """ForAllValues: no value fails, so none at all passes. ForAnyValue: one value passes, so none at all fails."""
    key, hit, negated, if_exists = test.key, test.hit, test.negated, test.if_exists
    for_all = test.qualifier == "ForAllValues"

    def truth(facts: Facts) -> bool | None:
        values = facts.get(key, _ABSENT)
        if values is None:
            return None
        if not values:
            return for_all or if_exists
        if not any(values):
            return for_all  # empty text alone is a null data set, present though it is
        unread = False
        for value in values:
            found = hit(value, facts)
            if found is None:
                unread = True
            elif (found != negated) != for_all:
                return not for_all
        return None if unread else for_all

    return truth
