"""The query of an alert: one that confines no time, because the alert does."""

from __future__ import annotations

from urllib.parse import urlencode

from remit.flows.questions.population import ACTS
from remit.flows.questions.window import Window
from remit.model.errors import UsageError
from remit.rooms.alerts import Finding
from remit.rooms.query import parse, read_query, render, term
from remit.rooms.query.predicate import Predicate, both, columns_of
from remit.rooms.query.syntax import AllOf, AnyOf, Node, Term, all_of

_TIME_WORDS = ("since", "until", "time")


def timeless(text: str) -> str:
    """A query less the range of time it confines itself to at its top level. Raises QueryError."""
    node = parse(text)
    terms = node.terms if isinstance(node, AllOf) else (node,)
    kept = [each for each in terms if not (isinstance(each, Term) and each.field in _TIME_WORDS)]
    return text.strip() if len(kept) == len(terms) else render(all_of(kept))


def watched(text: str, now_us: int) -> Predicate:
    """The acts that an alert's query means.

    :raises QueryError: when it cannot be read. :raises UsageError: when it confines time.
    """
    predicate = read_query(text, now_us)
    if "time" in set(columns_of(predicate)):
        raise UsageError(
            "An alert watches from now on, so its query cannot confine time",
            where=text[:200],
            remedy="Take since:, until: and time: out of it.",
        )
    return both(predicate, ACTS)


def shown_by(query: str, finding: Finding) -> str:
    """The query that shows a finding: the alert's own, narrowed to the finding's terms and time."""
    node: Node = parse(query)
    own = f"({query.strip()})" if isinstance(node, AnyOf) else query.strip()
    said = {render(each) for each in (node.terms if isinstance(node, AllOf) else (node,))}
    narrowed = [asked for word, value in finding.terms if (asked := term(word, value)) not in said]
    return " ".join(part for part in (own, *narrowed, Window(finding.low, finding.high).text()) if part)


def events_url(address: str, query: str) -> str:
    """Where the console shows a query."""
    return f"{address.rstrip('/')}/?{urlencode({'q': query}, errors='replace')}"
