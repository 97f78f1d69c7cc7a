"""The measuring: every considered call judged, by classes first and by its own values where those do not settle it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from remit.flows.backtest.ports import ContextStore, Row
from remit.flows.questions.population import ACTS
from remit.model.errors import TooMuch
from remit.rooms.guardrails.backtest import Kernel
from remit.rooms.guardrails.cells import Cell, Labels, Values
from remit.rooms.guardrails.requests import OPERATION
from remit.rooms.guardrails.verdicts import DENY, OUTSIDE, UNKNOWN, Judged
from remit.rooms.query.predicate import Equals, Predicate, both

AWS: Final = "aws"
Call = tuple[str | None, str | None, str | None]
"""Service, operation and permissions (as fields)."""
MOST_DISTINCT: Final = 1_000_000
"""Distinct combinations that are judged at most; of more, the question has to be narrowed."""


@dataclass(slots=True)
class Tally:
    """Calls, how many of them were denied when they were made, and over which time."""

    count: int = 0
    denied: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, row: Row) -> None:
        """More calls."""
        self.count += row["count"]
        self.denied += row["denied"]
        self.first = row["first"] if self.first is None else min(self.first, row["first"])
        self.last = row["last"] if self.last is None else max(self.last, row["last"])


@dataclass(slots=True)
class Measured:
    """All that was counted. ``labels`` has a label for each call that a policy denies, or may: the words of all
    policies, as ``deny`` or ``deny>not``."""

    predicate: Predicate
    calls: list[Values] = field(default_factory=list)
    labels: Labels = field(default_factory=lambda: Labels({}))
    total: Tally = field(default_factory=Tally)
    considered: Tally = field(default_factory=Tally)
    left_out: Counter[str] = field(default_factory=Counter)
    exempt: Counter[str] = field(default_factory=Counter)
    by_label: dict[str, Tally] = field(default_factory=dict)
    by_statement: Counter[str] = field(default_factory=Counter)
    by_keys: Counter[tuple[str, ...]] = field(default_factory=Counter)
    distinct: int = 0


def measure(store: ContextStore, kernel: Kernel, predicate: Predicate) -> Measured:
    """Judge every call of a predicate."""
    found = Measured(both(predicate, Equals("provider", AWS), ACTS))
    calls = _find_calls(store, kernel, predicate, found)
    callers = _find_considered(store, kernel, found)
    if calls:
        _classify(store, kernel, found, calls, callers)
        _judge(store, kernel, found)
    return found


def _find_calls(store: ContextStore, kernel: Kernel, predicate: Predicate, found: Measured) -> set[Call]:
    """Which calls a statement speaks of, with every set of permissions that they needed; what has no authorization to
    judge is counted by why."""
    every: set[Call] = set()
    concerned: set[Values] = set()
    for row in store.operations(predicate):
        found.total.add(row)
        if row["provider"] != AWS:
            found.left_out["other_clouds"] += row["count"]
        elif not row["counted"]:
            found.left_out["records_of_one_act"] += row["count"]
        elif not row["permissions"]:
            found.left_out["without_permission"] += row["count"]
        else:
            every.add((row["service"], row["operation"], row["permissions"]))
            if kernel.concerns(row["permissions"]):
                concerned.add((row["service"], row["operation"]))
    found.calls = sorted(concerned, key=str)
    calls = {each for each in every if each[:2] in concerned}
    kernel.prepare(calls)
    return calls


def _find_considered(store: ContextStore, kernel: Kernel, found: Measured) -> list[Values]:
    """Whose calls the policies would be about; gives every distinct caller."""
    rows = _bounded(store.distinct(found.predicate, kernel.reaching))
    for row in rows:
        reach = kernel.reach(dict(zip(kernel.reaching, row["values"], strict=True)))
        if reach is not None and reach.word == OUTSIDE:
            found.left_out["outside_target"] += row["count"]
            continue
        found.considered.add(row)
        if reach is not None:
            found.exempt[reach.why] += row["count"]
    return [row["values"] for row in rows]


def _classify(store: ContextStore, kernel: Kernel, found: Measured, calls: set[Call], callers: list[Values]) -> None:
    """Give every part's values their classes; what is known already is not asked for again."""
    known: dict[tuple[str, ...], list[Values]] = {OPERATION: list(calls), kernel.reaching: callers}
    for part in kernel.parts:
        if part.timed:
            continue
        for fields, values in known.items():
            if set(fields) == set(part.fields):
                order = [fields.index(name) for name in part.fields]
                kernel.classify(part, (tuple(each[at] for at in order) for each in values))
                break
        else:
            distinct = _bounded(store.distinct(found.predicate, part.fields, found.calls))
            kernel.classify(part, (row["values"] for row in distinct))


def _judge(store: ContextStore, kernel: Kernel, found: Measured) -> None:
    labels: dict[Cell, str] = {}
    undecided: list[Cell] = []
    for row in store.cells(found.predicate, kernel.parts, found.calls):
        judged = kernel.judge_classes(row["values"])
        found.distinct += 1
        if kernel.hangs_on_costly(judged):
            undecided.append(row["values"])
        elif label := _take(found, judged, row):
            labels[row["values"]] = label
    rows: list[tuple[Values, Cell, str]] = []
    if undecided:
        rows = _judge_each(store, kernel, found, undecided)
    found.labels = Labels(labels, kernel.kinds, rows)


def _judge_each(
    store: ContextStore, kernel: Kernel, found: Measured, undecided: list[Cell]
) -> list[tuple[Values, Cell, str]]:
    labelled: list[tuple[Values, Cell, str]] = []
    for batch in store.combinations(found.predicate, kernel.parts, found.calls, undecided, kernel.kinds):
        for row in batch:
            found.distinct += 1
            label = _take(found, kernel.judge_one(row["judged"], row["classes"]), row)
            if label:
                labelled.append((row["values"], row["classes"], label))
        if len(labelled) > MOST_DISTINCT:
            raise _too_many()
    return labelled


def _take(found: Measured, judged: Judged, row: Row) -> str:
    """Count calls under their label; empty for those that no policy denies or may deny."""
    if not {DENY, UNKNOWN}.intersection(judged.words):
        return ""
    label = ">".join(judged.words)
    found.by_label.setdefault(label, Tally()).add(row)
    first = judged.outcomes[0]
    if first.word == DENY:
        found.by_statement.update(dict.fromkeys(first.statements, row["count"]))
    elif first.word == UNKNOWN:
        found.by_keys[first.keys] += row["count"]
    return label


def _bounded(rows: list[Any]) -> list[Any]:
    if len(rows) > MOST_DISTINCT:
        raise _too_many()
    return rows


def _too_many() -> TooMuch:
    return TooMuch(
        f"More than {MOST_DISTINCT:,} distinct combinations would have to be judged",
        remedy="Try it on a shorter time, or on part of the events with --query.",
    )
