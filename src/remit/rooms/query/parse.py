"""Query text -> syntax tree. Juxtaposed terms are joined by AND, which binds tighter than OR; NOT and - tightest."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from remit.model.errors import QueryError
from remit.rooms.query import tokens
from remit.rooms.query.limits import check_depth, check_free_terms, check_terms, check_text
from remit.rooms.query.syntax import Node, Term, all_of, any_of, negated
from remit.rooms.query.tokens import Scanner, Token

_REMEMBERED: Final = 1024
"""Texts whose trees are kept: a page reads its own query again for each of the questions it leads to."""


@lru_cache(maxsize=_REMEMBERED)
def parse(text: str) -> Node:
    """The syntax tree of ``text``; empty text is the query that every event satisfies. Raises QueryError."""
    check_text(text)
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(Scanner(text).tokens())
        self._at = 0
        self._terms = 0
        self._free_terms = 0

    def query(self) -> Node:
        if self._peek().kind == tokens.END:
            return all_of(())
        node = self._any(None, 0)
        if self._peek().kind != tokens.END:
            raise self._unexpected(self._peek())
        return node

    def _any(self, field: str | None, depth: int) -> Node:
        terms = [self._all(field, depth)]
        while self._peek().kind == tokens.OR:
            self._take()
            terms.append(self._all(field, depth))
        return any_of(terms)

    def _all(self, field: str | None, depth: int) -> Node:
        terms = [self._listed(field, depth)]
        while self._peek().kind not in (tokens.END, tokens.CLOSE, tokens.OR):
            if self._peek().kind == tokens.AND:
                self._take()
            terms.append(self._listed(field, depth))
        return all_of(terms)

    def _listed(self, field: str | None, depth: int) -> Node:
        """A term, or inside a field's parentheses ``a,b``: any of them."""
        terms = [self._unary(field, depth)]
        while field is not None and self._peek().kind == tokens.COMMA:
            self._take()
            terms.append(self._unary(field, depth))
        return any_of(terms)

    def _unary(self, field: str | None, depth: int) -> Node:
        token = self._peek()
        check_depth(depth, self._text, token.column)
        if token.kind in (tokens.NOT, tokens.MINUS):
            self._take()
            return negated(self._unary(field, depth + 1))
        if token.kind == tokens.OPEN:
            return self._group(field, depth)
        if token.kind == tokens.FIELD:
            return self._field(self._take(), depth)
        if token.kind == tokens.WORD:
            return self._term(field, self._take(), token.column)
        raise self._unexpected(token)

    def _group(self, field: str | None, depth: int) -> Node:
        self._take()
        node = self._any(field, depth + 1)
        if self._peek().kind != tokens.CLOSE:
            raise self._unexpected(self._peek())
        self._take()
        return node

    def _field(self, token: Token, depth: int) -> Node:
        if self._peek().kind == tokens.OPEN:
            return self._group_of(token, depth)
        terms = [self._term(token.name, self._take(), token.column)]
        while self._peek().kind == tokens.COMMA:
            self._take()
            terms.append(self._term(token.name, self._take(), token.column))
        return any_of(terms)

    def _group_of(self, token: Token, depth: int) -> Node:
        check_depth(depth + 1, self._text, token.column)
        return self._group(token.name, depth)

    def _term(self, field: str | None, word: Token, column: int) -> Node:
        if word.kind != tokens.WORD:
            raise self._unexpected(word)
        self._terms += 1
        check_terms(self._terms, self._text, word.column)
        self._free_terms += field is None
        check_free_terms(self._free_terms, self._text, word.column)
        return Term(field, word.value, column)

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _unexpected(self, token: Token) -> QueryError:
        where = {
            tokens.END: "The query ends where a term was expected",
            tokens.CLOSE: "Nothing stands before this )",
            tokens.COMMA: "A comma joins only the values of one field",
        }
        what = where.get(token.kind, f"{token.kind} stands where a term was expected")
        return QueryError(
            what,
            text=self._text,
            column=token.column,
            remedy='Write a term such as source:AgentOps, or quote text: "OR".',
        )
