"""Binary decision diagrams: which open tests a decision really depends on.

Every open test is a variable. A diagram is reduced and ordered, so two formulas that say the same are one node, and a
variable stands in it exactly when some answers of the others leave the result to that variable. The variables of
a decision's diagram are therefore the one smallest set that settles it whatever their answers turn out to be.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

FALSE: Final = 0
TRUE: Final = 1
MOST_VARIABLES: Final = 200
MOST_NODES: Final = 50_000
MOST_STEPS: Final = 200_000


class TooManyOpenTests(Exception):
    """The diagram would grow beyond what is computed."""


class Diagram:
    """One set of variables and the formulas over them. A formula is a node's number."""

    def __init__(self) -> None:
        self._nodes: list[tuple[int, int, int]] = [(MOST_VARIABLES, 0, 0), (MOST_VARIABLES, 1, 1)]
        self._unique: dict[tuple[int, int, int], int] = {}
        self._known: dict[tuple[int, int, int], int] = {}
        self._variables: dict[Hashable, int] = {}
        self.keys: list[frozenset[str]] = []
        """Per variable, in order: the request's keys that settle it."""

    def variable(self, identity: Hashable, keys: frozenset[str]) -> int:
        """The formula that is one open test; the same identity is the same test."""
        level = self._variables.get(identity)
        if level is None:
            level = len(self.keys)
            if level >= MOST_VARIABLES:
                raise TooManyOpenTests
            self._variables[identity] = level
            self.keys.append(keys)
        return self._node(level, FALSE, TRUE)

    def choice(self, identity: Hashable, key: str, states: int, chosen: frozenset[int]) -> int:
        """The formula that one of the chosen states holds of a key that is always in one of ``states`` states: the
        state's number is written in as many tests as it has binary digits, numbers too great meaning the last."""
        digits = (states - 1).bit_length()
        row = [TRUE if min(state, states - 1) in chosen else FALSE for state in range(1 << digits)]
        for digit in reversed(range(digits)):
            # The first digit is the first variable: halves of the row differ in it.
            test = [self.variable((identity, place), frozenset({key})) for place in range(digits)][digit]
            row = [self._choose(test, high, low) for low, high in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    def both(self, one: int, other: int) -> int:
        """One and the other."""
        return self._choose(one, other, FALSE)

    def either(self, one: int, other: int) -> int:
        """One or the other."""
        return self._choose(one, TRUE, other)

    def opposite(self, one: int) -> int:
        """Not so."""
        return self._choose(one, FALSE, TRUE)

    def all_of(self, formulas: Iterable[int]) -> int:
        """Every one of them."""
        found = TRUE
        for formula in formulas:
            found = self.both(found, formula)
        return found

    def any_of(self, formulas: Iterable[int]) -> int:
        """At least one of them."""
        found = FALSE
        for formula in formulas:
            found = self.either(found, formula)
        return found

    def keys_of(self, *formulas: int) -> frozenset[str]:
        """The keys that settle the formulas, and no fewer would."""
        seen: set[int] = set()
        waiting, levels = list(formulas), set()
        while waiting:
            node = waiting.pop()
            if node in seen or node <= TRUE:
                continue
            seen.add(node)
            level, low, high = self._nodes[node]
            levels.add(level)
            waiting += [low, high]
        return frozenset().union(*(self.keys[level] for level in levels))

    def _node(self, level: int, low: int, high: int) -> int:
        if low == high:
            return low
        found = self._unique.get((level, low, high))
        if found is None:
            found = len(self._nodes)
            if found >= MOST_NODES:
                raise TooManyOpenTests
            self._nodes.append((level, low, high))
            self._unique[(level, low, high)] = found
        return found

    def _choose(self, test: int, then: int, other: int) -> int:
        """``then`` where ``test`` holds, else ``other``; as deep as there are variables."""
        if test <= TRUE:
            return then if test == TRUE else other
        if then == other:
            return then
        known = self._known.get((test, then, other))
        if known is None:
            level = min(self._nodes[test][0], self._nodes[then][0], self._nodes[other][0])
            low = self._choose(*(self._branch(node, level, 1) for node in (test, then, other)))
            high = self._choose(*(self._branch(node, level, 2) for node in (test, then, other)))
            if len(self._known) >= MOST_STEPS:
                raise TooManyOpenTests
            known = self._known[(test, then, other)] = self._node(level, low, high)
        return known

    def _branch(self, node: int, level: int, side: int) -> int:
        entry = self._nodes[node]
        return entry[side] if entry[0] == level else node
