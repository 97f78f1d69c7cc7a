"""What a query may cost before it is refused. A query is untrusted text: a link someone sent, a request to the API."""

from __future__ import annotations

from typing import Final

from remit.model.errors import QueryError

MAX_BYTES: Final = 4096
MAX_DEPTH: Final = 32
MAX_TERMS: Final = 200
MAX_FREE_TERMS: Final = 50
MAX_WILDCARDS: Final = 16


def check_text(text: str) -> None:
    """Refuse text too long to read or that no engine could be given (a lone surrogate, a NUL)."""
    for column, char in enumerate(text[: MAX_BYTES + 1]):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            raise QueryError(
                f"A query cannot contain the character U+{ord(char):04X}", text=text, column=column, remedy="Remove it."
            )
    size = len(text) if len(text) > MAX_BYTES else len(text.encode())
    if size > MAX_BYTES:
        raise QueryError(
            f"The query is {size:,} bytes long; at most {MAX_BYTES:,} are read",
            text=text[:MAX_BYTES],
            column=MAX_BYTES,
            remedy="Shorten it, or use a wildcard instead of a list.",
        )


def check_depth(depth: int, text: str, column: int) -> None:
    """Refuse nesting deeper than ``MAX_DEPTH``."""
    if depth > MAX_DEPTH:
        raise QueryError(
            f"The query nests deeper than {MAX_DEPTH} levels",
            text=text,
            column=column,
            remedy="Remove parentheses or negations.",
        )


def check_terms(count: int, text: str, column: int) -> None:
    """Refuse more than ``MAX_TERMS`` terms."""
    if count > MAX_TERMS:
        raise QueryError(
            f"The query has more than {MAX_TERMS} terms",
            text=text,
            column=column,
            remedy="Use a wildcard, or ask in several queries.",
        )


def check_free_terms(count: int, text: str, column: int) -> None:
    """Refuse more than ``MAX_FREE_TERMS`` terms without a field: each is looked for in every column of every event."""
    if count > MAX_FREE_TERMS:
        raise QueryError(
            f"The query searches everywhere for more than {MAX_FREE_TERMS} texts",
            text=text,
            column=column,
            remedy="Say in which field each stands, such as actor:NAME or id:ID.",
        )


def check_wildcards(count: int, text: str, column: int) -> None:
    """Refuse a value with more than ``MAX_WILDCARDS`` wildcards: matching it could take very long."""
    if count > MAX_WILDCARDS:
        raise QueryError(
            f"A value has more than {MAX_WILDCARDS} wildcards",
            text=text,
            column=column,
            remedy="Quote it if the asterisks are meant literally.",
        )
