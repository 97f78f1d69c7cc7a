"""What checks may ask of the world: AWS's reference, the moment, targets and the policies beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from remit.reference.aws import Action, AwsReference
from remit.reference.aws_condition_keys import HOLE, ConditionKeys
from remit.rooms.guardrails.insights.documented_keys import GLOBAL_KEYS, REPLACED
from remit.rooms.guardrails.insights.policy import Policy, Statement, Value
from remit.rooms.iam.wildcards import is_pattern, matches

_STEPS: Final = 4_000_000
"""Characters compared while expanding wildcards in one document; a hundred times what the largest real policy needs."""
_SUGGESTIONS: Final = 100
"""Misspelt words for which the most alike of many is looked for in one document."""


class Spent(Exception):
    """The document asks for more wildcard matching than is done."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a condition key: its type as AWS's reference writes it, and what replaced it."""

    name: str
    type: str
    replacement: str | None = None

    @property
    def many(self) -> bool:
        """Whether a request can hold several values of it."""
        return self.type.startswith("ArrayOf")

    @property
    def single_type(self) -> str:
        """The type of one value."""
        return self.type.removeprefix("ArrayOf")


class Facts:
    """Answers about actions and keys, remembered, and within a bound of work for each document.

    ``targets`` are what the policy is, or is to be, attached to: ids of roots, OUs and accounts; None when nobody said.
    ``beside`` are the other policies that hold where this one does.
    """

    def __init__(
        self,
        reference: AwsReference,
        keys: ConditionKeys,
        moment: datetime,
        targets: Sequence[str] | None = None,
        beside: Sequence[Policy] = (),
    ) -> None:
        self.reference = reference
        self.keys = keys
        self.moment = moment
        self.targets = targets
        self.beside = tuple(beside)
        self._steps = _STEPS
        self._suggestions = _SUGGESTIONS
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._known_keys: dict[str, Key | None] = {}
        self._listed: dict[str, bool] = {}
        self._keys_of: dict[str, set[str]] = {}

    def knows_service(self, prefix: str) -> bool:
        """Whether AWS has a service of that prefix; a prefix with a wildcard counts as known."""
        return is_pattern(prefix) or prefix in self.reference.services()

    def key(self, name: str) -> Key | None:
        """What is known of a condition key, letter case aside; None for a key that AWS does not list."""
        if name not in self._known_keys:
            self._known_keys[name] = self._key(name)
        return self._known_keys[name]

    def _key(self, name: str) -> Key | None:
        lower = name.lower()
        found = _GLOBAL.get(_tag_family(lower))
        if found:
            return Key(found[0], found[1], REPLACED.get(lower))
        kind = self.keys.type_of(lower)
        if kind:
            return Key(name, kind, REPLACED.get(lower))
        return Key(name, "String", REPLACED[lower]) if lower in REPLACED else None

    def has_key(self, action: str, lower_key: str) -> bool:
        """Whether a request for the action can have a key that is listed by action."""
        known = self._keys_of.get(action)
        if known is None:
            known = self._keys_of[action] = {
                HOLE.sub("*", key.lower()) for key in self.reference.condition_keys(action)
            }
        return lower_key in known or any("*" in key and matches(key, lower_key) for key in known)

    def listed(self, key: str) -> bool:
        """Whether the reference says of some action of the key's own service that it has the key."""
        lower = key.lower()
        if lower not in self._listed:
            prefix = lower.partition(":")[0]
            names = self.reference.service(prefix).actions
            self._listed[lower] = any(self.has_key(f"{prefix}:{name}", lower) for name in names)
        return self._listed[lower]

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Every action that a pattern such as ``ec2:Describe*`` covers, as the reference spells them."""
        lower = pattern.lower()
        found = self._expanded.get(lower)
        if found is None:
            found = self._expanded[lower] = tuple(self._expansion(lower))
        return found

    def _expansion(self, lower: str) -> Iterable[str]:
        if lower == "*":
            lower = "*:*"
        prefix, _, name = lower.partition(":")
        for service in self._services(prefix):
            actions = self.reference.service(service).actions
            if not is_pattern(name):
                action = self.reference.spelled(service, name)
                if action:
                    yield f"{service}:{action}"
                continue
            self.spend(len(actions) * (len(name) if name != "*" else 1))
            for action in actions:
                if matches(name, action.lower()):
                    yield f"{service}:{action}"

    def _services(self, prefix: str) -> Iterable[str]:
        if not is_pattern(prefix):
            return [prefix] if prefix in self.reference.services() else []
        services = self.reference.services()
        self.spend(len(services) * len(prefix))
        return [service for service in services if matches(prefix, service)]

    def spend(self, steps: int) -> None:
        """Account for work. Raises ``Spent`` when a document asks for more than is done."""
        self._steps -= steps
        if self._steps < 0:
            raise Spent

    def actions(self, statement: Statement) -> tuple[str, ...] | None:
        """The actions a statement names; None where it is written for all, or by exclusion."""
        if statement.not_actions or statement.every_action or not statement.actions:
            return None
        return tuple(dict.fromkeys(action for value in statement.actions for action in self.expand(value.text)))

    def action(self, name: str) -> Action:
        """The entry of an action that ``expand`` answered."""
        found = self.reference.action(name)
        assert found is not None  # noqa: S101 - it came from the same tables
        return found

    def closest(self, word: str, among: Iterable[str]) -> str | None:
        """The most alike of many words, for the first hundred questions of a document; then None."""
        self._suggestions -= 1
        return closest(word, among, 0.75) if self._suggestions >= 0 else None

    def covers(self, values: Iterable[Value], action: str) -> bool:
        """Whether one of the patterns covers an action."""
        lower = action.lower()
        return any(value.text == "*" or matches(value.text.lower(), lower) for value in values)


_GLOBAL: Final = {name.lower(): (name, kind) for name, (kind, _) in GLOBAL_KEYS.items()}
_PRESENT: Final = frozenset(name.lower() for name, (_, presence) in GLOBAL_KEYS.items() if presence == "always")


def _tag_family(lower_key: str) -> str:
    """``aws:requesttag/`` for every key of request tags, and so on; other keys as they are."""
    return lower_key.partition("/")[0] + "/" if lower_key.startswith("aws:") and "/" in lower_key else lower_key


def always_present(lower_key: str) -> bool:
    """Whether every request has the key."""
    return lower_key in _PRESENT


def closest(word: str, among: Iterable[str], cutoff: float = 0.8) -> str | None:
    """The most alike of a few words, letter case aside; None where none is alike."""
    lower = {each.lower(): each for each in among}
    found = get_close_matches(word.lower()[:128], lower, n=1, cutoff=cutoff)
    return lower[found[0]] if found else None


def sample(names: Sequence[str], most: int = 3) -> str:
    """A few of many names, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
