"""Columns to bit masks: every distinct condition is one bit, every distinct value is tested once.

A signal then is two masks, and the events that share a mask share their judgement, whatever else differs in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

from remit.model.coded import Coded, coded, together
from remit.model.columns import BY_NAME
from remit.rooms.attribution.fields import derivation
from remit.rooms.attribution.signals import Condition, Signal

_ENTRY_CHARACTERS: Final = 80  # what an entry costs beside its text
_MEMO_CHARACTERS: Final = 16_000_000
"""Characters of distinct values remembered per column; beyond them the memory of that column starts afresh."""

Test = Callable[[str], bool]


def _test_of(operator: str, operand: str) -> Test:
    tests: dict[str, Callable[[], Test]] = {
        "prefix": lambda: lambda value: value.startswith(operand),
        "suffix": lambda: lambda value: value.endswith(operand),
        "contains": lambda: lambda value: operand in value,
        "regex": lambda: _searcher(operand),
        "present": lambda: bool,
    }
    return tests[operator]()


def _searcher(pattern: str) -> Test:
    search = re.compile(pattern).search
    return lambda value: search(value) is not None


class _ValueMasks(dict[Any, int]):
    """Memo for one column: value -> mask of the conditions it satisfies."""

    def __init__(self, conditions: Iterable[tuple[int, Condition]]) -> None:
        super().__init__()
        self._characters = 0
        self._groups = _grouped(conditions)

    def __missing__(self, value: Any) -> int:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        self._characters += len(text) + _ENTRY_CHARACTERS
        if self._characters > _MEMO_CHARACTERS:
            self.clear()
            self._characters = 0
        mask = 0 if value is None else self._mask(text)
        self[value] = mask
        return mask

    def of_list(self, elements: Sequence[str] | None) -> int:
        """What any of these values satisfies."""
        return reduce(or_, map(self.__getitem__, elements)) if elements else 0

    def _mask(self, value: str) -> int:
        mask = 0
        for derive, exact, tests in self._groups:
            for part in (value,) if derive is None else derive(value):
                mask |= exact.get(part, 0)
                for bit, test in tests:
                    if test(part):
                        mask |= bit
        return mask


_Group = tuple[Callable[[str], list[str]] | None, dict[str, int], list[tuple[int, Test]]]


def _grouped(conditions: Iterable[tuple[int, Condition]]) -> list[_Group]:
    """Conditions of one column by what they are tested on: derived once per value, whole values looked up at once."""
    groups: dict[str, _Group] = {}
    for bit, condition in conditions:
        derived = "" if condition.field == condition.column else condition.field
        _, exact, tests = groups.setdefault(derived, (derivation(condition.field), {}, []))
        operand = condition.operand
        if isinstance(operand, str) and condition.operator != "equals":
            tests.append((bit, _test_of(condition.operator, operand)))
        else:
            for value in (operand,) if isinstance(operand, str) else operand:
                exact[value] = exact.get(value, 0) | bit
    return list(groups.values())


class AtomTable:
    """The conditions of a rule set, ready to turn columns into one mask per event."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        bits: dict[Condition, int] = {}
        for signal in signals:
            for condition in (*signal.when, *signal.unless):
                bits.setdefault(condition, 1 << len(bits))
        self._bits = bits
        self._memos = self._memos_by_column(bits)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that some condition is about."""
        return tuple(self._memos)

    @staticmethod
    def _memos_by_column(bits: Mapping[Condition, int]) -> dict[str, _ValueMasks]:
        columns: dict[str, list[tuple[int, Condition]]] = {}
        for condition, bit in bits.items():
            columns.setdefault(condition.column, []).append((bit, condition))
        return {column: _ValueMasks(conditions) for column, conditions in columns.items()}

    def mask_of(self, conditions: Iterable[Condition]) -> int:
        """The bits of these conditions."""
        mask = 0
        for condition in conditions:
            mask |= self._bits[condition]
        return mask

    def masks(self, columns: Mapping[str, Sequence[Any]], size: int) -> Coded:
        """One mask per event. Columns left out of the batch satisfy nothing."""
        grouped: dict[int, Coded] = {}
        for name, memo in self._memos.items():
            values = columns.get(name)
            if values is None:
                continue
            column = coded(values)
            found = list(map(memo.of_list if BY_NAME[name].kind == "strings" else memo.__getitem__, column.values))
            if any(found):
                beside = grouped.get(id(column.codes))
                either = found if beside is None else list(map(or_, beside.values, found))
                grouped[id(column.codes)] = Coded(either, column.codes)
        if not grouped:
            return Coded.constant(0, size)
        return reduce(_either, (masks.merged() for masks in grouped.values()))


def _either(one: Coded, other: Coded) -> Coded:
    """The bits of both."""
    rows, codes = together([one, other])
    return Coded([one[row] | other[row] for row in rows], codes).merged()
