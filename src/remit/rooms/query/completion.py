"""What a query can be completed with: its fields, what each means, and the words of those that have a closed set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from remit.model.columns import QUERY_FIELDS, Column
from remit.model.errors import QueryError
from remit.rooms.query.fields import SINCE, UNTIL, VOCABULARIES, columns_for
from remit.rooms.query.parse import parse
from remit.rooms.query.render import term
from remit.rooms.query.syntax import Term

_BOOLS: Final = ("true", "false")
_MOMENTS: Final = ("1h", "24h", "7d", "30d", "today", "yesterday")
_TIMES: Final = {
    SINCE: "At or after this time: an age, a day or an instant.",
    UNTIL: "Before this time; a day includes it.",
}


@dataclass(frozen=True, slots=True)
class FieldWord:
    """A word to query by. ``values`` are all it may be, or examples of a time; ``open`` says that its values are
    those of the store."""

    field: str
    means: str
    values: tuple[str, ...] = ()
    open: bool = False


def field_words() -> Iterator[FieldWord]:
    """Every word of the language, in the order of the columns."""
    for word, column in QUERY_FIELDS.items():
        values = _BOOLS if column.kind == "bool" else VOCABULARIES.get(column.name, ())
        yield FieldWord(word, _short(column), values, open=not values and bool(column.facet))
    for word, means in _TIMES.items():
        yield FieldWord(word, means, _MOMENTS)


def counted_column(word: str) -> str | None:
    """The column whose commonest values complete a word; None for a word without such."""
    counted = next((column for column in columns_for(word.lower()) if column.facet), None)
    return counted.name if counted else None


def written(word: str, value: str) -> str | None:
    """A value as it is written after ``word:``, quoted where that is needed; None for one that no query can name."""
    text = term(word, value)
    try:
        node = parse(text)
    except QueryError:
        return None
    return text.partition(":")[2] if isinstance(node, Term) and node.value.literal == value else None


def _short(column: Column) -> str:
    """The first sentence of a column's meaning, without mark-up."""
    return column.doc.replace("`", "").partition(". ")[0].partition(": ")[0].rstrip(".")
