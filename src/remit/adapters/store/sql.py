"""A predicate -> parameterized SQL. Values are always parameters; column names come from the table of columns only.

SQL is three-valued and the query language is not: a leaf over NULL is NULL, which counts as false, and every negation
is ``IS NOT TRUE``, so ``-service:s3`` includes events without a service. What differs between engines is
in ``Dialect``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from remit.model.columns import BY_NAME, TEXT
from remit.rooms.query.predicate import And, Contains, Equals, Glob, Not, Or, Predicate, Present, Range

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the index stores naive UTC
_LATEST: Final = 253_402_300_799_999_999


class Dialect:
    """DuckDB's spelling of what is not common SQL. Another engine overrides these and nothing else."""

    text = "VARCHAR"
    moment = "?"
    """A parameter that is a time."""

    def column(self, name: str) -> str:
        """A column's name, quoted; refuses a name that is not in the table of columns."""
        return f'"{BY_NAME[name].name}"'

    def micros(self, expression: str) -> str:
        """A timestamp as microseconds since the epoch."""
        return f"epoch_us({expression})"

    def lowered(self, expression: str) -> str:
        """A text without regard to case."""
        return f"lower({expression})"

    def quotient(self, expression: str, divisor: int) -> str:
        """How often a whole number goes into another one that is not negative."""
        return f"({expression} // {int(divisor)})"

    def like(self, expression: str, *, fold: bool) -> str:
        """A LIKE with a parameter, whose metacharacters ``escape_like`` escaped."""
        return f"{expression} {'ILIKE' if fold else 'LIKE'} ? ESCAPE '\\'"

    def any_element(self, column: str, condition: str) -> str:
        """Whether an element ``x`` of a list satisfies the condition."""
        return f"len(list_filter({column}, lambda x: {condition})) > 0"

    def has_element(self, column: str) -> str:
        """Whether a list has the parameter as an element."""
        return f"list_contains({column}, ?)"

    def listed(self, columns: Sequence[str], *, fold: bool) -> str:  # noqa: ARG002 - for a dialect with an index
        """Whether an element of any of these lists is its parameter, one parameter for each, by an index of names;
        empty where there is none."""
        return ""

    def identified(self, column: str, values: int) -> str:  # noqa: ARG002 - for a dialect with an index
        """Whether an id is one of so many parameters, given three times, by an index of ids; empty if there is none."""
        return ""

    def unnest(self, column: str) -> str:
        """One row for each element of a list."""
        return f"unnest({column})"

    def distinct_elements(self, column: str) -> str:
        """A list with each of its elements once."""
        return f"list_distinct({column})"

    def count_where(self, condition: str) -> str:
        """How many rows satisfy the condition."""
        return f"count(*) FILTER (WHERE {condition})"

    def hour_of_day(self, expression: str) -> str:
        """The UTC hour, 0 to 23."""
        return f"hour({expression})"

    def hour(self, expression: str) -> str:
        """A timestamp cut to its hour."""
        return f"date_trunc('hour', {expression})"

    def first_rows(self, table: str, columns: str, condition: str, order: str, limit: int) -> str:
        """The first rows in an order. By row id, so that only the rows given are read in all their columns: several
        times faster when few rows match."""
        found = f"SELECT rowid FROM {table} WHERE {condition} ORDER BY {order} LIMIT {int(limit)}"
        return f"SELECT {columns} FROM {table} WHERE rowid IN ({found}) ORDER BY {order}"

    def newest(self, column: str) -> str:
        """The column's value in the newest row of a group."""
        return f"max_by({column}, (time, event_id))"


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition and its parameters in order; ``keyed`` when a look-up by name or id finds
    the few rows there can be."""

    sql: str
    params: tuple[object, ...] = ()
    keyed: bool = False


@dataclass(slots=True)
class _Writer:
    dialect: Dialect
    params: list[object] = field(default_factory=list)

    def write(self, predicate: Predicate) -> str:
        if isinstance(predicate, And):
            return self._all_of(predicate.terms)
        if isinstance(predicate, Or):
            return self._one_of(predicate.terms) or self._joined(predicate.terms, " OR ") or "FALSE"
        if isinstance(predicate, Not):
            return f"(({self.write(predicate.term)}) IS NOT TRUE)"
        if isinstance(predicate, Contains):
            return f"({' OR '.join(self._text(column.name, predicate) for column in TEXT)})"
        return self._leaf(predicate)

    def _all_of(self, terms: tuple[Predicate, ...]) -> str:
        """Every term. Where a look-up finds the few rows there can be, the other terms are asked of these only; a
        bound of time stays outside, because it spares the engine whole stretches of the table."""
        kinds: dict[int, list[Predicate]] = {}
        for term in terms:
            kinds.setdefault(self.cost(term), []).append(term)
        bounds, quick, slow = (tuple(kinds.get(cost, ())) for cost in range(3))
        if not quick or not slow:
            return self._joined(terms, " AND ") or "TRUE"
        outer = f"{self._joined(bounds, ' AND ')} AND " if bounds else ""
        found = self._joined(quick, " AND ")
        return f"({outer}CASE WHEN {found} THEN {self._joined(slow, ' AND ')} ELSE FALSE END)"

    def cost(self, term: Predicate) -> int:
        """0 for a bound of time, 1 for a look-up, 2 for what has to look at the rows."""
        if isinstance(term, Range) and term.column == "time":
            return 0
        equal = term.terms if isinstance(term, Or) else (term,)
        plain = [each for each in equal if isinstance(each, Equals)]
        return 1 if plain and len(plain) == len(equal) and self._lookup(plain)[0] else 2

    def _joined(self, terms: tuple[Predicate, ...], word: str) -> str:
        return f"({word.join(self.write(term) for term in terms)})" if terms else ""

    def _one_of(self, terms: tuple[Predicate, ...]) -> str:
        """Many values of one scalar column are one IN, which engines hash; names in several lists are one look-up."""
        equal = [term for term in terms if isinstance(term, Equals)]
        if len(equal) == len(terms) > 0 and (found := self._looked_up(equal)):
            return found
        plain = [t for t in terms if isinstance(t, Equals) and not t.fold and BY_NAME[t.column].kind == "string"]
        if len(plain) < 2 or len(plain) < len(terms) or len({t.column for t in plain}) > 1:
            return ""
        self.params.extend(t.value for t in plain)
        return f"{self.dialect.column(plain[0].column)} IN ({', '.join('?' * len(plain))})"

    def _looked_up(self, terms: Sequence[Equals]) -> str:
        """Terms over columns that the engine has an index of; empty where it has none."""
        found = self._lookup(terms)
        self.params.extend(term.value for _ in range(found[1]) for term in terms)
        return found[0]

    def _lookup(self, terms: Sequence[Equals]) -> tuple[str, int]:
        """The look-up that terms are together, and how often it takes their values; ``("", 0)`` if they are none."""
        columns, folds = [term.column for term in terms], {term.fold for term in terms}
        if len(folds) == 1 and (found := self.dialect.listed(columns, fold=terms[0].fold)):
            return found, 1
        if folds == {False} and len(set(columns)) == 1 and (found := self.dialect.identified(columns[0], len(terms))):
            return found, 3
        return "", 0

    def _text(self, name: str, leaf: Contains) -> str:
        return self._leaf(Glob(name, ("", *leaf.pieces, ""), fold=True))

    def _leaf(self, leaf: Equals | Glob | Present | Range) -> str:
        if isinstance(leaf, Equals) and (found := self._looked_up([leaf])):
            return found
        column = self.dialect.column(leaf.column)
        is_list = BY_NAME[leaf.column].kind == "strings"
        if isinstance(leaf, Present):
            if is_list:
                return self.dialect.any_element(column, "x <> ''")
            return f"{column} <> ''" if BY_NAME[leaf.column].kind == "string" else f"{column} IS NOT NULL"
        if isinstance(leaf, Range):
            return self._range(leaf, column)
        if isinstance(leaf, Equals) and not leaf.fold:
            self.params.append(leaf.value)
            return self.dialect.has_element(column) if is_list else f"{column} = ?"
        condition = self._folded_or_like(leaf, "x" if is_list else column)
        return self.dialect.any_element(column, condition) if is_list else condition

    def _folded_or_like(self, leaf: Equals | Glob, subject: str) -> str:
        if isinstance(leaf, Equals):
            self.params.append(leaf.value)
            return f"{self.dialect.lowered(subject)} = {self.dialect.lowered('?')}"
        self.params.append("%".join(escape_like(piece) for piece in leaf.pieces))
        return self.dialect.like(subject, fold=leaf.fold)

    def _range(self, leaf: Range, column: str) -> str:
        bounds = []
        for edge, sign in ((leaf.low, ">" if leaf.above else ">="), (leaf.high, "<=" if leaf.closed else "<")):
            if edge is not None:
                is_time = BY_NAME[leaf.column].kind == "time"
                bounds.append(f"{column} {sign} {self.dialect.moment if is_time else '?'}")
                self.params.append(as_timestamp(int(edge)) if is_time else edge)
        return f"({' AND '.join(bounds)})" if bounds else f"{column} IS NOT NULL"


def where(predicate: Predicate, dialect: Dialect | None = None) -> Clause:
    """The condition of a WHERE for ``predicate``."""
    writer = _Writer(dialect or Dialect())
    sql = writer.write(predicate)
    terms = predicate.terms if isinstance(predicate, And) else (predicate,)
    return Clause(sql, tuple(writer.params), any(writer.cost(term) == 1 for term in terms))


def escape_like(text: str) -> str:
    """Text with LIKE's metacharacters escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def as_timestamp(micros: int) -> datetime:
    """Microseconds since the epoch as the naive UTC timestamp the index holds, clamped to years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=max(-62_135_596_800_000_000, min(micros, _LATEST)))
