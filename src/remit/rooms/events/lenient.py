"""Reading fields whose types nobody guarantees: a value of the wrong type is an absent value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

Fields = Mapping[str, Any]
NOTHING: Final[Fields] = {}
_LARGEST: Final = 2**64


def text(value: object) -> str | None:
    """A string that says something, or a number or boolean spelled as JSON spells it; anything else is ``None``."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < _LARGEST:
        return str(value)
    return None


def first(*values: object) -> str | None:
    """The first of ``values`` that says something."""
    for value in values:
        said = text(value)
        if said is not None:
            return said
    return None


def fields(value: object) -> Fields:
    """An object, or nothing."""
    return value if isinstance(value, dict) else NOTHING


def items(value: object) -> list[Fields]:
    """The objects of an array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def embedded(value: object) -> Any:
    """A value that exporters sometimes write as a JSON string; text that is no JSON object or array stays text."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return msgspec.json.decode(value.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return value


@lru_cache(maxsize=4096)
def _fold(key: str) -> str:
    return key.replace("_", "").lower() if len(key) < 200 else key


def folded(value: object) -> dict[str, Any]:
    """An object by keys without case and underscores, so that camelCase, snake_case and lower-cased exports are one.

    Where two keys fold into one, the first that is not null stands.
    """
    found: dict[str, Any] = {}
    for key, inner in fields(value).items():
        name = _fold(key)
        if found.get(name) is None:
            found[name] = inner
    return found


def integer(value: object) -> int | None:
    """A whole number, also one written as a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and len(value) < 10 and value.strip().isdigit():
        return int(value)
    return None


def distinct(values: Iterable[str | None]) -> list[str]:
    """The values that say something, each once, in order."""
    return list(dict.fromkeys(value for value in values if value))
