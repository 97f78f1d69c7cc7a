"""A guardrail's parameters as a form: what an address says of them, and what each field shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.datastructures import QueryParams

from remit.faces.console.ports import Json

PREFIX: Final = "set."
"""``set.min_days=30`` in an address is the value of the parameter ``min_days``, as ``--set min_days=30`` is."""
_LONG: Final = 28
"""Characters of an example beyond which a value gets a line of its own."""
_SEVERAL: Final = re.compile(r"[\r\n,]+")

Given = dict[str, list[str]]


def given_values(asked: QueryParams, parameters: Iterable[Json]) -> Given:
    """Parameter -> the values that an address gives it; several are parted by commas or lines. A field that was left
    empty gives none."""
    many = {each["name"]: each["many"] for each in parameters}
    values: Given = {}
    for key, text in asked.multi_items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX)
        parts = _SEVERAL.split(text) if many.get(name, True) else [text]
        values.setdefault(name, []).extend(each.strip() for each in parts if each.strip())
    return {name: found for name, found in values.items() if found}


def filled_in(asked: QueryParams) -> bool:
    """Whether an address comes of the form, if only to leave every field empty."""
    return any(key.startswith(PREFIX) for key in asked)


def fields(parameters: Iterable[Json], given: Mapping[str, list[str]], faults: Iterable[Json]) -> list[Json]:
    """Each parameter with the name of its field, the text in it, and what is wrong with that text."""
    wrong = {each["parameter"]: each for each in faults}
    return [
        {
            **each,
            "field": PREFIX + each["name"],
            "text": ("\n" if each["many"] else ",").join(given.get(each["name"], each["default"])),
            "example_text": "\n".join(each["example"]),
            "rows": max(2, min(6, len(given.get(each["name"], each["default"]) or each["example"]))),
            "wide": each["many"] and max(map(len, each["example"]), default=0) > _LONG,
            "wrong": wrong.get(each["name"]),
        }
        for each in parameters
    ]


def said(given: Mapping[str, list[str]]) -> dict[str, str]:
    """The parameters of an address that gives these values."""
    return {PREFIX + name: ",".join(values) for name, values in given.items()}


def settings(given: Mapping[str, list[str]]) -> str:
    """The options of a command that gives these values, quoted for a shell."""
    return " ".join("--set " + shlex.quote(f"{name}={','.join(values)}") for name, values in given.items())
