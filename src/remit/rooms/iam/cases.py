"""Cases to evaluate as JSON: a request and its policies in, a decision out; a malformed case is an error entry.

The forms are told in docs/iam.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from remit.model.errors import PolicyError
from remit.rooms.iam.case_reading import read_case
from remit.rooms.iam.elements import Element, elements_of
from remit.rooms.iam.evaluate import Evaluation, evaluate
from remit.rooms.iam.placed import decode_text, read_json

Json = dict[str, Any]
LONGEST_FILE: Final = 32 * 1024 * 1024
"""Characters of one file of cases."""


def answer_text(source: str | bytes, name: str = "cases") -> tuple[Json | list[Json], int]:
    """The answers to a file of one case or a list of cases, and how many were malformed. Raises ``PolicyError`` when
    the file is no JSON (a list of which only some elements are none is answered), or neither an object nor a list."""
    text = decode_text(source, name, LONGEST_FILE)
    answers: list[Json] | None = None
    try:
        value, _ = read_json(text, name)
    except PolicyError:
        elements = elements_of(text)
        if elements is None:
            raise
        value = answers = [_answer_element(one, f"{name}[{index}]") for index, one in enumerate(elements)]
    if isinstance(value, list):
        answers = answers or [answer(case, f"{name}[{index}]") for index, case in enumerate(value)]
        return answers, sum("error" in one for one in answers)
    if not isinstance(value, Mapping):
        raise PolicyError("Cases are one JSON object, or a list of them", name=name, line=1, column=1)
    answered = answer(value, name)
    return answered, int("error" in answered)


def _answer_element(element: Element, name: str) -> Json:
    """The answer to one element of a list, some of whose elements are no JSON."""
    try:
        value, _ = read_json(element.text, name)
    except PolicyError as error:
        line, column = error.line or 1, error.column or 1
        column += element.column - 1 if line == 1 else 0
        line += element.line - 1
        return _told(PolicyError(error.what, name=name, remedy=error.remedy, line=line, column=column))
    return answer(value, name)


def answer(case: Any, name: str) -> Json:
    """The answer to one case, or ``{"error": {...}}`` with the place when it is malformed."""
    try:
        request, policies = read_case(case, name)
    except PolicyError as error:
        return _told(error)
    return evaluation_json(evaluate(request, policies))


def _told(error: PolicyError) -> Json:
    told = {"code": error.code, "what": error.what, "where": error.where, "pointer": error.pointer}
    return {"error": {**told, "remedy": error.remedy, "document": error.name}}


def evaluation_json(evaluation: Evaluation) -> Json:
    """An evaluation as JSON; what does not apply (a level, errors) is left out."""
    determining = [
        {
            "kind": one.kind,
            "policy": one.policy,
            "sid": one.sid,
            "effect": one.effect,
            "statement": one.statement,
            **({} if one.level is None else {"level": one.level}),
        }
        for one in evaluation.determining
    ]
    found: Json = {
        "decision": evaluation.decision,
        "determining": determining,
        "unknown_keys": list(evaluation.unknown_keys),
    }
    if evaluation.decision == "unknown":
        found["possible"] = list(evaluation.possible)
    if evaluation.missing:
        found["missing"] = [
            {"kind": one.kind, **({} if one.level is None else {"level": one.level})} for one in evaluation.missing
        ]
    return {**found, "errors": list(evaluation.errors)} if evaluation.errors else found
