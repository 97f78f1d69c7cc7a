"""Signals: small declarative rules that say what one kind of mark in a record means, and how strongly.

They are data (TOML); this module reads them into frozen values and refuses anything it does not understand, so that a
misspelt key is an error at start-up and never a signal that silently does not fire.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import blake2b
from typing import Any, Final

from remit.model.columns import BY_NAME
from remit.model.errors import ConfigError
from remit.model.vocabulary import ACTOR_KINDS, PATHS, PROVIDERS, STRENGTHS

ENGINE_VERSION: Final = 1
"""Raised when resolution itself changes, so that stored judgements of the old engine are known as old."""
OPERATORS: Final = ("equals", "one_of", "prefix", "suffix", "contains", "regex", "present")
DERIVED_FIELDS: Final = {
    "role_name": "issuer",
    "role_path": "issuer",
    "ua.product": "user_agent",
    "ua.feature": "user_agent",
    "ua.app": "user_agent",
    "ua.exec_env": "user_agent",
    "ua.md": "user_agent",
}
"""Fields computed from a column: the name signals use, and the column it is computed from."""
_CREDENTIALS: Final = ("person", "pipeline", "workload", "service")
_SIGNAL_KEYS: Final = ("id", "provider", "when", "unless", "strength", "says", "fact", "source")


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field. For a list column it holds when any element passes."""

    field: str
    operator: str
    operand: str | tuple[str, ...]

    @property
    def column(self) -> str:
        """The stored column that settles this condition."""
        if self.field.startswith("markers."):
            return "markers"
        return DERIVED_FIELDS.get(self.field, self.field)


@dataclass(frozen=True, slots=True)
class Says:
    """What a signal claims. Every part is optional; ``issues`` is what holders of credentials it hands out are."""

    kind: str = ""
    path: str = ""
    agent: str = ""
    credential: str = ""
    issues: str = ""
    tool: str = ""
    name_from: str = ""
    behalf_from: str = ""
    undecided: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One rule: all of ``when`` and none of ``unless``."""

    id: str
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    strength: str
    says: Says
    fact: str
    source: str

    def evidence_field(self) -> str:
        """The column whose value is shown as what the signal saw."""
        telling = [c for c in self.when if c.column not in ("provider", "data_source")]
        return (telling or list(self.when))[0].column


@dataclass(frozen=True, slots=True)
class Rules:
    """All signals, in the order they were given, and the version that stored judgements carry."""

    signals: tuple[Signal, ...]
    version: str
    by_id: Mapping[str, Signal] = field(repr=False, default_factory=dict)


def parse_rules(files: Mapping[str, bytes]) -> Rules:
    """Read signal files (name -> TOML bytes) in name order; raise ``ConfigError`` naming the file and signal."""
    signals: list[Signal] = []
    digest = blake2b(str(ENGINE_VERSION).encode(), digest_size=4)
    for name in sorted(files):
        digest.update(files[name])
        signals.extend(_parse_file(name, files[name]))
    by_id: dict[str, Signal] = {}
    for signal in signals:
        if signal.id in by_id:
            raise ConfigError(f"Two signals have the id {signal.id!r}", remedy="Rename one of them.")
        by_id[signal.id] = signal
    return Rules(tuple(signals), f"{ENGINE_VERSION}.{digest.hexdigest()}", by_id)


def _parse_file(name: str, content: bytes) -> Iterable[Signal]:
    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Not TOML: {error}", where=name) from error
    _refuse_unknown(document, ("signal",), name)
    return [_parse_signal(entry, name) for entry in document.get("signal", [])]


def _parse_signal(entry: dict[str, Any], name: str) -> Signal:
    where = f"{name}, signal {entry.get('id', '?')!r}"
    _refuse_unknown(entry, _SIGNAL_KEYS, where)
    for key in ("id", "when", "strength", "says", "fact", "source"):
        if not entry.get(key):
            raise ConfigError(f"A signal needs {key!r}", where=where)
    _one_of(entry["strength"], STRENGTHS, "strength", where)
    when = tuple(_parse_condition(item, where) for item in entry["when"])
    if provider := entry.get("provider"):
        _one_of(provider, PROVIDERS, "provider", where)
        when = (*when, Condition("provider", "equals", provider))
    return Signal(
        entry["id"],
        when,
        tuple(_parse_condition(item, where) for item in entry.get("unless", ())),
        entry["strength"],
        _parse_says(entry["says"], where),
        entry["fact"],
        entry["source"],
    )


def _parse_condition(item: dict[str, Any], where: str) -> Condition:
    operators = [key for key in item if key != "field"]
    if len(operators) != 1 or operators[0] not in OPERATORS:
        raise ConfigError(f"A condition has one operator of {', '.join(OPERATORS)}", where=f"{where}: {item}")
    operand = item[operators[0]]
    condition = Condition(
        str(item.get("field", "")), operators[0], tuple(operand) if isinstance(operand, list) else str(operand)
    )
    if condition.column not in BY_NAME:
        known = [*BY_NAME, *DERIVED_FIELDS, "markers.KEY"]
        hint = get_close_matches(condition.field, known, 1)
        raise ConfigError(
            f"Unknown field {condition.field!r}", where=where, remedy=f"Did you mean {hint[0]}?" if hint else ""
        )
    if condition.operator == "regex":
        _compile(str(operand), where)
    return condition


def _parse_says(entry: dict[str, Any], where: str) -> Says:
    _refuse_unknown(entry, Says.__dataclass_fields__, where)
    says = Says(**{**entry, "kind": "agent" if entry.get("agent") else entry.get("kind", "")})
    for value, allowed, word in (
        (says.kind, ACTOR_KINDS, "kind"),
        (says.path, PATHS, "path"),
        (says.credential, _CREDENTIALS, "credential"),
        (says.issues, ACTOR_KINDS, "issues"),
        (says.name_from, BY_NAME, "name_from"),
        (says.behalf_from, BY_NAME, "behalf_from"),
    ):
        if value:
            _one_of(value, allowed, word, where)
    return says


def _compile(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"Not a regular expression: {error}", where=where) from error


def _one_of(value: str, allowed: Iterable[str], word: str, where: str) -> None:
    choices = list(allowed)
    if value not in choices:
        hint = get_close_matches(value, choices, 1)
        raise ConfigError(
            f"{word} {value!r} is not known", where=where, remedy=f"Did you mean {hint[0]}?" if hint else ""
        )


def _refuse_unknown(entry: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    for key in entry:
        _one_of(key, allowed, "key", where)
