"""What a query means: an engine-neutral predicate over column names of ``remit.model.columns``.

Two-valued: a leaf over an absent value is false, so ``Not`` of it is true. A leaf over a list column holds when any
element satisfies it. ``fold`` compares without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Equals:
    """The column has this value."""

    column: str
    value: Scalar
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Glob:
    """The column's text is these pieces with anything between each two: ``("eu-", "")`` is a prefix."""

    column: str
    pieces: tuple[str, ...]
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """The column has a value (a list: an element that is not empty)."""

    column: str


@dataclass(frozen=True, slots=True)
class Range:
    """``low <= column < high``; None leaves an end open. ``closed`` includes ``high``, ``above`` excludes ``low``.
    Bounds of a time are microseconds since the epoch."""

    column: str
    low: float | None = None
    high: float | None = None
    above: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """Some text column (``columns.TEXT``) contains these pieces in order, without regard to case."""

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Every term holds; true when there is none."""

    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some term holds; false when there is none."""

    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not hold."""

    term: Predicate


Predicate = Equals | Glob | Present | Range | Contains | And | Or | Not
EVERYTHING = And(())


def both(*terms: Predicate) -> Predicate:
    """Conjunction, flattened."""
    flat = tuple(part for term in terms for part in (term.terms if isinstance(term, And) else (term,)))
    return flat[0] if len(flat) == 1 else And(flat)


def either(terms: Iterable[Predicate]) -> Predicate:
    """Disjunction; the term itself when there is one."""
    found = tuple(terms)
    return found[0] if len(found) == 1 else Or(found)


def between(low_us: int | None, high_us: int | None) -> Predicate:
    """Events of ``[low_us, high_us)``."""
    return EVERYTHING if low_us is None and high_us is None else Range("time", low_us, high_us)


def columns_of(predicate: Predicate) -> Iterator[str]:
    """Every column the predicate names (free text names none)."""
    if isinstance(predicate, (And, Or)):
        for term in predicate.terms:
            yield from columns_of(term)
    elif isinstance(predicate, Not):
        yield from columns_of(predicate.term)
    elif not isinstance(predicate, Contains):
        yield predicate.column


def time_bounds(predicate: Predicate) -> tuple[int | None, int | None]:
    """The range of time the predicate confines itself to; None where it does not."""
    low: float | None = None
    high: float | None = None
    for term in predicate.terms if isinstance(predicate, And) else (predicate,):
        if isinstance(term, Range) and term.column == "time":
            low = term.low if low is None else max(low, term.low if term.low is not None else low)
            high = term.high if high is None else min(high, term.high if term.high is not None else high)
    return None if low is None else int(low), None if high is None else int(high)


def without_time(predicate: Predicate) -> Predicate:
    """The predicate less its confinement in time."""
    if isinstance(predicate, And):
        return And(tuple(term for term in predicate.terms if not _confines_time(term)))
    return EVERYTHING if _confines_time(predicate) else predicate


def _confines_time(term: Predicate) -> bool:
    return isinstance(term, Range) and term.column == "time"
