"""Query text -> tokens. Whether a comma or a colon separates depends on standing in a field's value or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from remit.model.errors import QueryError
from remit.rooms.query.limits import check_wildcards
from remit.rooms.query.syntax import Value

OPEN, CLOSE, MINUS, COMMA, AND, OR, NOT, FIELD, WORD, END = (
    "(",
    ")",
    "-",
    ",",
    "AND",
    "OR",
    "NOT",
    "field",
    "word",
    "end",
)
_OPERATORS: Final = {"AND": AND, "OR": OR, "NOT": NOT}
_FIELD: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.\-]*):")
NOTHING: Final = Value(())
_ESCAPES: Final = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``name`` is a field's lower-case name, ``value`` a word's value."""

    kind: str
    column: int
    name: str = ""
    value: Value = NOTHING


class Scanner:
    """One pass over the text. ``tokens()`` ends with an END token and raises QueryError at the first fault."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._groups: list[tuple[int, bool]] = []  # (column of the parenthesis, does it hold values)
        self._after = END

    def tokens(self) -> Iterator[Token]:
        """Every token in order."""
        while (token := self._next()).kind != END:
            self._after = token.kind
            yield token
        if self._groups:
            raise self._fault("This parenthesis is never closed", self._groups[-1][0], "Add ) or quote the text.")
        yield token

    def _next(self) -> Token:
        self._need_value_next()
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        start = self._at
        if start == len(self._text):
            return Token(END, start)
        char = self._text[start]
        if char in "()":
            return self._parenthesis(char, start)
        if char == "," and self._in_value():
            self._at += 1
            return Token(COMMA, start)
        return self._minus_or_field(char, start) or self._word(start)

    def _need_value_next(self) -> None:
        """A field's value stands right after its colon: ``service: s3`` is a slip, not a search for the text s3."""
        if self._after == FIELD and (self._at == len(self._text) or self._text[self._at].isspace()):
            raise self._fault("A value is missing after the colon", self._at, "Write field:value without a space.")

    def _in_value(self) -> bool:
        return self._after in (FIELD, COMMA) or (bool(self._groups) and self._groups[-1][1]) or self._after == WORD

    def _parenthesis(self, char: str, start: int) -> Token:
        self._at += 1
        if char == "(":
            inside_values = bool(self._groups) and self._groups[-1][1]
            self._groups.append((start, inside_values or self._after == FIELD))
            return Token(OPEN, start)
        if not self._groups:
            raise self._fault("This parenthesis closes nothing", start, "Remove it or quote the text.")
        self._groups.pop()
        return Token(CLOSE, start)

    def _minus_or_field(self, char: str, start: int) -> Token | None:
        if self._after in (FIELD, COMMA):
            return None
        follows = self._text[start + 1 : start + 2]
        if char == "-" and follows and not follows.isspace() and follows != ")":
            self._at += 1
            return Token(MINUS, start)
        if self._groups and self._groups[-1][1]:
            return None
        if match := _FIELD.match(self._text, start):
            self._at = match.end()
            return Token(FIELD, start, name=match[1].lower().replace("-", "_"))
        return None

    def _word(self, start: int) -> Token:
        separators = "()," if self._after in (FIELD, COMMA) or (self._groups and self._groups[-1][1]) else "()"
        pieces, quoted = [""], False
        while self._at < len(self._text):
            char = self._text[self._at]
            if char.isspace() or char in separators:
                break
            if char == '"':
                pieces[-1] += self._quoted()
                quoted = True
                continue
            self._at += 1
            if char == "*":
                pieces.append("")
            else:
                pieces[-1] += char
        return self._as_token(start, pieces, quoted)

    def _as_token(self, start: int, pieces: list[str], quoted: bool) -> Token:
        operator = _OPERATORS.get(pieces[0]) if len(pieces) == 1 and not quoted else None
        if operator and self._after not in (FIELD, COMMA):
            return Token(operator, start)
        if pieces == [""]:
            what = "Empty quotes match nothing" if quoted else "A value is missing"
            raise self._fault(what, start, "Use -field:* to find events without a value.")
        check_wildcards(len(pieces) - 1, self._text, start)
        return Token(WORD, start, value=Value(_merged(pieces), start))

    def _quoted(self) -> str:
        opened = self._at
        out: list[str] = []
        self._at += 1
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == '"':
                return "".join(out)
            out.append(self._escape(char))
        raise self._fault("These quotes are never closed", opened, 'Add " at the end.')

    def _escape(self, char: str) -> str:
        if char != "\\":
            return char
        escaped = self._text[self._at : self._at + 1]
        if escaped not in _ESCAPES:
            raise self._fault(f"Unknown escape \\{escaped}", self._at - 1, r"Inside quotes, write \\ \" \n or \t.")
        self._at += 1
        return _ESCAPES[escaped]

    def _fault(self, what: str, column: int, remedy: str) -> QueryError:
        return QueryError(what, text=self._text, column=column, remedy=remedy)


def _merged(pieces: list[str]) -> tuple[str, ...]:
    """Neighboring wildcards are one: ``a**b`` is ``a*b``."""
    inner = [piece for piece in pieces[1:-1] if piece]
    return (pieces[0], *inner, pieces[-1]) if len(pieces) > 1 else (pieces[0],)
