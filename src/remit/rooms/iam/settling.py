"""What an open decision hangs on: its possible outcomes, the keys that settle it, the statements behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from remit.rooms.iam.compiled import CompiledStatement
from remit.rooms.iam.diagram import FALSE, TRUE, TooManyOpenTests
from remit.rooms.iam.formulas import OpenTests
from remit.rooms.iam.ranked import Ranked
from remit.rooms.iam.request import Request
from remit.rooms.iam.vocabulary import fold
from remit.rooms.iam.ways import Group, Ways


@dataclass(frozen=True, slots=True)
class Settlement:
    """``possible`` says whether an explicit denial, an allowance, an implicit denial may come out; ``keys`` is the
    smallest set that settles which, empty when there is nothing to settle; ``determining`` are the statements that hang
    on them, or that make the one outcome together."""

    possible: tuple[bool, bool, bool]
    keys: tuple[str, ...]
    determining: tuple[Ranked, ...]
    errors: tuple[str, ...] = ()


def settle(request: Request, denies: tuple[Ranked, ...], ways: Ways) -> Settlement:
    """The outcomes of a request of which some statement is unknown."""
    involved = [*denies, *(one for group in _groups(ways) for one in group.statements)]
    try:
        tests = OpenTests(request, (one.statement for one in involved))
        diagram = tests.diagram
        denied = diagram.any_of(tests.statement(one.statement) for one in denies)
        allowed = diagram.both(diagram.opposite(denied), _allowed(tests, ways))
        applying = {id(one): tests.statement(one.statement) != FALSE for one in involved}
    except TooManyOpenTests:
        return _too_many(request, involved)
    implicit = diagram.opposite(diagram.either(denied, allowed))
    keys = diagram.keys_of(denied, allowed)
    possible = (denied != FALSE, allowed != FALSE, implicit != FALSE)
    involved_ones = [one for one in _distinct(involved) if applying[id(one)]]
    if keys:
        determining = tuple(one for one in involved_ones if _hangs_on(one.statement, request, keys))
    else:
        determining = tuple(one for one in involved_ones if one.statement.allows != possible[0])
    return Settlement(possible, spelled(keys, request, (one.statement for one in involved)), determining)


def settle_statements(
    request: Request, statements: tuple[CompiledStatement, ...]
) -> tuple[bool | None, tuple[str, ...], tuple[CompiledStatement, ...]]:
    """Whether any of the statements applies, the keys that settle it when unknown, and the statements behind it."""
    applying = tuple(one for one in statements if one.truth(request))
    if applying:
        return True, (), applying
    open_ones = tuple(one for one in statements if one.truth(request) is None)
    if not open_ones:
        return False, (), ()
    try:
        tests = OpenTests(request, open_ones)
        open_ones = tuple(one for one in open_ones if tests.statement(one) != FALSE)
        formula = tests.diagram.any_of(map(tests.statement, open_ones))
        keys = tests.diagram.keys_of(formula)
    except TooManyOpenTests:
        formula, keys = 2, _all_keys(request, open_ones)
    hanging = open_ones if len(open_ones) == 1 else tuple(one for one in open_ones if _hangs_on(one, request, keys))
    truth = {FALSE: False, TRUE: True}.get(formula)
    return truth, spelled(keys, request, open_ones), hanging or open_ones


def _groups(ways: Ways) -> Iterable[Group]:
    return (*ways.gates, *(group for way in ways.ways for group in way))


def _allowed(tests: OpenTests, ways: Ways) -> int:
    diagram = tests.diagram
    granted = diagram.any_of(diagram.all_of(_group_formula(tests, group) for group in way) for way in ways.ways)
    return diagram.all_of([granted, *(_group_formula(tests, gate) for gate in ways.gates)])


def _group_formula(tests: OpenTests, group: Group) -> int:
    if group.always:
        return TRUE
    if group.doubted:
        return tests.diagram.variable(("doubted", group.doubted), frozenset({group.doubted}))
    taken = (one for one in group.statements if group.takes(one, tests.request))
    return tests.diagram.any_of(tests.statement(one.statement) for one in taken)


def _hangs_on(one: CompiledStatement, request: Request, keys: frozenset[str]) -> bool:
    """Whether the statement is open for one of the keys."""
    if one.truth(request) is not None:
        return False
    try:
        tests = OpenTests(request, (one,))
        return not keys.isdisjoint(tests.diagram.keys_of(tests.statement(one)))
    except TooManyOpenTests:
        return True


def _distinct(involved: list[Ranked]) -> list[Ranked]:
    return list({(id(one.statement), one.kind, one.level): one for one in involved}.values())


def _all_keys(request: Request, statements: Iterable[CompiledStatement]) -> frozenset[str]:
    """Every key that any open statement tests and that is unknown."""
    facts = request.facts
    found: set[str] = set()
    for one in statements:
        if one.truth(request) is None:
            found.update(test.key for test in one.tests if test.truth(facts) is None)
            for test in one.tests:
                found |= test.unknown_variables(facts)
    return frozenset(found)


def _too_many(request: Request, involved: list[Ranked]) -> Settlement:
    keys = _all_keys(request, (one.statement for one in involved))
    open_ones = tuple(one for one in _distinct(involved) if one.statement.truth(request) is None)
    told = spelled(keys, request, (one.statement for one in involved))
    said = "Too much is open, or tested as several sorts, to find the smallest set of keys; all open keys are named"
    return Settlement((True, True, True), told, open_ones, (said,))


def spelled(keys: Iterable[str], request: Request, statements: Iterable[CompiledStatement]) -> tuple[str, ...]:
    """The keys as the request spells them, else as the policies do, in order."""
    names = {test.key: test.condition.key for one in statements for test in one.tests}
    names |= {fold(key): key for key in request.unknown_keys}
    return tuple(sorted(names.get(key, key) for key in keys))
