"""What an alert found, ready to be told: a sentence, its numbers with their denominators, and what to query for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from remit.model.canonical import event_digest
from remit.rooms.alerts.settings import Settings

SAMPLES: Final = 5
NAMED: Final = 200
"""Resources a firing names, those touched first; of more it says how many."""
_IN_SENTENCE: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Watch:
    """An alert as this room sees it."""

    id: str
    settings: Settings

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.settings.kind.name


@dataclass(frozen=True, slots=True)
class Finding:
    """``fingerprint`` is the same for the same finding again. ``count`` is how many acts (looks, of a rate or reach)
    it stands for. ``terms`` are (query word, value) that narrow the alert's query to it, within ``[low, high)`` in
    microseconds. ``subject`` holds agent, actor, on_behalf_of, account and environment where they are one.
    ``resources`` is every one that was touched, by its full name where the record has it; ``deed`` who did what, in
    the words that the sentence begins with."""

    fingerprint: str
    sentence: str
    count: int
    evidence: Mapping[str, Any]
    samples: tuple[str, ...]
    low: int
    high: int
    terms: tuple[tuple[str, str], ...] = ()
    subject: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    deed: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings of one look, and a sentence about what could not be judged, or how near it was."""

    findings: tuple[Finding, ...] = ()
    note: str = ""


def fingerprint(watch: Watch, *parts: str | None) -> str:
    """One id for one finding of one alert."""
    return event_digest((watch.id, watch.kind, *parts))


def together(findings: Sequence[Finding]) -> Finding:
    """Several findings of one fingerprint, the oldest first, as one: it tells what the first tells, of all of them."""
    first = findings[0]
    names = distinct(findings)
    evidence = dict(first.evidence)
    if "from" in evidence:
        evidence |= {"acts": sum(each.evidence["acts"] for each in findings), "resources": len(names)}
        evidence["to"] = max(str(each.evidence["to"]) for each in findings)
    return replace(
        first,
        count=sum(each.count for each in findings),
        evidence=evidence,
        samples=newest_samples(findings),
        low=min(each.low for each in findings),
        high=max(each.high for each in findings),
        resources=names,
    )


def distinct(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Every resource of several findings once, in their order."""
    return tuple(dict.fromkeys(name for each in findings for name in each.resources))


def newest_samples(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Samples of several findings, those of the latest first."""
    ordered = sorted(findings, key=lambda each: each.high, reverse=True)
    return tuple(dict.fromkeys(sample for each in ordered for sample in each.samples))[:SAMPLES]


def listed(names: Sequence[str]) -> str:
    """``orders, billing and 12 more``: resources by the last part of their names, a few of them."""
    shown = [said(_last_part(name), 60) for name in names[:_IN_SENTENCE]]
    if len(names) > len(shown):
        return f"{', '.join(shown)} and {len(names) - len(shown):,} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def _last_part(name: str) -> str:
    """What people call a resource by whose full name is an ARN or a path; other names are short already."""
    if name.startswith("arn:"):
        return name.split(":", 5)[-1].rpartition("/")[2].rpartition(":")[2] or name
    return name.rstrip("/").rpartition("/")[2] or name if name.startswith("/") else name


def said(value: object, limit: int = 80) -> str:
    """Text of any origin, short, with invisible characters spelled out."""
    text = str(value)
    shown = "".join(c if unicodedata.category(c) not in _INVISIBLE else f"\\u{ord(c):04x}" for c in text[: limit + 1])
    return f"{shown[:limit]}…" if len(shown) > limit else shown


def moment(micros: int) -> str:
    """``2026-10-01 08:00 UTC``."""
    return (_EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M UTC")


def spanned(low: int, high: int) -> str:
    """``from … to …``, or ``at …`` where both are one minute."""
    first, last = moment(low), moment(high)
    return f"at {first}" if first == last else f"from {first} to {last}"


def counted(count: int, noun: str) -> str:
    """``1 act``, ``2,000 acts``."""
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def length(micros: int) -> str:
    """A length of time as people say it: ``hour``, ``3 hours``."""
    for unit, name in ((86_400_000_000, "day"), (3_600_000_000, "hour"), (60_000_000, "minute")):
        if micros % unit == 0:
            return name if micros == unit else f"{micros // unit} {name}s"
    return f"{micros // 1_000_000} seconds"
