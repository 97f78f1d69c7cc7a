"""The syntax tree of a query: what was written, not yet what it means.

``column`` (zero-based offset in the text) is carried for error messages and takes no part in equality.
Build ``AllOf``, ``AnyOf`` and ``Negated`` with ``all_of``, ``any_of`` and ``negated``: they keep one shape for one
meaning (no nesting of a kind in itself, no group of one, no double negation).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """Literal pieces with a wildcard between each two: ``eu-*`` is ``("eu-", "")``, ``eu`` is ``("eu",)``."""

    pieces: tuple[str, ...]
    column: int = dataclasses.field(default=0, compare=False)

    @property
    def literal(self) -> str | None:
        """The text when there is no wildcard, else None."""
        return self.pieces[0] if len(self.pieces) == 1 else None

    @property
    def anything(self) -> bool:
        """True for a bare ``*`` (however many)."""
        return len(self.pieces) > 1 and not any(self.pieces)


@dataclass(frozen=True, slots=True)
class Term:
    """``field:value``, or free text when ``field`` is None."""

    field: str | None
    value: Value
    column: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every term holds. No terms: every event."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one term holds."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The term does not hold; an event without the field satisfies a negation."""

    term: Node


Node = Term | AllOf | AnyOf | Negated


def all_of(terms: Iterable[Node]) -> Node:
    """Conjunction in its one shape."""
    flat = tuple(_flat(terms, AllOf))
    return flat[0] if len(flat) == 1 else AllOf(flat)


def any_of(terms: Iterable[Node]) -> Node:
    """Disjunction in its one shape."""
    flat = tuple(_flat(terms, AnyOf))
    return flat[0] if len(flat) == 1 else AnyOf(flat)


def negated(term: Node) -> Node:
    """Negation in its one shape."""
    return term.term if isinstance(term, Negated) else Negated(term)


def _flat(terms: Iterable[Node], kind: type[AllOf] | type[AnyOf]) -> Iterator[Node]:
    for term in terms:
        if isinstance(term, kind):
            yield from term.terms
        else:
            yield term
