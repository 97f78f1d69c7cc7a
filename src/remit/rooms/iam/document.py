"""A policy document as it was written: statements, principals, conditions, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remit.model.errors import PolicyError
from remit.rooms.iam.placed import PlacedArray, PlacedObject, line_and_column


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the JSON pointer, and line and column (from 1) when the document came as text."""

    pointer: str = ""
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Principals:
    """Whom a statement names. ``anyone`` is ``"*"`` or ``{"AWS": "*"}``; ``aws`` holds account ids, account root
    ARNs, user, role, session and federated-user ARNs and unique ids; ``negated`` for NotPrincipal."""

    anyone: bool = False
    aws: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()
    negated: bool = False
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one key. ``operator`` is the canonical name without qualifier and suffix: ``StringNotLike``;
    ``qualifier`` is ``""``, ``ForAllValues`` or ``ForAnyValue``; ``key`` is spelled as in the document."""

    operator: str
    key: str
    values: tuple[str, ...]
    qualifier: str = ""
    if_exists: bool = False
    place: Place = field(default=Place(), compare=False)

    @property
    def spelled(self) -> str:
        """The operator as a document spells it: ``ForAnyValue:StringLikeIfExists``."""
        suffix = "IfExists" if self.if_exists else ""
        return f"{self.qualifier}{':' if self.qualifier else ''}{self.operator}{suffix}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``not_actions`` and ``not_resources`` say that NotAction and NotResource were used;
    ``resources`` is None where the statement names none, as in a trust policy; ``index`` counts from 0."""

    effect: str
    actions: tuple[str, ...]
    sid: str = ""
    not_actions: bool = False
    resources: tuple[str, ...] | None = None
    not_resources: bool = False
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    index: int = 0
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A policy. ``name`` is what answers call it; ``version`` is None when the document names none."""

    name: str
    statements: tuple[Statement, ...]
    version: str | None = None
    id: str = ""
    source: Source | None = field(default=None, compare=False, repr=False)

    @property
    def has_variables(self) -> bool:
        """Whether ``${...}`` means anything in it."""
        return self.version == "2012-10-17"


@dataclass(frozen=True, slots=True)
class Source:
    """What a document was read from: the JSON value, and its text when it was given as text."""

    value: Any
    text: str | None = None
    offset: int = 0

    def place(self, path: tuple[str | int, ...], *, key: bool = False) -> Place:
        """The place of the value at ``path`` (of its member's name when ``key``)."""
        pointer = "".join(f"/{escaped(part)}" for part in path)
        if self.text is None:
            return Place(pointer)
        line, column = line_and_column(self.text, self._offset(path, key))
        return Place(pointer, line, column)

    def _offset(self, path: tuple[str | int, ...], key: bool) -> int:
        offset, value = self.offset, self.value
        for position, part in enumerate(path):
            if isinstance(value, PlacedObject) and isinstance(part, str) and part in value:
                last = position == len(path) - 1
                offset = (value.keys_at if key and last else value.values_at)[part]
                value = value[part]
            elif isinstance(value, PlacedArray) and isinstance(part, int) and part < len(value):
                offset, value = value.values_at[part], value[part]
            elif part == 0 and not isinstance(value, Mapping | list):
                continue  # a single value stands for a list of one
            else:
                break
        return offset

    def error(
        self, what: str, name: str, path: tuple[str | int, ...], *, key: bool = False, remedy: str = ""
    ) -> PolicyError:
        """A trouble at ``path``."""
        place = self.place(path, key=key)
        return PolicyError(what, name=name, pointer=place.pointer, line=place.line, column=place.column, remedy=remedy)


def escaped(part: str | int) -> str:
    """A member's name or a position as a part of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")
