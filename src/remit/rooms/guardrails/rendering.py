"""A guardrail and values for its parameters become a policy document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from remit.model.errors import TooMuch
from remit.rooms.guardrails.catalogue import Guardrail, Statement
from remit.rooms.guardrails.limits import LONGEST, RCP, size_of
from remit.rooms.guardrails.parameters import Values, read_values

Document = dict[str, Any]
VERSION: Final = "2012-10-17"
PLACEHOLDER: Final = re.compile(r"(?<!\$)\{([a-z][a-z0-9_]*)\}")
"""A parameter's place; ``${aws:PrincipalAccount}`` is a policy variable and stays."""


def render(guardrail: Guardrail, values: Mapping[str, Any]) -> Document:
    """The policy document.

    Raises ``ParameterError`` for a missing or unfitting value, and ``TooMuch`` when the document is longer than AWS
    takes.
    """
    filled = read_values(guardrail.parameters, values)
    document = {
        "Version": VERSION,
        "Statement": [_statement(each, filled, guardrail.type) for each in guardrail.statements],
    }
    size, longest = size_of(document), LONGEST[guardrail.type]
    if size > longest:
        raise TooMuch(
            f"{guardrail.id} with these values has {size:,} characters, and AWS takes {longest:,} of one "
            f"{guardrail.type}",
            remedy="Give fewer values, or use wildcards in them.",
        )
    return document


def example_values(guardrail: Guardrail) -> dict[str, Values]:
    """Values that show what the document looks like: each parameter's default, else its example."""
    return {each.name: each.default or each.example for each in guardrail.parameters}


def _statement(statement: Statement, filled: Mapping[str, Values], kind: str) -> Document:
    document: Document = {"Sid": statement.sid, "Effect": "Deny"}
    if kind == RCP:
        document["Principal"] = "*"
    if statement.not_actions:
        document["NotAction"] = _expanded(statement.not_actions, filled)
    else:
        document["Action"] = _expanded(statement.actions, filled)
    if statement.not_resources:
        document["NotResource"] = _expanded(statement.not_resources, filled)
    else:
        document["Resource"] = _expanded(statement.resources, filled) or "*"
    conditions = _conditions(statement, filled)
    return {**document, "Condition": conditions} if conditions else document


def _conditions(statement: Statement, filled: Mapping[str, Values]) -> Document:
    """The Condition element; a condition whose optional parameters are all left out is left out too."""
    conditions: dict[str, dict[str, str | list[str]]] = {}
    for operator, key, *values in statement.when:
        found = _expanded(values, filled)
        if found:
            (name,) = _all([key], filled)
            conditions.setdefault(operator, {})[name] = found
    return conditions


def _expanded(texts: Iterable[str], filled: Mapping[str, Values]) -> str | list[str]:
    """Texts with values in the parameters' places; one alone is not put in a list, as AWS itself writes it."""
    found = _all(texts, filled)
    return found[0] if len(found) == 1 else found


def _all(texts: Iterable[str], filled: Mapping[str, Values]) -> list[str]:
    return list(dict.fromkeys(each for text in texts for each in _filled(text, filled)))


def _filled(text: str, filled: Mapping[str, Values]) -> list[str]:
    """The text once for each value of the parameter in it. What a value says is never read again."""
    place = PLACEHOLDER.search(text)
    if place is None:
        return [text]
    before, after = text[: place.start()], _filled(text[place.end() :], filled)
    return [before + value + rest for value in filled[place.group(1)] for rest in after]
