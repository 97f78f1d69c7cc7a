"""The catalogue: every built-in guardrail, read from the files in the folder ``catalogue``.

A guardrail is written once, for people: what it is for, what it protects against, what else it does, and its
statements with ``{parameter}`` where a value goes. ``remit.rooms.guardrails.rendering`` makes the policy document.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final, TypeVar

import msgspec

from remit.model.errors import ConfigError, NotFound
from remit.rooms.guardrails.cases import Case, read_cases
from remit.rooms.guardrails.parameters import KINDS, Parameter
from remit.rooms.guardrails.searching import Framework, Tag, search

SHARED_PARAMETERS: Final = "parameters.toml"
FRAMEWORKS: Final = "frameworks.toml"
_CASES: Final = "cases/"
T = TypeVar("T")


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One Deny. ``when`` are its conditions, each ``(operator, condition key, value, ...)``; all must hold."""

    sid: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    when: tuple[tuple[str, ...], ...] = ()


class Guardrail(msgspec.Struct, frozen=True):
    """One policy of the library. ``frameworks`` are pairs of a framework and one of its controls, or None.
    ``attach_to`` says where it belongs when that is not every account."""

    id: str
    title: str
    type: str
    theme: str
    services: tuple[str, ...]
    intent: str
    protects_against: str
    side_effects: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    frameworks: tuple[Tag, ...]
    statements: tuple[Statement, ...]
    cases: tuple[Case, ...]
    attach_to: str = ""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A guardrail as its file has it: parameters are names of shared ones or tables of its own, frameworks are
    objectives and single tags."""

    id: str
    title: str
    type: str
    services: tuple[str, ...]
    intent: str
    protects_against: str
    side_effects: tuple[str, ...]
    statement: tuple[Statement, ...]
    parameters: tuple[str, ...] = ()
    parameter: tuple[dict[str, Any], ...] = ()
    objectives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attach_to: str = ""


class _Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    theme: str
    guardrail: tuple[_Written, ...]


class _Frameworks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    framework: tuple[Framework, ...]
    objective: dict[str, tuple[str, ...]]


class Catalogue:
    """Every guardrail, in the order of the files and of each file."""

    def __init__(self, guardrails: Iterable[Guardrail], frameworks: Iterable[Framework]) -> None:
        self.guardrails: Final = tuple(guardrails)
        self.frameworks: Final = tuple(frameworks)

    @cached_property
    def _by_id(self) -> dict[str, Guardrail]:
        return {guardrail.id: guardrail for guardrail in self.guardrails}

    def guardrail(self, named: str) -> Guardrail:
        """The guardrail with this id. Raises ``NotFound`` with the ids that are nearest."""
        found = self._by_id.get(named.strip().lower())
        if found is None:
            near = get_close_matches(named[:80].lower(), self._by_id, n=3, cutoff=0.5)
            near = near or [each.id for each in self.search(named)[:3]]
            raise NotFound(
                f"No guardrail has the id {named[:80]!r}",
                remedy=f"Did you mean {' or '.join(near)}?" if near else "See: remit guardrails list.",
            )
        return found

    def search(
        self, text: str = "", frameworks: Iterable[str] = (), service: str = "", type: str = ""
    ) -> tuple[Guardrail, ...]:
        """The guardrails in which every word is found, best first; see ``searching``."""
        return search(self.guardrails, self.frameworks, text, tuple(frameworks), service, type)


def load_catalogue(files: Mapping[str, bytes]) -> Catalogue:
    """The catalogue from its files by name: themes, ``parameters.toml``, ``frameworks.toml`` and ``cases/*.json``.

    Raises ``ConfigError`` naming the file that cannot be read.
    """
    shared = {each.name: each for each in _shared(files[SHARED_PARAMETERS])}
    frameworks = _converted(FRAMEWORKS, files[FRAMEWORKS], _Frameworks)
    cases: dict[str, tuple[Case, ...]] = {}
    for name in sorted(files):
        if name.startswith(_CASES):
            cases.update(read_cases(name, files[name]))
    guardrails: list[Guardrail] = []
    for name in sorted(files):
        if not name.startswith(_CASES) and name not in (SHARED_PARAMETERS, FRAMEWORKS):
            theme = _converted(name, files[name], _Theme)
            guardrails.extend(_made(name, theme.theme, each, shared, frameworks, cases) for each in theme.guardrail)
    return Catalogue(guardrails, frameworks.framework)


def _made(
    name: str,
    theme: str,
    written: _Written,
    shared: Mapping[str, Parameter],
    frameworks: _Frameworks,
    cases: Mapping[str, tuple[Case, ...]],
) -> Guardrail:
    try:
        parameters = (
            *(_parameter(each) for each in written.parameter),
            *(shared[each] for each in written.parameters),
        )
        tags = [tag for each in written.objectives for tag in frameworks.objective[each]]
    except (KeyError, msgspec.ValidationError) as error:
        raise ConfigError(f"The guardrail {written.id} names what is not there: {error}", where=name) from error
    return Guardrail(
        id=written.id,
        title=written.title,
        type=written.type,
        theme=theme,
        services=written.services,
        intent=written.intent,
        protects_against=written.protects_against,
        side_effects=written.side_effects,
        parameters=parameters,
        frameworks=tuple(_tag(each) for each in dict.fromkeys([*tags, *written.tags])),
        statements=written.statement,
        cases=cases.get(written.id, ()),
        attach_to=written.attach_to,
    )


def _tag(text: str) -> Tag:
    framework, _, control = text.partition(":")
    return framework, control or None


def _shared(data: bytes) -> list[Parameter]:
    written = _converted(SHARED_PARAMETERS, data, dict[str, tuple[dict[str, Any], ...]])
    return [_parameter(each) for each in written["parameter"]]


def _parameter(table: Mapping[str, Any]) -> Parameter:
    parameter = msgspec.convert(table, Parameter)
    if parameter.type not in KINDS:
        raise msgspec.ValidationError(f"{parameter.name} has the unknown type {parameter.type}")
    return parameter


def _converted(name: str, data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(data.decode("utf-8")), kind)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"The catalogue of guardrails cannot be read: {error}", where=name) from error
