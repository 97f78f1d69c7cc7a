"""A first: a value that no earlier match has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from remit.rooms.alerts.finding import Finding, Judgement, Watch, fingerprint, moment, said
from remit.rooms.alerts.kinds import COLUMNS_OF, VALUES

Row = Mapping[str, Any]
_WORD: Final = {
    "agent": "agent",
    "service": "service",
    "operation": "operation",
    "resource_types": "type",
    "region": "region",
    "account": "account",
    "principal": "principal",
}
"""Column -> the word to query it by."""


def columns(watch: Watch) -> tuple[str, ...]:
    """The columns whose values must be new together."""
    return COLUMNS_OF[watch.settings.written["value"]]


def known_key(by: Iterable[str], row: Row) -> str:
    """A combination of values as one text, the same for the same values; what the alert remembers it by."""
    return repr(tuple(None if row[name] is None else str(row[name]) for name in by))


def judge_firsts(watch: Watch, rows: Iterable[Row]) -> Judgement:
    """A finding for each combination of values, in the order of their first events. One that lacks a value is none."""
    by = columns(watch)
    whole = [row for row in rows if all(row[name] not in (None, "") for name in by)]
    ordered = sorted(whole, key=lambda row: (row["first"], known_key(by, row)))
    return Judgement(tuple(_finding(watch, by, row) for row in ordered))


def _finding(watch: Watch, by: tuple[str, ...], row: Row) -> Finding:
    what = dict(VALUES)[watch.settings.written["value"]]
    shown = " · ".join(said(row[name], 80) for name in by)
    sentence = f"First time among the matches: {what}, {shown}, at {moment(row['first'])}."
    subject: dict[str, str] = {name: str(row[name]) for name in ("agent", "account") if name in by}
    return Finding(
        fingerprint(watch, known_key(by, row)),
        sentence,
        1,
        {"first": moment(row["first"]), "earlier": 0},
        (row["sample"],),
        row["first"],
        row["first"] + 1,
        tuple((_WORD[name], str(row[name])) for name in by),
        subject,
    )
