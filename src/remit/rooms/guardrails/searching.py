"""Finding guardrails by words, framework, service and type."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, Protocol, TypeVar

import msgspec

from remit.model.errors import UsageError
from remit.rooms.guardrails.limits import TYPES

Tag = tuple[str, str | None]
"""A framework and one of its controls, or None for a framework without controls."""
_FIELDS: Final = (8, 6, 4, 2, 1)
"""What a word weighs in the title, the id, the services, the intent and everything else."""


class Framework(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A framework that guardrails are mapped to; ``family`` is its name without a version."""

    name: str
    title: str
    family: str


class Statement(Protocol):
    """What is searched of a statement."""

    @property
    def actions(self) -> tuple[str, ...]: ...
    @property
    def not_actions(self) -> tuple[str, ...]: ...
    @property
    def when(self) -> tuple[tuple[str, ...], ...]: ...


class Searched(Protocol):
    """What is searched of a guardrail."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def theme(self) -> str: ...
    @property
    def services(self) -> tuple[str, ...]: ...
    @property
    def intent(self) -> str: ...
    @property
    def protects_against(self) -> str: ...
    @property
    def frameworks(self) -> tuple[Tag, ...]: ...
    @property
    def statements(self) -> Sequence[Statement]: ...


G = TypeVar("G", bound=Searched)


def search(
    guardrails: Sequence[G], known: Sequence[Framework], text: str, frameworks: tuple[str, ...], service: str, type: str
) -> tuple[G, ...]:
    """Those in which every word of ``text`` begins a word, best first and else in order; a capital begins one too.

    ``frameworks`` are names, families (PCI-DSS) or ``NAME:control``; one of them is enough. Raises ``UsageError`` for
    a framework or type that nobody knows, and for a service that no guardrail names: those for every service would
    make a misspelt one look known.
    """
    every = sorted({name for each in guardrails for name in each.services})
    if service and service.casefold() not in every:
        near = get_close_matches(service.casefold(), every, 3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Those for every service are listed without it."
        raise UsageError(f"No guardrail names the service {service[:40]!r}", remedy=remedy)
    kind = type.upper()
    if kind and kind not in TYPES:
        raise UsageError(f"There is no policy type {type[:40]!r}", remedy=f"One of: {', '.join(TYPES)}")
    asked = [_framework(each, known) for each in frameworks]
    words = text.casefold().split()
    found = [
        (score, each)
        for each in guardrails
        if (not kind or each.type == kind)
        and (not service or service.casefold() in each.services or "*" in each.services)
        and (not asked or any(_tagged(each, names, control) for names, control in asked))
        and (score := _score(each, words)) is not None
    ]
    return tuple(each for _, each in sorted(found, key=lambda pair: -pair[0]))


def _framework(named: str, known: Sequence[Framework]) -> tuple[frozenset[str], str]:
    """The frameworks that are meant, and a control of theirs or nothing."""
    name, _, control = named.casefold().partition(":")
    names = frozenset(each.name for each in known if name in (each.name.casefold(), each.family.casefold()))
    if not names:
        near = get_close_matches(name, [each.name.casefold() for each in known], n=3, cutoff=0.4)
        near = [each.name for each in known if each.name.casefold() in near] or [each.name for each in known]
        raise UsageError(f"There is no framework {named[:60]!r}", remedy=f"Some there are: {', '.join(near)}")
    return names, control


def _tagged(guardrail: Searched, names: frozenset[str], control: str) -> bool:
    return any(
        name in names and (not control or (has or "").casefold().startswith(control))
        for name, has in guardrail.frameworks
    )


def _score(guardrail: Searched, words: Sequence[str]) -> int | None:
    """How well the words fit; None when one of them is found nowhere."""
    fields = _searched(guardrail)
    total = 0
    for word in words:
        best = max((weight for weight, field in zip(_FIELDS, fields, strict=True) if _begins(word, field)), default=0)
        if not best:
            return None
        total += best
    return total


def _searched(guardrail: Searched) -> tuple[str, ...]:
    rest = [guardrail.type, guardrail.theme, guardrail.protects_against]
    rest += [f"{name}:{control}" if control else name for name, control in guardrail.frameworks]
    for statement in guardrail.statements:
        rest += [*statement.actions, *statement.not_actions, *(key for _, key, *_ in statement.when)]
    return (guardrail.title, guardrail.id, " ".join(guardrail.services), guardrail.intent, "\n".join(rest))


def _begins(word: str, field: str) -> bool:
    """Whether a word of ``field`` begins with ``word``, which is in small letters: ``instances`` in RunInstances."""
    folded = field.lower()
    at = folded.find(word)
    while at >= 0:
        if not word[0].isalnum() or _is_beginning(field, at):
            return True
        at = folded.find(word, at + 1)
    return False


def _is_beginning(field: str, at: int) -> bool:
    before = field[at - 1] if at else ""
    if not before.isalnum():
        return True
    return field[at].isupper() and (not before.isupper() or field[at + 1 : at + 2].islower())
