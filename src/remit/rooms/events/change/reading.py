"""Paths through payloads that anyone may have written, on top of what all decoders agree a value is."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.lenient import NOTHING, Fields, fields, items, text

Object = Fields
_BOOLEANS: Final = ("true", "false")


def first_text(source: Object, *keys: str) -> str | None:
    """The first of ``keys`` that holds text."""
    return next((found for key in keys if (found := text(source.get(key)))), None)


def child(source: Object, *path: str) -> Object:
    """The object at ``path``; an empty one when any step is missing or no object."""
    here = source
    for key in path:
        here = fields(here.get(key))
    return here or NOTHING


def children(source: Object, key: str) -> list[Object]:
    """The objects in the list at ``key``."""
    return items(source.get(key))


def flag(source: Object, key: str) -> str | None:
    """A boolean as a marker's value: ``true``, ``false``, or absent. Exports write booleans as strings, too."""
    said = (text(source.get(key)) or "").lower()
    return said if said in _BOOLEANS else None
