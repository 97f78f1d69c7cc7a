"""Every way to get one part of a guardrail wrong: a removed, inverted, widened or exchanged part of it.

A mutant is the guardrail with one change, and what the change was. Changes that mean the same for every request are
left out by rules that are stated here, never by the name of a guardrail.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import msgspec

from remit.rooms.guardrails.catalogue import Guardrail, Statement
from remit.rooms.guardrails.rendering import PLACEHOLDER

Mutant = tuple[str, Guardrail]
NOTHING = "none:Nothing"
_OPPOSITES = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
    "IpAddress": "NotIpAddress",
    "NumericLessThan": "NumericGreaterThanEquals",
    "NumericGreaterThan": "NumericLessThanEquals",
    "DateLessThan": "DateGreaterThanEquals",
}
OPPOSITES = {**_OPPOSITES, **{after: before for before, after in _OPPOSITES.items()}}
_SHIFTED = {
    "NumericLessThan": "NumericLessThanEquals",
    "NumericGreaterThan": "NumericGreaterThanEquals",
    "DateLessThan": "DateLessThanEquals",
    "DateGreaterThanEquals": "DateGreaterThan",
}
"""The neighbour that differs at the very value alone."""
_NEGATED = ("Not", "Null")
ALWAYS_SENT = ("aws:CurrentTime", "aws:PrincipalArn")
"""Keys that no request of a principal bound by a service control policy lacks."""


def mutants(guardrail: Guardrail) -> Iterator[Mutant]:
    """All of them."""
    for place, statement in enumerate(guardrail.statements):
        if len(guardrail.statements) > 1:
            kept = (*guardrail.statements[:place], *guardrail.statements[place + 1 :])
            yield f"{statement.sid} removed", _with(guardrail, statements=kept)
        for what, changed in _statements(statement, _missing_elsewhere(guardrail, statement)):
            kept = (*guardrail.statements[:place], changed, *guardrail.statements[place + 1 :])
            yield f"{statement.sid}: {what}", _with(guardrail, statements=kept)
    yield from _defaults(guardrail)
    yield from _exchanged(guardrail)


def _with(guardrail: Guardrail, **changes: object) -> Guardrail:
    return msgspec.structs.replace(guardrail, **changes)


def _missing_elsewhere(guardrail: Guardrail, statement: Statement) -> set[str]:
    """Keys whose absence is what another statement is about, so that this one says nothing of it."""
    others = [each for each in guardrail.statements if each is not statement]
    return {key for each in others for operator, key, value, *_ in each.when if (operator, value) == ("Null", "true")}


def _statements(statement: Statement, missing: set[str]) -> Iterator[tuple[str, Statement]]:
    replace = msgspec.structs.replace
    for what, actions in _lists(statement.actions):
        yield f"action {what}", replace(statement, actions=actions)
    for what, actions in _lists(statement.not_actions):
        yield f"excepted action {what}", replace(statement, not_actions=actions)
    for what, actions in _widened(statement.actions):
        yield f"action {what}", replace(statement, actions=actions)
    yield "actions inverted", replace(statement, actions=statement.not_actions, not_actions=statement.actions)
    if statement.actions and statement.actions != ("*",):
        yield "actions widened to everything", replace(statement, actions=("*",))
    yield from _resources(statement)
    for place, condition in enumerate(statement.when):
        for what, changed in _conditions(condition, condition[1] in missing):
            when = (*statement.when[:place], *changed, *statement.when[place + 1 :])
            yield f"{condition[0]}({condition[1]}) {what}", replace(statement, when=when)


def _lists(entries: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each entry removed."""
    for place, entry in enumerate(entries):
        kept = (*entries[:place], *entries[place + 1 :])
        yield f"{entry} removed", kept or (NOTHING,)


def _widened(entries: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each action widened to its whole service."""
    for place, entry in enumerate(entries):
        service, colon, name = entry.partition(":")
        if colon and name != "*":
            yield f"{entry} widened", (*entries[:place], f"{service}:*", *entries[place + 1 :])


def _resources(statement: Statement) -> Iterator[tuple[str, Statement]]:
    replace = msgspec.structs.replace
    for what, resources in _lists(statement.resources):
        if len(statement.resources) > 1:
            yield f"resource {what}", replace(statement, resources=resources)
    for what, resources in _lists(statement.not_resources):
        if len(statement.not_resources) > 1:
            yield f"excepted resource {what}", replace(statement, not_resources=resources)
    if statement.resources or statement.not_resources:
        yield "resources forgotten", replace(statement, resources=(), not_resources=())
        swapped = replace(statement, resources=statement.not_resources, not_resources=statement.resources)
        yield "resources inverted", swapped


def _conditions(condition: tuple[str, ...], settled: bool) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    operator, key, *values = condition
    yield "removed", ()
    yield "inverted", (_inverted(condition),)
    for place, value in enumerate(values):
        if len(values) > 1:
            yield f"without {value}", ((operator, key, *values[:place], *values[place + 1 :]),)
    yield "on another key", ((operator, "aws:Nothing", *values),)
    for place, value in enumerate(values):
        if not PLACEHOLDER.search(value) and value not in ("true", "false"):
            yield f"{value} misspelled", ((operator, key, *values[:place], f"{value}9", *values[place + 1 :]),)
    qualifier, _, plain = operator.rpartition(":")
    before = f"{qualifier}:" if qualifier else ""
    exists = plain.endswith("IfExists")
    bare = plain.removesuffix("IfExists")
    # A negated operator and ForAllValues hold for a missing key either way.
    sometimes = key not in ALWAYS_SENT and not settled
    if sometimes and not any(word in bare for word in _NEGATED) and qualifier != "ForAllValues":
        yield "about a missing key", ((f"{before}{bare if exists else bare + 'IfExists'}", key, *values),)
    if bare in _SHIFTED:
        yield "at the very value", ((f"{before}{_SHIFTED[bare]}{'IfExists' if exists else ''}", key, *values),)
    if qualifier:
        other = "ForAllValues" if qualifier == "ForAnyValue" else "ForAnyValue"
        yield "qualified otherwise", ((f"{other}:{plain}", key, *values),)


def _inverted(condition: tuple[str, ...]) -> tuple[str, ...]:
    operator, key, *values = condition
    qualifier, _, plain = operator.rpartition(":")
    bare = plain.removesuffix("IfExists")
    if bare in ("Bool", "Null"):
        return operator, key, *("false" if value == "true" else "true" for value in values)
    exists = "IfExists" if plain.endswith("IfExists") else ""
    return f"{qualifier + ':' if qualifier else ''}{OPPOSITES[bare]}{exists}", key, *values


def _defaults(guardrail: Guardrail) -> Iterator[Mutant]:
    """Each entry of each default removed; a scalar default changed is a parameter that cases give no value for."""
    for place, parameter in enumerate(guardrail.parameters):
        for entry in parameter.default if len(parameter.default) > 1 else ():
            kept = tuple(each for each in parameter.default if each != entry)
            changed = msgspec.structs.replace(parameter, default=kept)
            parameters = (*guardrail.parameters[:place], changed, *guardrail.parameters[place + 1 :])
            yield f"default of {parameter.name} without {entry}", _with(guardrail, parameters=parameters)


def _exchanged(guardrail: Guardrail) -> Iterator[Mutant]:
    """One parameter used where another of its type belongs."""
    for one, other in permutations(guardrail.parameters, 2):
        if one.type == other.type:
            renamed = tuple(_renamed(each, one.name, other.name) for each in guardrail.statements)
            yield f"{other.name} in the place of {one.name}", _with(guardrail, statements=renamed)


def _renamed(statement: Statement, one: str, other: str) -> Statement:
    def text(value: str) -> str:
        return PLACEHOLDER.sub(lambda found: f"{{{other}}}" if found.group(1) == one else found.group(), value)

    return Statement(
        sid=statement.sid,
        actions=tuple(map(text, statement.actions)),
        not_actions=tuple(map(text, statement.not_actions)),
        resources=tuple(map(text, statement.resources)),
        not_resources=tuple(map(text, statement.not_resources)),
        when=tuple(tuple(map(text, condition)) for condition in statement.when),
    )
