"""Which statements speak of which actions, for whole services at a time.

Every action of AWS against every statement is tens of millions of comparisons; a pattern that names its service is
compared with that service's actions alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from remit.rooms.iam.compiled import CompiledStatement
from remit.rooms.iam.templates import Match, matcher, tokens_of
from remit.rooms.iam.vocabulary import fold


class Speaking:
    """Statements in an order; an action's mask has a bit for each statement that speaks of it."""

    def __init__(self, statements: Sequence[CompiledStatement]) -> None:
        self._patterns = tuple(_Patterns(one) for one in statements)
        self._known: dict[str, dict[str, int]] = {}

    def masks(self, service: str, names: Iterable[str]) -> dict[str, int]:
        """Action name -> mask, of one service, of these actions at least; remembered for the next Region."""
        known = self._known.setdefault(service, {})
        wanting = [name for name in names if name not in known]
        if wanting:
            tests = [(1 << at, each.of(service)) for at, each in enumerate(self._patterns)]
            for name in wanting:
                folded = fold(name)
                known[name] = sum([bit for bit, speaks in tests if speaks(folded)])
        return known


class _Patterns:
    """The actions of one statement, apart by the service they name."""

    def __init__(self, one: CompiledStatement) -> None:
        self._inverted = one.statement.not_actions
        self._by_service: dict[str, list[str]] = {}
        self._open: list[str] = []
        for text in map(fold, one.statement.actions):
            service, colon, name = text.partition(":")
            if colon and not set(service) & set("*?"):
                self._by_service.setdefault(service, []).append(name)
            else:
                self._open.append(text)

    def of(self, service: str) -> Match:
        """Whether the statement speaks of an action of this service, given by its folded name."""
        names = self._by_service.get(fold(service), [])
        exact = frozenset(name for name in names if not set(name) & set("*?"))
        wild = [matcher(tokens_of(name, variables=False)) for name in names if name not in exact]
        for text in self._open:
            prefix, colon, name = text.partition(":")
            if not colon:
                wild.append(lambda _name: True)
            elif matcher(tokens_of(prefix, variables=False))(fold(service)):
                wild.append(matcher(tokens_of(name, variables=False)))
        inverted = self._inverted
        if not wild:
            return lambda name: (name in exact) != inverted
        return lambda name: (name in exact or any(fits(name) for fits in wild)) != inverted
