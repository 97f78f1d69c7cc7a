"""Tables of values -> the sections of ``schema``; pure. Every fault names its key and what would do instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from remit.app.config.schema import Bounds
from remit.model.errors import ConfigError

T = TypeVar("T")
PREFIX: Final = "REMIT"
_YES_OR_NO: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def parse(kind: type[T], table: Mapping[str, Any], where: tuple[str, ...] = ()) -> T:
    """A section from its table.

    :raises ConfigError: for a key that is not known, and for a value of the wrong type or out of its bounds.
    """
    hints = get_type_hints(kind, include_extras=True)
    for name in table:
        if name not in hints:
            raise _unknown(".".join((*where, str(name))), str(name), hints)
    return kind(**{name: _value(hints[name], value, (*where, name)) for name, value in table.items()})


def _value(hint: Any, value: Any, where: tuple[str, ...]) -> Any:
    name = ".".join(where)
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{name} is a section, not a value", remedy=f"Write it as [{name}] with keys below it.")
        return parse(cast("type[Any]", hint), value, where)
    kind = get_args(hint)[0]
    if get_origin(kind) is Literal:
        return _one_of(get_args(kind), value, name)
    if get_origin(kind) is tuple:
        return _texts(value, name)
    if get_origin(kind) is UnionType:  # Path | None
        return Path(_of_type(str, value, name))
    return _bounded(_of_type(kind, value, name), hint, name)


def _of_type(kind: type[T], value: Any, name: str) -> T:
    if type(value) is not kind:  # a bool is no int here
        words = {str: "text in quotes", int: "a whole number", bool: "true or false"}
        raise ConfigError(f"{name} must be {words[kind]}, not {value!r}")
    return value


def _one_of(words: Iterable[str], value: Any, name: str) -> Any:
    known = [word for word in words if word]
    if value not in known:
        raise ConfigError(f"{name} must be one of {', '.join(known)}, not {value!r}", remedy=_nearest(value, known))
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f'{name} must be a list of texts, as ["one", "two"]')
    return tuple(value)


def _bounded(value: T, hint: Any, name: str) -> T:
    for bounds in hint.__metadata__:
        if isinstance(bounds, Bounds) and not bounds.least <= cast("int", value) <= bounds.most:
            raise ConfigError(f"{name} must be between {bounds.least} and {bounds.most}, not {value}")
    return value


def leaves(kind: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting below a section, as (its path, its annotated type)."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if is_dataclass(hint):
            yield from leaves(hint, (*where, name))
        else:
            yield (*where, name), hint


def variable(path: tuple[str, ...]) -> str:
    """The environment variable of a setting: ``REMIT_SERVER_PORT``."""
    return "_".join((PREFIX, *path)).upper()


def from_variable(hint: Any, text: str, name: str) -> Any:
    """The value that an environment variable's text stands for; a list is separated by commas."""
    kind = get_args(hint)[0]
    if get_origin(kind) is tuple:
        return [item.strip() for item in text.split(",") if item.strip()]
    if kind is int:
        if not (text.isascii() and text.isdigit()):
            raise ConfigError(f"{name} must be a whole number, not {text!r}")
        return int(text)
    if kind is bool:
        if text.lower() not in _YES_OR_NO:
            raise ConfigError(f"{name} must be true or false, not {text!r}")
        return _YES_OR_NO[text.lower()]
    return text


def unknown_variable(name: str, known: Iterable[str]) -> ConfigError:
    """What is said of a variable that no setting has."""
    return _unknown(name, name, known)


def _unknown(full: str, name: str, known: Iterable[str]) -> ConfigError:
    names = list(known)
    return ConfigError(f"There is no setting {full}", remedy=_nearest(name, names) or f"Known: {', '.join(names)}.")


def _nearest(word: Any, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""
