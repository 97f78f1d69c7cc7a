"""``identities.toml``: which principals are which agents, people, pipelines, workloads and services, and their owners.

The operator's word about a principal is a join with the provider's record of it, so it weighs as ``joined``.
Patterns are exact values or globs (``*``, ``?``) over ARNs, e-mails, logins, numeric ids, app ids and OIDC subjects.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate
from typing import Any, Final

from remit.model.coded import Coded, coded, together
from remit.model.errors import ConfigError

KINDS: Final = ("agent", "person", "pipeline", "workload", "service")
MATCHED_COLUMNS: Final = (
    "principal",
    "principal_id",
    "federation_subject",
    "source_identity",
    "app_id",
    "access_key",
    "issuer",
    "principal_name",
)
"""Columns an entry's patterns are held against, most telling first."""
_ENTRY_KEYS: Final = ("name", "match", "owner", "on_behalf_of", "environment", "governed", "note")
_ACCOUNT_KEYS: Final = ("id", "name", "environment", "owner")


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapped identity."""

    kind: str
    name: str
    match: tuple[str, ...]
    owner: str = ""
    on_behalf_of: str = ""
    environment: str = ""
    governed: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What the operator says of an account, subscription, project or organization."""

    id: str
    name: str = ""
    environment: str = ""
    owner: str = ""


class Registry:
    """Answers which entry a value belongs to; every distinct value is matched once."""

    def __init__(self, entries: Sequence[Entry] = (), accounts: Sequence[Account] = ()) -> None:
        self.entries = tuple(entries)
        self.accounts = {account.id: account for account in accounts}
        self._exact: dict[str, int] = {}
        self._globs: list[tuple[Callable[[str], Any], int]] = []
        self._memo: dict[str, int | None] = {}
        for position, entry in enumerate(self.entries):
            for pattern in entry.match:
                self._add(pattern, position)

    def _add(self, pattern: str, position: int) -> None:
        if "*" in pattern or "?" in pattern:
            self._globs.append((re.compile(translate(pattern.replace("[", "[[]"))).match, position))
        else:
            self._exact.setdefault(pattern, position)

    def find(self, value: str | None) -> int | None:
        """Position of the entry that names this value, or ``None``."""
        if not value:
            return None
        if value not in self._memo:
            if len(self._memo) > 200_000:
                self._memo.clear()
            self._memo[value] = self._search(value)
        return self._memo[value]

    def _search(self, value: str) -> int | None:
        if value in self._exact:
            return self._exact[value]
        return next((position for match, position in self._globs if match(value)), None)

    def find_rows(self, columns: Mapping[str, Sequence[Any]], size: int) -> Coded:
        """The entry of every row: the first matched column that names one wins."""
        found = Coded.constant(None, size)
        for name in reversed(MATCHED_COLUMNS if self.entries else ()):
            named = coded(columns.get(name) or Coded.constant(None, size)).meant(self.find)
            rows, codes = together([found, named])
            found = Coded([found[row] if named[row] is None else named[row] for row in rows], codes).merged()
        return found


def parse_registry(content: str, where: str = "identities.toml") -> Registry:
    """Read the registry; an unknown key or a bad entry is a ``ConfigError`` with a suggestion."""
    try:
        document = tomllib.loads(content)
    except RecursionError:
        raise ConfigError("Nested too deeply to read", where=where) from None
    except ValueError as error:  # not TOML, or a number of thousands of digits
        raise ConfigError(f"Not TOML: {str(error).partition(';')[0]}", where=where) from error
    _known(document, (*KINDS, "account"), where)
    entries = [_entry(kind, item, where) for kind in KINDS for item in _tables(document, kind, where)]
    return Registry(entries, [_account(item, where) for item in _tables(document, "account", where)])


def _tables(document: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    tables = document.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise ConfigError(f"{key!r} is written as [[{key}]] tables", where=where)
    return tables


def _entry(kind: str, item: dict[str, Any], where: str) -> Entry:
    place = f"{where}, {kind} {item.get('name', '?')!r}"
    _known(item, _ENTRY_KEYS, place)
    match = item.get("match", [])
    patterns = [match] if isinstance(match, str) else match
    said = isinstance(patterns, list) and patterns and all(isinstance(p, str) and p for p in patterns)
    if not item.get("name") or not said:
        raise ConfigError(f"[[{kind}]] needs a name and at least one pattern in match", where=place)
    if item.get("governed", "exempt") not in ("exempt", "pipeline", "none"):
        raise ConfigError("governed is exempt, pipeline or none", where=place)
    values = {key: str(value) for key, value in item.items() if key != "match"}
    return Entry(kind=kind, match=tuple(patterns), **values)


def _account(item: dict[str, Any], where: str) -> Account:
    _known(item, _ACCOUNT_KEYS, f"{where}, account {item.get('id', '?')!r}")
    if not item.get("id"):
        raise ConfigError("[[account]] needs an id", where=where)
    return Account(**{key: str(value) for key, value in item.items()})


def _known(item: Mapping[str, Any], allowed: Sequence[str], where: str) -> None:
    for key in item:
        if key not in allowed:
            hint = get_close_matches(key, allowed, 1)
            raise ConfigError(
                f"Unknown key {key!r}",
                where=where,
                remedy=f"Did you mean {hint[0]}?" if hint else f"Known: {', '.join(allowed)}",
            )
