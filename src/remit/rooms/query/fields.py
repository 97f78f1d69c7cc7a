"""The words a query may ask by, the columns they mean, and what may be said of each."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from remit.model import vocabulary
from remit.model.columns import BY_NAME, COLUMNS, QUERY_FIELDS, Column

SINCE, UNTIL = "since", "until"

VOCABULARIES: Final[dict[str, tuple[str, ...]]] = {
    "provider": vocabulary.PROVIDERS,
    "data_source": vocabulary.DATA_SOURCES,
    "action_kind": vocabulary.ACTION_KINDS,
    "outcome": vocabulary.OUTCOMES,
    "deny_policy_type": vocabulary.POLICY_TYPES,
    "actor_kind": vocabulary.ACTOR_KINDS,
    "path": vocabulary.PATHS,
    "source": vocabulary.SOURCES,
    "governed": vocabulary.GOVERNED,
}
"""Columns with a closed set of values: another value is a mistake, not an empty answer."""

WIDER: Final[dict[str, tuple[str, ...]]] = {
    "resource": ("resource_ids", "resource_arns"),
    "actor": ("actor_name", "agent", "principal_name"),
}
"""Words that look in several columns: any of them may match."""

CASED: Final = frozenset(
    {
        "event_id",
        "provider_id",
        "account",
        "access_key",
        "request_id",
        "commit",
        "pull_request",
        "run",
        "session_id",
    }
)
"""Columns of opaque ids, compared exactly; every other text is compared without regard to case."""

WORDS: Final = (*QUERY_FIELDS, SINCE, UNTIL)


def columns_for(word: str) -> tuple[Column, ...]:
    """The columns a query word asks; empty for an unknown word."""
    if word in WIDER:
        return tuple(BY_NAME[name] for name in WIDER[word])
    return (QUERY_FIELDS[word],) if word in QUERY_FIELDS else ()


def nearest_field(word: str) -> str | None:
    """The query word a person most likely meant: by a column's own or JSON name, else by spelling."""
    for column in COLUMNS:
        if column.query and word in (column.name, column.json, column.json.replace(".", "_")):
            return column.query[0]
    return nearest(word, WORDS)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The closest spelling among ``words``, or None when nothing is close."""
    by_lower = {known.lower(): known for known in words}
    found = get_close_matches(word.lower()[:64], list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
