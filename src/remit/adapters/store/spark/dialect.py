"""Spark's spelling of the index's SQL. It stands on a session that is set as ``session.SETTINGS`` says: ANSI SQL, in
which double quotes name columns, and times in UTC."""

from __future__ import annotations

from typing import Final

from remit.adapters.store.sql import Dialect

_FOLDED: Final = (("Σ", "σ"), ("İ", "i"))
"""Letters that Spark lowers by what stands around them, or to two letters; DuckDB lowers each by itself."""


class SparkDialect(Dialect):
    """What of Spark is spelled otherwise than in DuckDB; the meaning is the same, to the last row."""

    text = "STRING"
    moment = "timestamp_micros(?)"

    def micros(self, expression: str) -> str:
        """A timestamp as microseconds since the epoch."""
        return f"unix_micros({expression})"

    def lowered(self, expression: str) -> str:
        """A text without regard to case."""
        for letter, small in _FOLDED:
            expression = f"replace({expression}, '{letter}', '{small}')"
        return f"lower({expression})"

    def quotient(self, expression: str, divisor: int) -> str:
        """How often a whole number goes into another one that is not negative."""
        return f"({expression} div {int(divisor)})"

    def like(self, expression: str, *, fold: bool) -> str:
        """A LIKE with a parameter, whose metacharacters ``escape_like`` escaped by a backslash, as Spark expects."""
        return f"{self.lowered(expression)} LIKE {self.lowered('?')}" if fold else f"{expression} LIKE ?"

    def any_element(self, column: str, condition: str) -> str:
        """Whether an element ``x`` of a list satisfies the condition."""
        return f"exists({column}, x -> {condition})"

    def has_element(self, column: str) -> str:
        """Whether a list has the parameter as an element."""
        return f"array_contains({column}, ?)"

    def unnest(self, column: str) -> str:
        """One row for each element of a list."""
        return f"explode({column})"

    def distinct_elements(self, column: str) -> str:
        """A list with each of its elements once."""
        return f"array_distinct({column})"

    def first_rows(self, table: str, columns: str, condition: str, order: str, limit: int) -> str:
        """The first rows in an order."""
        return f"SELECT {columns} FROM {table} WHERE {condition} ORDER BY {order} LIMIT {int(limit)}"

    def newest(self, column: str) -> str:
        """The column's value in the newest row of a group."""
        return f"max_by({column}, struct(time, event_id))"
