"""A predicate judged on one row in plain Python: the readable reference the engines are tested against, and what a
live tail uses on rows that no engine holds yet."""

from __future__ import annotations

from collections.abc import Mapping

from remit.model.columns import TEXT
from remit.rooms.query.plan import glob_matches
from remit.rooms.query.predicate import And, Contains, Equals, Glob, Not, Or, Predicate, Present, Range


def matches(predicate: Predicate, row: Mapping[str, object]) -> bool:
    """Whether ``row`` (column name -> value, ``time`` in microseconds) satisfies ``predicate``."""
    if isinstance(predicate, And):
        return all(matches(term, row) for term in predicate.terms)
    if isinstance(predicate, Or):
        return any(matches(term, row) for term in predicate.terms)
    if isinstance(predicate, Not):
        return not matches(predicate.term, row)
    if isinstance(predicate, Contains):
        return any(_contains(predicate.pieces, value) for column in TEXT for value in _elements(row.get(column.name)))
    return any(_holds(predicate, value) for value in _elements(row.get(predicate.column)))


def _holds(leaf: Equals | Glob | Present | Range, value: object) -> bool:
    if isinstance(leaf, Present):
        return value != ""
    if isinstance(leaf, Range):
        return isinstance(value, (int, float)) and _inside(leaf, value)
    if isinstance(leaf, Glob):
        text = str(value)
        if leaf.fold:
            return glob_matches(tuple(piece.lower() for piece in leaf.pieces), text.lower())
        return glob_matches(leaf.pieces, text)
    if leaf.fold and isinstance(leaf.value, str) and isinstance(value, str):
        return value.lower() == leaf.value.lower()
    return value == leaf.value


def _inside(leaf: Range, value: float) -> bool:
    if leaf.low is not None and (value < leaf.low or (leaf.above and value == leaf.low)):
        return False
    return leaf.high is None or value < leaf.high or (leaf.closed and value == leaf.high)


def _contains(pieces: tuple[str, ...], value: object) -> bool:
    return glob_matches(("", *(piece.lower() for piece in pieces), ""), str(value).lower())


def _elements(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
