"""Editing the text of ``identities.toml`` for a person: one entry is added or widened, every other line stands.

Comments, order and spacing stay as whoever wrote the file left them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from remit.model.errors import ConfigError, UsageError
from remit.rooms.attribution.registry import KINDS, parse_registry

SAID: Final = ("owner", "on_behalf_of", "environment", "governed", "note")
"""What an entry may say besides its name and patterns."""
_HEAD: Final = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?(\w+)[\"']?[ \t]*\]\]", re.MULTILINE)
LONGEST: Final = 1024
"""Characters of a name, pattern or remark at most."""


def with_identity(
    content: str, kind: str, name: str, pattern: str, more: Mapping[str, str], where: str = "identities.toml"
) -> tuple[str, str]:
    """``(new content, "added" or "widened")``: an entry of this kind and name with the pattern among its own.

    What ``more`` says replaces what the entry said; an empty value leaves it. Raises ConfigError for content that is no
    registry, UsageError for an entry that cannot be.
    """
    before = parse_registry(content, where)
    _check(kind, name, pattern, more)
    other = next((e for e in before.entries if pattern in e.match and (e.kind, e.name) != (kind, name)), None)
    if other is not None:
        raise UsageError(
            f"{pattern!r} is already mapped, to {other.kind} {other.name}",
            where=where,
            remedy="Take it out of that entry first: a pattern belongs to one identity.",
        )
    of_kind = [each for each in before.entries if each.kind == kind]
    place = next((at for at, each in enumerate(of_kind) if each.name == name), None)
    if place is None:
        after, done = _appended(content, kind, _entry(name, pattern, more)), "added"
    else:
        after, done = _widened(content, kind, place, pattern, more), "widened"
    if pattern not in next(e for e in parse_registry(after, where).entries if (e.kind, e.name) == (kind, name)).match:
        raise ConfigError(
            "The file is written in a way that cannot be edited here", where=where, remedy="Edit it by hand."
        )
    return after, done


def _check(kind: str, name: str, pattern: str, more: Mapping[str, str]) -> None:
    if kind not in KINDS:
        raise UsageError("An identity needs a kind", remedy=f"Choose one of {', '.join(KINDS)}.")
    for word, value in (("name", name), ("pattern", pattern)):
        if not value.strip():
            raise UsageError(f"An identity needs a {word}", remedy="Write one.")
    if not pattern.strip("*? "):
        raise UsageError("This pattern matches everything", remedy="Write at least one character besides * and ?.")
    unknown = set(more) - set(SAID)
    if unknown:
        raise UsageError(f"An identity has no {sorted(unknown)[0]!r}", remedy=f"It may say {', '.join(SAID)}.")
    for value in (name, pattern, *more.values()):
        if len(value) > LONGEST or not value.isprintable():
            raise UsageError(
                "A name, pattern or remark has control characters in it, or is too long",
                remedy=f"At most {LONGEST} printable characters are taken.",
            )


def _entry(name: str, pattern: str, more: Mapping[str, str]) -> Any:
    table = tomlkit.table()
    table.add("name", name)
    table.add("match", [pattern])
    for key, value in more.items():
        if value:
            table.add(key, value)
    return table


def _appended(content: str, kind: str, entry: Any) -> str:
    """The entry at the end of the file, so that no comment of another entry changes sides."""
    before = content.rstrip()
    return (before + "\n\n" if before else "") + f"[[{kind}]]\n" + tomlkit.dumps(entry)


def _widened(content: str, kind: str, place: int, pattern: str, more: Mapping[str, str]) -> str:
    """The text with one table widened: the ``place``-th of its kind, read and written by itself."""
    heads = _heads(content)
    of_kind = [at for at, (_, name) in enumerate(heads) if name == kind]
    if place >= len(of_kind):
        return content
    start = heads[of_kind[place]][0]
    end = next((at for at, _ in heads[of_kind[place] + 1 :]), len(content))
    try:
        table = tomlkit.parse(content[start:end])
    except (TOMLKitError, RecursionError):
        return content
    _widen(table[kind][0], pattern, more)
    return content[:start] + tomlkit.dumps(table) + content[end:]


def _heads(content: str) -> list[tuple[int, str]]:
    """Where tables begin, and the kind of each. What looks like a head inside a text of several lines is none: the
    content up to there does not end."""
    heads = [(found.start(), found[1]) for found in _HEAD.finditer(content)]
    if '"""' in content or "'''" in content:
        return [(start, kind) for start, kind in heads if _is_whole(content[:start])]
    return heads


def _is_whole(content: str) -> bool:
    try:
        tomllib.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _widen(found: Any, pattern: str, more: Mapping[str, str]) -> None:
    match = found["match"]
    if isinstance(match, str):
        found["match"] = [str(match)] if str(match) == pattern else [str(match), pattern]
    elif pattern not in [str(each) for each in match]:
        match.append(pattern)
    for key, value in more.items():
        if value and key in found:
            found[key] = value
        elif value:
            # After the patterns: at the table's end it would stand behind comments that belong to the next entry.
            found.value._insert_after("match", key, value)
