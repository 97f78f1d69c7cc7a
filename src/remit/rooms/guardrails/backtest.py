"""The backtest's kernel: which stored calls a policy would have denied, judged once for each distinct combination.

What a policy makes of a call depends on few answers: which statements speak of the action, whether each condition
holds. So the fields that its keys need fall into **parts** that share no field. Each distinct value of a part is given
a class, by the answers it leads to; calls that agree in the classes of all parts are judged alike, and one of them is
judged for all. A store counts calls by classes. Fields of which nearly every call has its own value (``COSTLY``) are
first taken as unknown; only calls that stay undecided for that are judged by them, each distinct combination. Where the
policy asks of them nothing but which statements' patterns a resource fits, that takes the place of the ARNs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import floor
from typing import Any, Final

from remit.rooms.guardrails.callers import CALLER
from remit.rooms.guardrails.cells import Kinds, Part, told
from remit.rooms.guardrails.owners import makes_its_own, only_makes_its_own
from remit.rooms.guardrails.record import BETWEEN, COSTLY, FITS, OWNERS, Row, Value
from remit.rooms.guardrails.requests import OPERATION, Translation
from remit.rooms.guardrails.verdicts import Judged, Judgement, Outcome, Scope
from remit.rooms.iam import CompiledPolicy
from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement
from remit.rooms.iam.key_truth import KeyTest
from remit.rooms.iam.operands import parse_date, parse_number
from remit.rooms.iam.templates import Token, Wild

TIME: Final = "time"
_MOMENTS: Final = frozenset({"aws:currenttime", "aws:epochtime"})
_FIRST: Final = Decimal(-62_135_596_800)
_LAST: Final = Decimal(253_402_300_799)
"""The first second of the year 1 and the last of 9999: every call is on the same side of a moment beyond them."""
_ORDERED: Final = ("Date", "Numeric")
Signature = Any


class Kernel:
    """Judges by several policies at once (a policy, and what it is compared with), all of one kind and scope."""

    def __init__(self, policies: Sequence[CompiledPolicy], translation: Translation, scope: Scope) -> None:
        self._judging = Judgement(policies, translation, scope)
        self._translation = translation
        self._policies = policies
        statements = [
            one for policy in policies for one in CompiledDocument(policy.document).statements if not one.allows
        ]
        self._statements: tuple[CompiledStatement, ...] = tuple(statements)
        self._tests: tuple[KeyTest, ...] = tuple(test for one in statements for test in one.tests)
        self._remembered: dict[tuple[int, tuple[object, ...]], bool | None] = {}
        self.actions: frozenset[str] = frozenset()
        self.keys: tuple[str, ...] = ()
        self._folded: frozenset[str] = frozenset()
        self.resources = False
        self.parts: list[Part] = []
        self.costly: tuple[str, ...] = ()
        self.kinds = Kinds()

    def concerns(self, permissions: str | None) -> bool:
        """Whether any statement speaks of a call with these permissions (as a field)."""
        return any(self._concerned(action) for action in (permissions or "").split(BETWEEN))

    def prepare(self, calls: Iterable[tuple[str | None, str | None, str | None]]) -> None:
        """Find what has to be known, given the service, operation and permissions of every call that is concerned."""
        known = set(calls)
        permissions = {each[2] or "" for each in known}
        actions = {action for text in permissions for action in text.split(BETWEEN) if self._concerned(action)}
        self.actions = frozenset(actions)
        keys = {key for policy in self._policies for action in actions for key in policy.condition_keys(action)}
        spelled = {test.key: test.condition.key for test in self._tests}
        self.keys = tuple(sorted(spelled.get(key, key) for key in keys))
        self._folded = frozenset(keys)
        needed = [self._translation.keys.reading(key).fields for key in self.keys]
        tested = any(policy.tests_resource(action) for policy in self._policies for action in actions)
        self.resources = tested or any("resource_arns" in fields for fields in needed)
        every = self._translation.fields(self.keys, resources=self.resources)
        whole = frozenset(self._judging.fields) | every
        self.parts = [self._part(group) for group in self._groups()]
        timed = {TIME} if any(part.timed for part in self.parts) else set()
        self.costly = tuple(sorted(whole - timed)) if self.resources or whole & COSTLY else ()
        self.kinds = self._kinds()

    def classify(self, part: Part, values: Iterable[tuple[Value, ...]]) -> None:
        """Give each distinct combination of a part's fields its class."""
        known: dict[Signature, int] = {}
        for each in values:
            row = dict(zip(part.fields, each, strict=True))
            signature = self._signature(part, row)
            if signature not in known:
                known[signature] = len(part.rows)
                part.rows.append(row)
            part.classes[each] = known[signature]
        part.telling = told(part.fields, part.classes)

    def judge_classes(self, classes: Sequence[int]) -> Judged:
        """What is made of the calls in these classes, one of each part in order; of time, too."""
        row: dict[str, Value] = {}
        for part, number in zip(self.parts, classes, strict=True):
            row |= part.rows[number]
        return self.judge(row)

    def judge_one(self, values: Sequence[Value], classes: Sequence[int]) -> Judged:
        """What is made of a kind of calls, of which one has these values of ``kinds.judged``, and all these classes."""
        row: dict[str, Value] = dict(zip(self.kinds.judged, values, strict=True))
        for at, number in zip(self.kinds.parts, classes, strict=True):
            if self.parts[at].timed:
                row |= self.parts[at].rows[number]
        return self.judge(row)

    def reach(self, row: Row) -> Outcome | None:
        """Why the policies do not apply to a call; None when they do, or may."""
        return self._judging.reach(row)

    @property
    def reaching(self) -> tuple[str, ...]:
        """The fields that ``reach`` needs."""
        return tuple(self._judging.fields)

    def judge(self, row: Row) -> Judged:
        """What is made of one call."""
        return self._judging.judge(row, self.keys, self.actions, resources=self.resources)

    def hangs_on_costly(self, judged: Judged) -> bool:
        """Whether it is undecided for want of a field that was not asked for yet."""
        if not self.costly:
            return False
        return any(self._needs_costly(key) for outcome in judged.outcomes for key in outcome.keys)

    def _needs_costly(self, key: str) -> bool:
        if key == "resource":
            return self.resources
        return self._reads_costly(key)

    def _reads_costly(self, key: str) -> bool:
        return not COSTLY.isdisjoint(self._translation.keys.reading(key).fields)

    def _kinds(self) -> Kinds:
        """By all costly fields; by the classes of all parts, and what tells the resources, where that is enough: where
        it matters neither what else an ARN says, nor whose each resource is."""
        more = self._judging.by_owner or any(map(self._reads_costly, self.keys))
        shapes = _shapes(self._statements) if self.resources and not more else None
        if shapes is not None:
            return Kinds((*_OF_RESOURCES, FITS + BETWEEN.join(shapes)), tuple(range(len(self.parts))), self.costly)
        timed = tuple(at for at, part in enumerate(self.parts) if part.timed)
        return Kinds(self.costly, timed, self.costly)

    def _concerned(self, action: str) -> bool:
        return bool(action) and any(policy.concerns(action) for policy in self._policies)

    def _groups(self) -> list[tuple[set[str], set[str]]]:
        """(fields, keys) of each part: keys that share a field, or that one test compares, are of one part."""
        base = [(set(OPERATION), set[str]()), (set(self._judging.fields) - {OWNERS, *COSTLY} | set(CALLER), set[str]())]
        if self._judging.by_owner:
            base[1][0].add(OWNERS)
        groups: list[tuple[set[str], set[str]]] = base
        bound = [{test.key, *test.variables} for test in self._tests]
        bound += [set(one.variable_keys()) | {""} for one in self._statements if one.variable_keys()]
        for keys in (each & {*self._folded, ""} for each in bound):
            fields = {name for key in keys - {""} for name in self._cheap(key)}
            fields |= set(OPERATION) if "" in keys else set()
            touched = [group for group in groups if group[0] & fields or group[1] & keys]
            groups = [group for group in groups if not (group[0] & fields or group[1] & keys)]
            merged = (fields.union(*(g[0] for g in touched)), (keys - {""}).union(*(g[1] for g in touched)))
            groups.append(merged)
        return [group for group in groups if group[0]]

    def _cheap(self, key: str) -> tuple[str, ...]:
        """The key's fields; none when a costly one is among them, for then the key is unknown at first."""
        fields = self._translation.keys.reading(key).fields
        return () if COSTLY.intersection(fields) else fields

    def _part(self, group: tuple[set[str], set[str]]) -> Part:
        fields, keys = group
        part = Part(tuple(sorted(fields)), tuple(sorted(keys)))
        if fields == {TIME} and self._moments_are_compared():
            part.edges, part.timed = self._edges(), True
            rows = [part.edges[0] - 1, *part.edges] if part.edges else [0]
            part.rows = [{TIME: second} for second in rows]
        return part

    def _moments_are_compared(self) -> bool:
        """Whether time is used by nothing but dates and numbers it is earlier or later than."""
        tests = [test for test in self._tests if test.key in _MOMENTS]
        used = {key for one in self._statements for key in one.variable_keys()}
        used |= {key for test in self._tests for key in test.variables}
        return all(test.test.startswith(_ORDERED) for test in tests) and not used & _MOMENTS

    def _edges(self) -> tuple[int, ...]:
        moments = [
            parse_date(value) if test.test.startswith("Date") else parse_number(value)
            for test in self._tests
            if test.key in _MOMENTS
            for value in test.condition.values
        ]
        seconds = {floor(each) for each in moments if each is not None and _FIRST < each < _LAST}
        return tuple(sorted(seconds | {each + 1 for each in seconds}))

    def _signature(self, part: Part, row: Row) -> Signature:
        """The answers that a part's values lead to."""
        tells = "principal_type" in part.fields
        reach = self._judging.standing(row) if tells else None
        if "permissions" not in part.fields:
            return reach, self._answers(part, row, None)
        asked = self._translation.asked(row, self.actions, resources=self.resources)
        answers = (
            (
                each.action if self.resources else self._speaking(each.action),
                makes_its_own(each.action),
                each.resource,
                self._answers(part, row, each),
            )
            for each in asked
        )
        return reach, only_makes_its_own(row), frozenset(answers)

    def _speaking(self, action: str) -> tuple[bool, ...]:
        folded = action.lower()
        return tuple(one.speaks_of(folded) for one in self._statements)

    def _answers(self, part: Part, row: Row, asked: Any) -> tuple[object, ...]:
        facts = {key: self._translation.keys.state(key, row, asked) for key in part.keys}
        kinds = tuple(None if state is None else bool(state) for state in facts.values())
        answers = tuple(self._truth(at, test, facts) for at, test in enumerate(self._tests) if test.key in facts)
        return kinds, answers

    def _truth(self, at: int, test: KeyTest, facts: Mapping[str, tuple[str, ...] | None]) -> bool | None:
        given = (at, tuple(facts[key] for key in (test.key, *test.variables)))
        if given not in self._remembered:
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[given] = test.truth({key: state for key, state in facts.items() if state != ()})
        return self._remembered[given]


_MOST_REMEMBERED: Final = 200_000
_OF_RESOURCES: Final = ("account", "region", "resource_types")
"""Fields that, beside the ARNs and the permissions, tell which resources a call is judged on: ``resources_asked``."""
_LONGEST: Final = 4_000
"""Characters of all patterns that a store is asked about at most."""


def _shapes(statements: Iterable[CompiledStatement]) -> tuple[str, ...] | None:
    """A regular expression of the resources of each statement that asks of them, without look-around and atomic groups.
    None where one hangs on variables, or cannot stand in a store's question."""
    asking = [one for one in statements if one.resource is not None]
    shapes = tuple(dict.fromkeys("|".join(map(_shape, one.resources)) for one in asking))
    fit = all(map(str.isprintable, shapes)) and sum(map(len, shapes)) <= _LONGEST
    return None if any(one.variable_keys() for one in asking) or not fit else shapes


def _shape(tokens: tuple[Token, ...]) -> str:
    return "".join(_WILD[each] if isinstance(each, Wild) else re.escape(str(each)) for each in tokens)


_WILD: Final[Mapping[Wild, str]] = {Wild.STAR: ".*", Wild.QUESTION: "."}
