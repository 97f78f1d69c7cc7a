"""Statements that could not be settled, as formulas over what stays open: the state of each unknown key, and whatever
hangs on an unknown variable, on an unknown resource or on who the principal is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remit.reference.aws_listed_keys import has_several
from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement
from remit.rooms.iam.diagram import FALSE, TRUE, Diagram, TooManyOpenTests
from remit.rooms.iam.document import Document
from remit.rooms.iam.domains import Asked, State, TooManyValues, states_of
from remit.rooms.iam.key_truth import KeyTest
from remit.rooms.iam.request import CANONICAL_USER, RESOURCE, Facts, Request
from remit.rooms.iam.templates import variables_of


class OpenTests:
    """The formulas of some statements for one request. Raises ``TooManyOpenTests`` when the statements tell too many
    values of an unknown key apart."""

    def __init__(self, request: Request, statements: Iterable[CompiledStatement]) -> None:
        self.request = request
        self.diagram = Diagram()
        open_ones = (one for one in statements if one.truth(request) is None)
        self._states = key_states(request.facts, (test for one in open_ones for test in one.tests))

    def statement(self, one: CompiledStatement) -> int:
        """When the statement applies."""
        request, diagram = self.request, self.diagram
        truth = one.truth(request)
        if truth is not None:
            return TRUE if truth else FALSE
        formula = self._resource(one)
        if formula != FALSE and one.principals is not None:
            named = one.principals(request)
            if named is None:
                listed = one.statement.principals
                formula = diagram.both(formula, diagram.variable(("principal", listed), frozenset({CANONICAL_USER})))
            elif not named:
                return FALSE
        for test in one.tests:
            if formula == FALSE:
                break
            formula = diagram.both(formula, self._test(test))
        return formula

    def _resource(self, one: CompiledStatement) -> int:
        request = self.request
        found = True if one.resource is None else one.resource(request)
        if found is not None:
            return TRUE if found else FALSE
        open_keys = {
            variable.key
            for tokens in one.resources
            for variable in variables_of(tokens)
            if request.facts.get(variable.key, ()) is None
        }
        if request.resource is None:
            open_keys.add(RESOURCE)
        named = self.diagram.variable(("resource", frozenset(one.resources)), frozenset(open_keys))
        return self.diagram.opposite(named) if one.statement.not_resources else named

    def _test(self, test: KeyTest) -> int:
        """When the condition passes: in which states of its key, and there by which values of unknown variables."""
        facts, diagram = self.request.facts, self.diagram
        truth = test.truth(facts)
        if truth is not None:
            return TRUE if truth else FALSE
        values = facts.get(test.key, ())
        if values is not None:
            return self._hanging(test, values)
        states = self._states[test.key]
        asked = test.untied() if test.key in test.variables else test
        answers = [asked.truth(_Assumed(facts, asked.key, state)) for state in states]
        passing = frozenset(number for number, answer in enumerate(answers) if answer)
        found = diagram.choice(test.key, test.key, len(states), passing)
        for number in (number for number, answer in enumerate(answers) if answer is None):
            here = diagram.choice(test.key, test.key, len(states), frozenset({number}))
            found = diagram.either(found, diagram.both(here, self._hanging(test, states[number])))
        return found

    def _hanging(self, test: KeyTest, values: State) -> int:
        """A test of values that hangs on unknown variables, or whose values cannot be read. Every form asks whether
        some value passes, or some fails, and wants a yes or a no."""
        for_all = test.qualifier == "ForAllValues"
        looks_for_failing = bool(test.qualifier) and test.negated != for_all
        keys = test.unknown_variables(self.request.facts) or frozenset({test.key})
        some = self.diagram.variable((test.identity, looks_for_failing, values), keys)
        turned = for_all if test.qualifier else test.negated
        return self.diagram.opposite(some) if turned else some


class _Assumed(dict[str, State | None]):
    """Facts, with one key's values assumed."""

    def __init__(self, facts: Facts, key: str, values: State) -> None:
        super().__init__()
        self._facts, self._key, self._values = facts, key, values

    def get(self, key: str, default: Any = None) -> Any:
        return self._values if key == self._key else self._facts.get(key, default)


def states_told_apart(request: Request, documents: Iterable[Document]) -> dict[str, tuple[State, ...]]:
    """The states of each unknown key that the documents' statements on the request's action can tell apart."""
    spoken = CompiledDocument(*documents).speaking_of(request.folded_action)
    return key_states(request.facts, (test for one in (*spoken.allows, *spoken.denies) for test in one.tests))


def key_states(facts: Facts, tests: Iterable[KeyTest]) -> dict[str, tuple[State, ...]]:
    """The states of each unknown key that the tests can tell apart, absence first. A key is taken to have one value at
    most unless AWS documents it to have several or a test of it has a set operator. Raises ``TooManyOpenTests``."""
    asked: dict[str, set[Asked]] = {}
    several: set[str] = set()
    for test in tests:
        if facts.get(test.key, ()) is None:
            asked.setdefault(test.key, set()).update(test.asked(facts))
            several.update({test.key} if test.qualifier or has_several(test.key) else ())
    try:
        return {key: states_of(frozenset(found), key in several) for key, found in asked.items()}
    except TooManyValues as error:
        raise TooManyOpenTests from error
