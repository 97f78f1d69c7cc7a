"""What a page is asked, as its URL says it; and the URL of every neighbouring question.

``q`` is the query, ``since`` and ``until`` its range (24 hours unless said, ``since=all`` for all time), ``wide`` the
range it was chosen out of (``LOW..HIGH``), ``cursor`` a place in the list, ``open`` the event that is open beside it,
``compare`` what the answer is compared with and ``pick`` (repeated) the events picked out of it. A query that confines
its own time is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

from remit.model.columns import BY_NAME
from remit.model.errors import QueryError
from remit.rooms.query import parse, render
from remit.rooms.query.less import field_of, terms_of, without_column
from remit.rooms.query.ranged import ALL_TIME as ALL_TIME
from remit.rooms.query.ranged import TIME_WORDS, bounds_in_force, ranged, tells_time
from remit.rooms.query.syntax import AnyOf, Negated, Node, Term, Value, all_of, any_of

RANGES: Final = (("24h", "24 h"), ("7d", "7 d"), ("30d", "30 d"), (ALL_TIME, "All"))
MOST_PICKED: Final = 100
"""Events that one address can pick out."""
Asked = dict[str, str | tuple[str, ...]]
"""Parameters of an address; one of several values is repeated."""
_ANYTHING: Final = Value(("", ""))


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the page."""

    q: str = ""
    since: str = ""
    until: str = ""
    cursor: str = ""
    path: str = "/"
    wide: str = ""
    open: str = ""
    compare: str = ""
    picks: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """The whole query in the query language. Raises QueryError when ``q`` cannot be read."""
        return ranged(self.q, self.since, self.until)

    @property
    def bounds(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The range in force beside the query."""
        return bounds_in_force(self.since, self.until)

    @property
    def range_in_query(self) -> bool:
        """Whether the query confines its own time; True for one that cannot be read, which is then left alone."""
        try:
            return tells_time(parse(self.q))
        except QueryError:
            return True

    @property
    def narrowed(self) -> bool:
        """Whether anything but the time confines the answer."""
        return bool(terms_of(parse(self.timeless().q)))

    def url(self, **changes: str | tuple[str, ...]) -> str:
        """The address of this question with some parts changed; the place in the list, the open event and the
        comparison are kept only when given."""
        parts = {**self.asked(), **changes}
        return address(self.path, **{name: value for name, value in parts.items() if value})

    def asked(self) -> Asked:
        """The parameters that say what is asked, empty ones too."""
        return {"q": self.q, "since": self.since, "until": self.until, "wide": self.wide}

    def place(self, **changes: str) -> str:
        """The address of this very page, place in the list and comparison included, with some parts changed."""
        kept: Asked = {"cursor": self.cursor, "compare": self.compare, "pick": self.picks}
        return self.url(**(kept | changes))

    def timeless(self) -> Ask:
        """The same question without the time that ``q`` confines at its top level."""
        kept = [each for each in terms_of(parse(self.q)) if not (isinstance(each, Term) and each.field in TIME_WORDS)]
        return replace(self, q=render(all_of(kept)), cursor="") if self.range_in_query else self

    def within(self, since: str, until: str = "") -> Ask:
        """The same question of another range."""
        try:
            timeless = self.timeless()
        except QueryError:
            timeless = self
        return replace(timeless, since=since, until=until, cursor="", wide="")

    def chosen_from(self, low: str, high: str) -> Ask:
        """The same question, remembering the wider range that it was chosen out of."""
        return replace(self, wide=f"{low}..{high}")

    def without(self, column: str) -> Ask:
        """The same question less everything its top level says of one column."""
        return replace(self, q=render(without_column(parse(self.q), column)), cursor="")

    def only(self, column: str, value: object) -> Ask:
        """The same question of the events with this value."""
        return self.without(column)._and(wanted(column, value))

    def any_of(self, column: str, values: Iterable[object]) -> Ask:
        """The same question of the events with any of these values."""
        return self.without(column)._and(any_of(wanted(column, value) for value in values))

    def including(self, column: str, value: object) -> Ask:
        """The same question of the events with this value too, beside those that it already asks for by name."""
        words = BY_NAME[column].query
        terms = [part for each in terms_of(parse(self.q)) if field_of(each) in words for part in _parts(each)]
        named = [_worded(part, words[0]) for part in terms if not _is_exclusion(part)]
        return self.without(column)._and(any_of([*named, wanted(column, value)]))

    def excluding(self, column: str, value: object) -> Ask:
        """The same question of the events without this value; other exclusions of the column stay."""
        words = BY_NAME[column].query
        kept = [each for each in terms_of(parse(self.q)) if field_of(each) not in words or _is_exclusion(each)]
        return replace(self, q=render(all_of(kept)), cursor="")._and(_negated(wanted(column, value)))

    def dropping(self, column: str, value: object) -> Ask:
        """The same question less what its top level says of this value."""
        gone = {_folded(wanted(column, value)), _folded(_negated(wanted(column, value)))}
        kept = [rest for each in terms_of(parse(self.q)) if (rest := _less(each, gone)) is not None]
        return replace(self, q=render(all_of(kept)), cursor="")

    def standing(self, column: str, value: object) -> str:
        """``included``, ``excluded`` or empty: what the top level says of this value."""
        asked = wanted(column, value)
        said = [_folded(part) for each in terms_of(parse(self.q)) for part in _parts(each)]
        if _folded(asked) in said:
            return "included"
        return "excluded" if _folded(_negated(asked)) in said else ""

    def _and(self, node: Node) -> Ask:
        return replace(self, q=render(all_of([parse(self.q), node])), cursor="")


def read_ask(parameters: Mapping[str, str], path: str = "/") -> Ask:
    """The question in a URL's parameters; an unknown parameter is none of ours."""
    said = {name: parameters.get(name, "") for name in ("q", "since", "until", "cursor", "wide", "open", "compare")}
    many = getattr(parameters, "getlist", None)
    return Ask(**said, path=path, picks=tuple(many("pick"))[:MOST_PICKED] if many else ())


def address(path: str, **parameters: str | tuple[str, ...]) -> str:
    """A path with its parameters encoded, one of several values repeated; a lone surrogate, which no URL can carry,
    becomes a question mark."""
    query = urlencode(parameters, doseq=True, errors="replace")
    return f"{path}?{query}" if query else path


def wanted(column: str, value: object) -> Node:
    """The term that asks for one value of a column; None asks for its absence."""
    word = BY_NAME[column].query[0]
    if value is None:
        return Negated(Term(word, _ANYTHING))
    return Term(word, Value((str(value).lower() if isinstance(value, bool) else str(value),)))


def _worded(node: Node, word: str) -> Node:
    """A single statement by another word of its column."""
    if isinstance(node, Negated):
        return Negated(_worded(node.term, word))
    return replace(node, field=word) if isinstance(node, Term) else node


def _negated(node: Node) -> Node:
    return node.term if isinstance(node, Negated) else Negated(node)


def _is_exclusion(node: Node) -> bool:
    """Whether a term takes values away; ``-field:*`` asks for the absent value instead."""
    if isinstance(node, Negated):
        return not (isinstance(node.term, Term) and node.term.value.anything)
    return isinstance(node, Term) and node.value.anything


def _parts(node: Node) -> Iterable[Node]:
    """The single statements of a top-level term: of ``a,b`` each; of ``-(a,b)`` the negation of each."""
    if isinstance(node, AnyOf) and field_of(node):
        return node.terms
    if isinstance(node, Negated) and isinstance(node.term, AnyOf) and field_of(node):
        return tuple(Negated(each) for each in node.term.terms)
    return (node,)


def _less(node: Node, gone: set[str]) -> Node | None:
    kept = [part for part in _parts(node) if _folded(part) not in gone]
    if len(kept) == len(tuple(_parts(node))):
        return node
    if not kept:
        return None
    return all_of(kept) if isinstance(node, Negated) else AnyOf(tuple(kept)) if len(kept) > 1 else kept[0]


def _folded(node: Node) -> str:
    """A statement without regard to which of a column's words it uses, or to case."""
    if isinstance(node, Negated):
        return f"-{_folded(node.term)}"
    if isinstance(node, Term) and node.field:
        first = next((c.query[0] for c in BY_NAME.values() if node.field in c.query), node.field)
        return render(Term(first, node.value)).lower()
    return render(node)
