"""Judging again what is stored: late joins (``settle``) and new rules or a new registry (``reattribute``).

Both ask the same question of stored facts and links and append a correction for every event whose answer differs. The
answer depends on facts, links, rules and registry alone, so whichever record arrived first, the store ends the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from remit.model.columns import JUDGED
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.links import Link

Columns = Mapping[str, Sequence[Any]]
_COMPARED: Final = tuple(column.name for column in JUDGED if column.name != "rules_version")
"""A judgement that new rules confirm is not rewritten, so the version alone is no difference."""
_REPORTED: Final = ("source", "actor_kind", "agent", "path", "counted")


class StoredEvents(Protocol):
    """Stored events as columns (facts and present judgement), with the other records they join to."""

    def unsettled(self) -> Iterator[Columns]: ...

    def everything(self) -> Iterator[Columns]: ...

    def linked(self, columns: Columns) -> Mapping[int, Sequence[tuple[str, Mapping[str, Any]]]]: ...


class Corrections(Protocol):
    """Appends corrections durably."""

    def append(self, columns: Columns) -> None: ...

    def settled(self) -> None: ...


@dataclass(slots=True)
class Report:
    """What judging again looked at and changed; ``moves`` counts (what, from, to)."""

    looked_at: int = 0
    changed: int = 0
    moves: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For the command line and for records of runs."""
        moves = [
            {"what": what, "from": before, "to": after, "events": count}
            for (what, before, after), count in self.moves.most_common()
        ]
        return {"looked_at": self.looked_at, "changed": self.changed, "moves": moves, "samples": self.samples}


def settle(events: StoredEvents, corrections: Corrections, judge: Judge) -> Report:
    """Judge the events whose joins are answered only now."""
    report = _rejudge(events.unsettled(), events, corrections, judge)
    corrections.settled()
    return report


def reattribute(
    events: StoredEvents, corrections: Corrections, judge: Judge, progress: Callable[[Report], None] = lambda _: None
) -> Report:
    """Judge every stored event under this judge's rules and registry; ``progress`` is told after each batch."""
    return _rejudge(events.everything(), events, corrections, judge, progress)


def _rejudge(
    batches: Iterable[Columns],
    events: StoredEvents,
    corrections: Corrections,
    judge: Judge,
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    report = Report()
    for columns in batches:
        links = {
            row: [Link(relation, facts) for relation, facts in others] for row, others in events.linked(columns).items()
        }
        judged = judge.judge(columns, links)
        rows = _differing(columns, judged)
        _tell(report, columns, judged, rows)
        if rows:
            corrections.append(_correction(columns, judged, rows))
        progress(report)
    return report


def _differing(columns: Columns, judged: Columns) -> list[int]:
    rows: set[int] = set()
    for name in _COMPARED:
        pairs = zip(columns[name], judged[name], strict=True)
        rows.update(row for row, (before, after) in enumerate(pairs) if before != after)
    return sorted(rows)


def _correction(columns: Columns, judged: Columns, rows: Sequence[int]) -> dict[str, list[Any]]:
    correction = {name: [columns[name][row] for row in rows] for name in ("event_id", "time")}
    return {**correction, **{name: [values[row] for row in rows] for name, values in judged.items()}}


def _tell(report: Report, columns: Columns, judged: Columns, rows: Sequence[int]) -> None:
    report.looked_at += len(columns["event_id"])
    report.changed += len(rows)
    for name in _REPORTED:
        for row in rows:
            before, after = columns[name][row], judged[name][row]
            if before != after:
                report.moves[name, str(before or "none"), str(after or "none")] += 1
    report.samples += [columns["event_id"][row] for row in rows[: 10 - len(report.samples)]]
