"""Statements that could not be settled, as formulas over the tests that stay open."""

from __future__ import annotations

from remit.rooms.iam.compiled import CompiledStatement
from remit.rooms.iam.diagram import FALSE, TRUE, Diagram
from remit.rooms.iam.key_truth import KeyTest
from remit.rooms.iam.request import CANONICAL_USER, RESOURCE, Facts, Request
from remit.rooms.iam.templates import variables_of


def statement_formula(diagram: Diagram, one: CompiledStatement, request: Request) -> int:
    """When the statement applies."""
    formula = _resource_formula(diagram, one, request)
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
        formula = diagram.both(formula, test_formula(diagram, test, request.facts))
    return formula


def _resource_formula(diagram: Diagram, one: CompiledStatement, request: Request) -> int:
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
    named = diagram.variable(("resource", frozenset(one.resources)), frozenset(open_keys))
    return diagram.opposite(named) if one.statement.not_resources else named


def test_formula(diagram: Diagram, test: KeyTest, facts: Facts) -> int:
    """When the condition passes. Absence of an unknown key is a variable of its own that all its tests share."""
    truth = test.truth(facts)
    if truth is not None:
        return TRUE if truth else FALSE
    if facts.get(test.key, ()) is not None:
        keys = test.unknown_variables(facts) or frozenset({test.key})
        return _value_formula(diagram, test, keys, TRUE)
    present = diagram.variable(("present", test.key), frozenset({test.key}))
    if test.test == "Null":
        return present if test.wants_absence() == {False} else diagram.opposite(present)
    keys = test.unknown_variables(facts) | {test.key}
    formula = _value_formula(diagram, test, keys, present)
    return diagram.either(diagram.opposite(present), formula) if test.if_exists else formula


def _value_formula(diagram: Diagram, test: KeyTest, keys: frozenset[str], present: int) -> int:
    """The test of the values: every form is "some value passes", or its opposite. ForAllValues is "no value fails"."""
    for_all = test.qualifier == "ForAllValues"
    looks_for_failing = bool(test.qualifier) and test.negated != for_all
    some = diagram.both(present, diagram.variable((test.identity, looks_for_failing), keys))
    turned = for_all if test.qualifier else test.negated
    return diagram.opposite(some) if turned else some
