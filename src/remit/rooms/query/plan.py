"""Syntax tree -> predicate: each word is resolved to its columns, each value checked against what it may be."""

from __future__ import annotations

from typing import Final

from remit.model.columns import Column
from remit.model.errors import QueryError
from remit.rooms.query import fields
from remit.rooms.query.instants import FORMS, Moment, read_moment
from remit.rooms.query.predicate import And, Contains, Equals, Glob, Not, Predicate, Present, Range, both, either
from remit.rooms.query.syntax import AllOf, AnyOf, Negated, Node, Term, Value

_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}
_COMPARISONS: Final = (">=", "<=", ">", "<")


def plan(node: Node, text: str, now_us: int) -> Predicate:
    """What ``node``, read from ``text``, means at ``now_us``. Raises QueryError with the column of the trouble."""
    return _Planner(text, now_us).predicate(node)


class _Planner:
    def __init__(self, text: str, now_us: int) -> None:
        self._text = text
        self._now = now_us

    def predicate(self, node: Node) -> Predicate:
        if isinstance(node, AllOf):
            return both(*(self.predicate(term) for term in node.terms)) if node.terms else And(())
        if isinstance(node, AnyOf):
            return either(self.predicate(term) for term in node.terms)
        if isinstance(node, Negated):
            return Not(self.predicate(node.term))
        return self._term(node)

    def _term(self, term: Term) -> Predicate:
        if term.field is None:
            return And(()) if term.value.anything else Contains(tuple(p.lower() for p in _inner(term.value)))
        if term.field in (fields.SINCE, fields.UNTIL):
            return self._since_until(term.field, term.value)
        columns = fields.columns_for(term.field)
        if not columns:
            raise self._unknown_field(term)
        return either(self._asked(column, term.field, term.value) for column in columns)

    def _asked(self, column: Column, word: str, value: Value) -> Predicate:
        if value.anything:
            return Present(column.name)
        if column.kind == "time":
            return self._time(column.name, self._literal(word, value, FORMS), value.column)
        if column.kind == "float":
            return self._number(column.name, word, value)
        if column.kind == "bool":
            return self._boolean(column.name, word, value)
        if column.name in fields.VOCABULARIES:
            return self._closed(column.name, word, value)
        fold = column.name not in fields.CASED
        literal = value.literal
        return Glob(column.name, value.pieces, fold) if literal is None else Equals(column.name, literal, fold)

    def _closed(self, column: str, word: str, value: Value) -> Predicate:
        known = fields.VOCABULARIES[column]
        found = [each for each in known if _like(value, each)]
        if found:
            return either(Equals(column, each) for each in found)
        written = "*".join(value.pieces)
        close = fields.nearest(written, known)
        raise self._fault(
            f"{word} is never {_shown(written)}",
            value.column,
            (f"Did you mean {close}? " if close else "") + f"It is one of: {', '.join(known)}.",
        )

    def _boolean(self, column: str, word: str, value: Value) -> Predicate:
        written = self._literal(word, value, "true or false")
        if written.lower() not in _BOOLEANS:
            raise self._fault(f"{word} is true or false, never {_shown(written)}", value.column, f"Write {word}:true.")
        return Equals(column, _BOOLEANS[written.lower()])

    def _number(self, column: str, word: str, value: Value) -> Predicate:
        written = self._literal(word, value, "0.9, >=0.9 or 0.7..0.9")
        low, dots, high = written.partition("..")
        if dots:
            return Range(column, self._float(low, word, value), self._float(high, word, value), closed=True)
        operator = next((each for each in _COMPARISONS if written.startswith(each)), "")
        number = self._float(written[len(operator) :], word, value)
        if operator.startswith(">"):
            return Range(column, low=number, above=operator == ">")
        if operator.startswith("<"):
            return Range(column, high=number, closed=operator == "<=")
        return Equals(column, number)

    def _float(self, written: str, word: str, value: Value) -> float:
        try:
            number = float(written) if written.isascii() and "_" not in written else float("nan")
        except ValueError:
            number = float("nan")
        if not -1e9 < number < 1e9:
            raise self._fault(f"{word} needs a number, not {_shown(written)}", value.column, f"Write {word}:>=0.9.")
        return number

    def _time(self, column: str, written: str, at: int) -> Predicate:
        low, dots, high = written.partition("..")
        if dots:
            return self._span(column, self._moment(low, at), self._moment(high, at + len(low) + 2), at)
        operator = next((each for each in _COMPARISONS if written.startswith(each)), "")
        moment = self._moment(written[len(operator) :], at + len(operator))
        if operator:
            edge = moment.end if operator in (">", "<=") else moment.start
            return Range(column, low=edge) if operator[0] == ">" else Range(column, high=edge)
        return Range(column, moment.start, max(moment.end, moment.start + 1))

    def _span(self, column: str, low: Moment, high: Moment, at: int) -> Predicate:
        if max(high.end, high.start) < low.start:
            raise self._fault("The range ends before it begins", at, "Put the earlier time first.")
        return Range(column, low.start, high.end)

    def _since_until(self, word: str, value: Value) -> Predicate:
        moment = self._moment(self._literal(word, value, FORMS), value.column)
        if word == fields.SINCE:
            return Range("time", low=moment.start)
        return Range("time", high=moment.end if moment.whole_days else moment.start)

    def _moment(self, written: str, at: int) -> Moment:
        moment = read_moment(written, self._now)
        if moment is None:
            raise self._fault(f"{_shown(written)} is no time", at, f"Write {FORMS}.")
        return moment

    def _literal(self, word: str, value: Value, forms: str) -> str:
        if value.literal is None:
            raise self._fault(f"{word} takes no wildcard inside a value", value.column, f"Write {forms}.")
        return value.literal

    def _unknown_field(self, term: Term) -> QueryError:
        close = fields.nearest_field(term.field or "")
        hint = f"Did you mean {close}:? " if close else ""
        return self._fault(
            f"There is no field {_shown(term.field or '')}",
            term.column,
            f"{hint}To search for the text itself, put it in quotes.",
        )

    def _fault(self, what: str, column: int, remedy: str) -> QueryError:
        return QueryError(what, text=self._text, column=min(column, len(self._text)), remedy=remedy)


def _inner(value: Value) -> tuple[str, ...]:
    """Free text is a substring, so wildcards at its ends say nothing."""
    return tuple(piece for piece in value.pieces if piece)


def _like(value: Value, word: str) -> bool:
    """Whether a word of a closed vocabulary is what was written, without regard to case."""
    if value.literal is not None:
        return value.literal.lower() == word.lower()
    return glob_matches(tuple(piece.lower() for piece in value.pieces), word.lower())


def glob_matches(pieces: tuple[str, ...], text: str) -> bool:
    """Whether ``text`` is the pieces in order with anything between each two; linear in the text."""
    first, last = pieces[0], pieces[-1]
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in pieces[1:-1]:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _shown(written: str) -> str:
    """A value as it may stand in a message: short, and without control characters."""
    clean = "".join(char if char.isprintable() else "?" for char in written)
    return f"«{clean[:60]}…»" if len(clean) > 60 else f"«{clean}»"
