"""Text as both engines of the state keep it: any text at all goes in, comes out as it was, and sorts by its letters.

PostgreSQL refuses U+0000, neither engine takes half of a surrogate pair, and names of files and words of strangers may
hold both. They are kept escaped: the control character SUBSTITUTE and four hexadecimal digits.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

COLLATION: Final = "C"
"""PostgreSQL's order of code points, which is SQLite's own: no order depends on where a database was made."""
_MARK: Final = "\x1a"
_UNKEPT: Final = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED: Final = re.compile("\x1a([0-9a-f]{4})")


class Words(TypeDecorator[str]):
    """A column of text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Compared and ordered by code points in both engines."""
        return dialect.type_descriptor(Text(collation=COLLATION if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """On its way in."""
        return None if value is None else kept(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """On its way out."""
        return None if value is None else given(value)


def kept(text: str) -> str:
    """A text as it is stored."""
    return _UNKEPT.sub(lambda found: f"{_MARK}{ord(found[0]):04x}", text)


def given(stored: str) -> str:
    """A stored text as it was."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), stored) if _MARK in stored else stored
