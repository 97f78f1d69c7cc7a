"""Columns to bit masks: every distinct condition is one bit, every distinct value is tested once.

A signal then is two masks, and the events that share a mask share their judgement, whatever else differs in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import or_
from typing import Any, Final

from remit.model.columns import BY_NAME
from remit.rooms.attribution.fields import derivation
from remit.rooms.attribution.signals import Condition, Signal

_ENTRY_CHARACTERS: Final = 80  # what an entry costs beside its text
_MEMO_CHARACTERS: Final = 16_000_000
"""Characters of distinct values remembered per column; beyond them the memory of that column starts afresh."""

Test = Callable[[str], bool]


def _test_of(condition: Condition) -> Test:
    operand = condition.operand
    if isinstance(operand, tuple):
        return frozenset(operand).__contains__
    tests: dict[str, Callable[[], Test]] = {
        "equals": lambda: operand.__eq__,
        "prefix": lambda: lambda value: value.startswith(operand),
        "suffix": lambda: lambda value: value.endswith(operand),
        "contains": lambda: lambda value: operand in value,
        "regex": lambda: _searcher(operand),
        "present": lambda: bool,
    }
    return tests[condition.operator]()


def _searcher(pattern: str) -> Test:
    search = re.compile(pattern).search
    return lambda value: search(value) is not None


class _ValueMasks(dict[Any, int]):
    """Memo for one column: value -> mask of the conditions it satisfies."""

    def __init__(self, conditions: Iterable[tuple[int, Condition]]) -> None:
        super().__init__()
        self._characters = 0
        self._tests = [(bit, derivation(c.field), _test_of(c)) for bit, c in conditions]

    def __missing__(self, value: Any) -> int:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        self._characters += len(text) + _ENTRY_CHARACTERS
        if self._characters > _MEMO_CHARACTERS:
            self.clear()
            self._characters = 0
        mask = 0 if value is None else self._mask(text)
        self[value] = mask
        return mask

    def _mask(self, value: str) -> int:
        mask = 0
        for bit, derive, test in self._tests:
            if test(value) if derive is None else any(map(test, derive(value))):
                mask |= bit
        return mask


class AtomTable:
    """The conditions of a rule set, ready to turn columns into one mask per event."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        bits: dict[Condition, int] = {}
        for signal in signals:
            for condition in (*signal.when, *signal.unless):
                bits.setdefault(condition, 1 << len(bits))
        self._bits = bits
        self._memos = self._memos_by_column(bits)

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

    def masks(self, columns: Mapping[str, Sequence[Any]], size: int) -> list[int]:
        """One mask per event. Columns left out of the batch satisfy nothing."""
        masks: list[int] = []
        for name, memo in self._memos.items():
            values = columns.get(name)
            if values is None:
                continue
            found = self._list_masks(memo, values) if BY_NAME[name].kind == "strings" else [memo[v] for v in values]
            masks = list(map(or_, masks, found)) if masks else found
        return masks or [0] * size

    @staticmethod
    def _list_masks(memo: _ValueMasks, values: Sequence[Any]) -> list[int]:
        masks = [0] * len(values)
        for row, elements in enumerate(values):
            for element in elements or ():
                masks[row] |= memo[element]
        return masks
