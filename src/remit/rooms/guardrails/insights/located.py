"""JSON text -> a tree that keeps every member, duplicates too, and where each value stands in the text.

The reader is iterative and bounded: neither depth nor size of the text can exhaust the stack or the clock.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

DEEPEST: Final = 32
"""No policy element nests deeper than ten; more is an attack or a mistake."""
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,18})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")
_WORDS: Final = {"true": True, "false": False, "null": None}

Kind = Literal["object", "array", "string", "number", "word"]
Scalar = str | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """One JSON value: ``start`` and ``end`` are code-point offsets in the text, ``end`` exclusive.

    ``members`` are filled for an object, ``items`` for an array, ``value`` for everything else; a number's is its text.
    """

    kind: Kind
    start: int
    end: int
    value: Scalar = None
    members: tuple[Member, ...] = ()
    items: tuple[Node, ...] = ()

    def plain(self) -> object:
        """The value as Python has it; of members with one name the last counts, as everywhere."""
        if self.kind == "object":
            return {str(member.key.value): member.value.plain() for member in self.members}
        if self.kind == "array":
            return [item.plain() for item in self.items]
        return json.loads(str(self.value)) if self.kind == "number" else self.value


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object; ``key`` is its name as a string node."""

    key: Node
    value: Node

    @property
    def name(self) -> str:
        """The member's name, escapes undone."""
        return str(self.key.value)


class Unreadable(Exception):
    """The text is not JSON, or more than is read; ``offset`` is where the trouble begins."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset


class Lines:
    """Offsets to lines and columns, both counted from one, columns in code points."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column."""
        return self._starts[min(max(line, 1), len(self._starts)) - 1] + max(column, 1) - 1

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


@dataclass(slots=True)
class _Open:
    """A container whose end has not been read yet."""

    kind: Literal["object", "array"]
    start: int
    members: list[Member]
    items: list[Node]
    key: Node | None = None


class _Reader:
    """One pass over the text with the open containers on a list of its own."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[_Open] = []

    def read(self) -> Node:
        """The one value of the text."""
        self._skip()
        while True:
            node = self._value()
            while node is not None:
                if not self._open:
                    self._finish()
                    return node
                node = self._placed(node)

    def _skip(self) -> None:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _fail(self, what: str) -> Unreadable:
        seen = self._peek()
        return Unreadable(f"{what}, but {seen!r} stands there" if seen else f"{what}, but the text ends", self._at)

    def _finish(self) -> None:
        self._skip()
        if self._at < len(self._text):
            raise self._fail("Nothing may follow the document")

    def _value(self) -> Node | None:
        """A scalar or an empty container; None when a container was opened and its first value is next."""
        char = self._peek()
        if char == '"':
            return self._string()
        if char in ("{", "["):
            return self._enter(char)
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return Node("word", self._at - len(word), self._at, value)
        return self._number()

    def _enter(self, char: str) -> Node | None:
        if len(self._open) >= DEEPEST:
            raise Unreadable(f"Nested deeper than {DEEPEST} levels; no policy is", self._at)
        self._open.append(_Open("object" if char == "{" else "array", self._at, [], []))
        self._at += 1
        self._skip()
        if self._peek() == ("}" if char == "{" else "]"):
            return self._leave()
        if char == "{":
            self._key()
        return None

    def _leave(self) -> Node:
        self._at += 1
        top = self._open.pop()
        return Node(top.kind, top.start, self._at, members=tuple(top.members), items=tuple(top.items))

    def _placed(self, node: Node) -> Node | None:
        """Put a finished value into its container; the container when that was its last."""
        top = self._open[-1]
        if top.kind == "object":
            assert top.key is not None  # noqa: S101 - the reader always reads a name before a value
            top.members.append(Member(top.key, node))
        else:
            top.items.append(node)
        self._skip()
        if self._peek() == ("}" if top.kind == "object" else "]"):
            return self._leave()
        if self._peek() != ",":
            raise self._fail(f"A comma or {'}' if top.kind == 'object' else ']'} is needed")
        self._at += 1
        self._skip()
        if top.kind == "object":
            self._key()
        return None

    def _key(self) -> None:
        if self._peek() != '"':
            raise self._fail("A name in double quotes is needed")
        self._open[-1].key = self._string()
        self._skip()
        if self._peek() != ":":
            raise self._fail("A colon is needed")
        self._at += 1
        self._skip()

    def _string(self) -> Node:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise Unreadable("A string that is not closed, or has a raw line break or a bad escape", self._at)
        start, self._at = self._at, match.end()
        raw = match.group()
        return Node("string", start, self._at, json.loads(raw) if "\\" in raw else raw[1:-1])

    def _number(self) -> Node:
        match = _NUMBER.match(self._text, self._at)
        if match is None or not match.group():
            raise self._fail("A value is needed")
        start, self._at = self._at, match.end()
        return Node("number", start, self._at, match.group())


def read_located(text: str) -> Node:
    """The tree of a JSON text. Raises ``Unreadable`` with the offset of the trouble."""
    return _Reader(text).read()


def strings(node: Node) -> Iterator[tuple[Node, str]]:
    """Every string of the tree, names of members too, with its pointer, in the order of the text."""
    pending = [(node, "")]
    while pending:
        each, pointer = pending.pop()
        if each.kind == "string":
            yield each, pointer
        elif each.kind == "object":
            for member in reversed(each.members):
                place = step(pointer, member.name)
                pending.extend(((member.value, place), (member.key, place)))
        else:
            pending.extend((item, step(pointer, at)) for at, item in reversed([*enumerate(each.items)]))


def step(pointer: str, name: str | int) -> str:
    """A JSON Pointer (RFC 6901) one step further."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
