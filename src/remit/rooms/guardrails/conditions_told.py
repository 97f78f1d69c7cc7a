"""A statement's conditions in words, with the values that a call had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from remit.rooms.iam import Condition, Request, Statement
from remit.rooms.iam.vocabulary import OPERATORS, fold

_SHOWN: Final = 8
_LONGEST: Final = 120
_PHRASES: Final[dict[str, tuple[str, str]]] = {
    "StringEquals": ("is", "is not"),
    "StringEqualsIgnoreCase": ("is (in any letter case)", "is not (in any letter case)"),
    "StringLike": ("matches", "does not match"),
    "ArnLike": ("matches", "does not match"),
    "NumericEquals": ("is", "is not"),
    "NumericLessThan": ("is less than", "is not less than"),
    "NumericLessThanEquals": ("is at most", "is more than"),
    "NumericGreaterThan": ("is more than", "is at most"),
    "NumericGreaterThanEquals": ("is at least", "is less than"),
    "DateEquals": ("is", "is not"),
    "DateLessThan": ("is before", "is not before"),
    "DateLessThanEquals": ("is not after", "is after"),
    "DateGreaterThan": ("is after", "is not after"),
    "DateGreaterThanEquals": ("is not before", "is before"),
    "Bool": ("is", "is not"),
    "BinaryEquals": ("is", "is not"),
    "IpAddress": ("is within", "is outside"),
}
"""Test -> how it reads, and how its opposite does."""


@dataclass(frozen=True, slots=True)
class Told:
    """One condition of a statement that denies, or may. ``seen`` are the values of the call: empty when the key was
    absent, None when it is unknown. ``wanted`` are the policy's own values."""

    key: str
    operator: str
    wanted: tuple[str, ...]
    seen: tuple[str, ...] | None
    words: str


def tell(statement: Statement, request: Request) -> tuple[Told, ...]:
    """Every condition of a statement, for a request that it denies or may deny."""
    return tuple(_told(each, request.facts.get(fold(each.key), ())) for each in statement.conditions)


def _told(condition: Condition, seen: tuple[str, ...] | None) -> Told:
    return Told(condition.key, condition.spelled, condition.values, seen, _words(condition, seen))


def _words(condition: Condition, seen: tuple[str, ...] | None) -> str:
    key = condition.key
    if seen is None:
        return f"{key} is not in the record; the statement asks whether it {_wish(condition)}"
    if condition.operator == "Null":
        return f"{key} is {'absent' if not seen else f'given ({shown(seen)})'}"
    if not seen:
        return f"{key} is absent, which {condition.spelled} takes as if it {_wish(condition)}"
    if condition.qualifier:
        which = "every" if condition.qualifier == "ForAllValues" else "at least one"
        return f"{which} value of {key} ({shown(seen)}) {_wish(condition)}"
    if seen == condition.values and not OPERATORS[condition.operator][1]:
        return f"{key} is {shown(seen)}"
    return f"{key} is {shown(seen)}, which {_wish(condition)}"


def _wish(condition: Condition) -> str:
    """What the condition asks of the key's value."""
    if condition.operator == "Null":
        return "is absent" if condition.values[:1] == ("true",) else "is given"
    test, negated = OPERATORS[condition.operator]
    phrase = _PHRASES[test][negated]
    values = shown(condition.values)
    if len(condition.values) == 1:
        return f"{phrase} {values}"
    if test == "IpAddress":
        return f"{phrase} {values}"
    return f"{phrase} {'any' if negated else 'one'} of {values}"


def shown(values: Sequence[str]) -> str:
    """Values in a row, bounded in number and length."""
    cut = [each if len(each) <= _LONGEST else f"{each[:_LONGEST]}…" for each in values[:_SHOWN]]
    more = len(values) - len(cut)
    return ", ".join(each or '""' for each in cut) + (f" and {more} more" if more else "")
