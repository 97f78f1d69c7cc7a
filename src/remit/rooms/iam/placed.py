"""JSON read so that every value knows where it stood: a policy's trouble is told with its line and column.

The reader keeps its own stack, so nesting costs no recursion; it refuses what JSON leaves open (a member given twice,
NaN) and what no policy has (great depth, great length), each with its place.
"""

from __future__ import annotations

import re
from typing import Any, Final

from remit.model.errors import PolicyError

DEEPEST: Final = 64
LONGEST: Final = 256 * 1024
"""Characters of one policy document; AWS's own largest, the policy of a KMS key, has 32 KiB."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_STRING: Final = re.compile(r'"((?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+)"')
_ESCAPE: Final = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?", re.ASCII)
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_SHORT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])")


class Number(str):
    """A JSON number as it was written: ``1.50`` stays ``1.50``."""

    __slots__ = ()


class PlacedObject(dict[str, Any]):
    """A JSON object; ``keys_at`` and ``values_at`` are offsets into the text by member name."""

    __slots__ = ("keys_at", "values_at")

    def __init__(self) -> None:
        super().__init__()
        self.keys_at: dict[str, int] = {}
        self.values_at: dict[str, int] = {}


class PlacedArray(list[Any]):
    """A JSON array; ``values_at`` are offsets into the text by position."""

    __slots__ = ("values_at",)

    def __init__(self) -> None:
        super().__init__()
        self.values_at: list[int] = []


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def decode_text(source: bytes | str, name: str, longest: int = LONGEST) -> str:
    """The document's text. Raises ``PolicyError`` when it is too long or not UTF-8."""
    if len(source) > longest:
        raise PolicyError(
            f"The document has {len(source):,} characters, more than the {longest:,} that are read",
            name=name,
            line=1,
            column=1,
            remedy="No AWS policy is that long: check what was given.",
        )
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8")
        line, column = line_and_column(before, len(before))
        raise PolicyError("The text is not UTF-8", name=name, line=line, column=column) from error


def read_json(text: str, name: str) -> tuple[Any, int]:
    """The value that ``text`` holds, and its offset. Objects and arrays know the places of what they hold; numbers
    keep their spelling. Raises ``PolicyError`` with line and column."""
    return _Reader(text, name).document()


class _Reader:
    """One pass over one text; ``stack`` holds the open objects and arrays, outermost first."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.stack: list[PlacedObject | PlacedArray] = []
        self.member = ""

    def document(self) -> tuple[Any, int]:
        """The one value of the text."""
        self.space()
        start = self.at
        root = self.value()
        while self.stack:
            self.step(self.stack[-1])
        self.space()
        if self.at < len(self.text):
            raise self.error("There is more text after the JSON document's end")
        return root, start

    def step(self, inner: PlacedObject | PlacedArray) -> None:
        """Read the innermost container's next member or its end."""
        self.space()
        is_object = isinstance(inner, PlacedObject)
        if self.text[self.at : self.at + 1] == ("}" if is_object else "]"):
            self.at += 1
            self.stack.pop()
            return
        if inner:
            if self.text[self.at : self.at + 1] != ",":
                raise self.error(f"Expected a comma or the {'object' if is_object else 'array'}'s end")
            self.at += 1
            self.space()
        if isinstance(inner, PlacedObject):
            self.read_member(inner)
        else:
            inner.values_at.append(self.at)
            inner.append(self.value())

    def read_member(self, inner: PlacedObject) -> None:
        """Read ``"name": value`` into the object."""
        start = self.at
        if self.text[start : start + 1] != '"':
            raise self.error("Expected a member's name in double quotes")
        member = self.string()
        if member in inner:
            raise self.error(f"The member {member[:60]!r} is given twice in one object", start)
        self.space()
        if self.text[self.at : self.at + 1] != ":":
            raise self.error("Expected a colon after the member's name")
        self.at += 1
        self.space()
        inner.keys_at[member], inner.values_at[member] = start, self.at
        inner[member] = self.value()

    def value(self) -> Any:
        """The scalar here, or a container that was just opened and pushed."""
        first = self.text[self.at : self.at + 1]
        if first == '"':
            return self.string()
        if first in ("{", "["):
            if len(self.stack) >= DEEPEST:
                raise self.error(f"The document is nested more than {DEEPEST} deep")
            self.at += 1
            opened: PlacedObject | PlacedArray = PlacedObject() if first == "{" else PlacedArray()
            self.stack.append(opened)
            return opened
        return self.scalar(first)

    def scalar(self, first: str) -> Any:
        """A number, true, false or null."""
        match = _NUMBER.match(self.text, self.at) if first else None
        if match:
            self.at = match.end()
            return Number(match.group())
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        raise self.error("Expected a JSON value" if first else "The document ends too early")

    def string(self) -> str:
        """A string's text, escapes resolved."""
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.error("A string is not closed, or has a control character or a wrong escape")
        inside = match.group(1)
        if "\\" in inside:
            inside = _SURROGATES.sub(_joined, _ESCAPE.sub(_unescaped, inside))
        if not inside.isascii() and any("\ud800" <= c <= "\udfff" for c in inside):
            raise self.error("A string has half of a character: a lone surrogate")
        self.at = match.end()
        return inside

    def space(self) -> None:
        """Skip white space."""
        match = _SPACE.match(self.text, self.at)
        if match:
            self.at = match.end()

    def error(self, what: str, at: int | None = None) -> PolicyError:
        """The trouble with its line and column."""
        line, column = line_and_column(self.text, self.at if at is None else at)
        return PolicyError(f"Not valid JSON: {what[0].lower()}{what[1:]}", name=self.name, line=line, column=column)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 16)) if match.group(1) else _SHORT.get(match.group(2), match.group(2))


def _joined(match: re.Match[str]) -> str:
    high, low = match.groups()
    return chr(0x10000 + ((ord(high) - 0xD800) << 10) + ord(low) - 0xDC00)
