"""A policy as the checks see it: statements, their lists of values and conditions, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from remit.rooms.guardrails.insights.hit import Hit, PolicyType
from remit.rooms.guardrails.insights.located import Member, Node, step
from remit.rooms.iam.vocabulary import OPERATORS


@dataclass(frozen=True, slots=True)
class Value:
    """One string of a list of values, or the only one, with its node and pointer."""

    text: str
    node: Node
    pointer: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator. ``operator`` is as written; ``name`` without qualifier and IfExists.

    ``block`` is the Condition object, ``operator_member`` its member, ``key_member`` that member's member.
    """

    operator: str
    qualifier: str | None
    name: str
    if_exists: bool
    key: str
    values: tuple[Value, ...]
    block: Node
    operator_member: Member
    key_member: Member
    pointer: str

    @property
    def lower_key(self) -> str:
        """The key as it is compared: letter case does not matter."""
        return self.key.lower()

    @property
    def known(self) -> bool:
        """Whether the operator exists."""
        return self.name in OPERATORS and not (self.name == "Null" and self.if_exists)

    @property
    def negated(self) -> bool:
        """Whether the operator holds for values that do not match."""
        return "Not" in self.name

    @property
    def family(self) -> str:
        """String, Numeric, Date, Bool, Binary, Ip, Arn or Null."""
        plain = self.name.replace("Not", "", 1) if self.name.startswith("Not") else self.name
        return next((each for each in _FAMILIES if plain.startswith(each)), plain)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values' texts."""
        return tuple(value.text for value in self.values)

    def holds_when_absent(self) -> bool:
        """Whether the condition is true for a request that does not have the key."""
        if self.name == "Null":
            return self.texts[:1] == ("true",)
        if self.if_exists or self.qualifier == "ForAllValues":
            return True
        return self.negated and self.qualifier is None

    def hit(self, message: str, statement: Statement, **more: object) -> Hit:
        """A hit on the key's name."""
        return Hit(self.key_member.key, self.pointer, message, statement=statement.index, **more)  # type: ignore[arg-type]


_FAMILIES: Final = ("String", "Numeric", "Date", "Bool", "Binary", "Ip", "Arn", "Null")


@dataclass(frozen=True)
class Statement:
    """One statement. A list of values that is absent is empty; ``elements`` are the members by name."""

    index: int
    node: Node
    pointer: str
    elements: dict[str, Member]
    effect: str
    sid: str
    actions: tuple[Value, ...]
    not_actions: tuple[Value, ...]
    resources: tuple[Value, ...]
    not_resources: tuple[Value, ...]
    conditions: tuple[Condition, ...]

    @cached_property
    def said(self) -> str:
        """All that it says but for its name, alike for statements that say the same."""
        members = ((name, repr(member.value.plain())) for name, member in self.elements.items() if name != "Sid")
        return repr(sorted(members))

    @cached_property
    def asked(self) -> frozenset[tuple[str, str, frozenset[str]]]:
        """Its conditions as (operator, key, values)."""
        return frozenset((c.operator, c.lower_key, frozenset(c.texts)) for c in self.conditions)

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return self.effect == "Deny"

    @property
    def allows(self) -> bool:
        """Whether it is an Allow."""
        return self.effect == "Allow"

    @property
    def every_action(self) -> bool:
        """Whether it is written for all actions."""
        return any(value.text in ("*", "*:*") for value in self.actions)

    @property
    def every_resource(self) -> bool:
        """Whether it is written for all resources."""
        return not self.not_resources and any(value.text == "*" for value in self.resources)

    @property
    def name(self) -> str:
        """How a person calls it."""
        return f"statement {self.index + 1}" + (f" ({self.sid})" if self.sid else "")

    @cached_property
    def _by_key(self) -> dict[str, list[Condition]]:
        """Conditions by key, and those on tags by what stands before the slash too."""
        found: dict[str, list[Condition]] = {}
        for condition in self.conditions:
            for name in (condition.lower_key, condition.lower_key.partition("/")[0] + "/"):
                found.setdefault(name, []).append(condition)
        return found

    def on(self, *keys: str) -> tuple[Condition, ...]:
        """Its conditions on keys; names in lower case, a name that ends in ``/`` stands for every tag."""
        return tuple(condition for key in keys for condition in self._by_key.get(key, ()))

    def guarded(self, key: str) -> bool:
        """Whether a Null condition makes sure the key is present."""
        return any(c.name == "Null" and c.texts == ("false",) for c in self.on(key.lower()))

    def hit(self, message: str, element: str = "Effect", **more: object) -> Hit:
        """A hit on the name of an element; on the statement's begin where it does not have it."""
        member = self.elements.get(element)
        node = member.key if member else self.node
        pointer = step(self.pointer, element) if member else self.pointer
        return Hit(node, pointer, message, statement=self.index, **more)  # type: ignore[arg-type]

    def at(self, value: Value, message: str, **more: object) -> Hit:
        """A hit on one value."""
        return Hit(value.node, value.pointer, message, statement=self.index, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Policy:
    """A whole document and the text it was read from."""

    text: str
    root: Node
    kind: PolicyType
    statements: tuple[Statement, ...] = field(default=())

    @property
    def version(self) -> str | None:
        """The value of Version, None where there is none."""
        member = self.member("Version")
        return str(member.value.value) if member else None

    @cached_property
    def compact(self) -> bool:
        """Whether the text is minified."""
        return ": " not in self.text

    def member(self, name: str) -> Member | None:
        """A member of the document."""
        return next((member for member in self.root.members if member.name == name), None)

    def conditions(self) -> Iterator[tuple[Statement, Condition]]:
        """Every condition whose operator exists, with its statement."""
        for statement in self.statements:
            for condition in statement.conditions:
                if condition.known:
                    yield statement, condition

    def hit(self, message: str, name: str = "", **more: object) -> Hit:
        """A hit on a member of the document, or on its begin."""
        member = self.member(name)
        return Hit(member.key if member else self.root, step("", name) if member else "", message, **more)  # type: ignore[arg-type]
