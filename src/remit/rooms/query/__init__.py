"""The query language, the same everywhere: ``source:AgentOps -service:s3 actor:"ci-bot" region:eu-* since:24h text``.

``read_query`` turns text into a predicate; ``parse`` and ``render`` give the syntax tree and its canonical text.
"""

from __future__ import annotations

from remit.rooms.query.parse import parse
from remit.rooms.query.plan import plan
from remit.rooms.query.predicate import Predicate
from remit.rooms.query.render import render, term

__all__ = ["Predicate", "canonical", "parse", "plan", "read_query", "render", "term"]


def read_query(text: str, now_us: int) -> Predicate:
    """What ``text`` asks at ``now_us`` (microseconds since the epoch). Raises QueryError with a column."""
    return plan(parse(text), text, now_us)


def canonical(text: str) -> str:
    """The one spelling of ``text``. Raises QueryError when it cannot be read."""
    return render(parse(text))
