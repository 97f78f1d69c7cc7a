"""The organization made ready for naming causes: which policies stood above an account at a moment, compiled once."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import Final

from remit.model.errors import PolicyError
from remit.rooms.guardrails.callers import Membership
from remit.rooms.guardrails.causes import InForce, Standing
from remit.rooms.iam import CompiledPolicy, parse_document
from remit.rooms.organization import Organization
from remit.rooms.organization.structure import InForce as Attached
from remit.rooms.organization.structure import Level

_MOST_KEPT: Final = 20_000
_UNTOLD: Final = -1
"""Stands for the time before a policy's first version."""


class Guarding:
    """One organization. Moments are microseconds since the epoch."""

    def __init__(self, organization: Organization, before: Guarding | None = None) -> None:
        """``before`` is what was ready for an earlier reading of the file: documents that did not change are taken."""
        self.organization = organization
        self.membership = Membership(
            organization.id,
            organization.management_account,
            {each: organization.path(each) for each in organization.accounts},
        )
        self.changes = changes_of(organization)
        self._compiled: dict[tuple[str, int | None], _Compiled] = {}
        self._by_text: dict[tuple[str, str, str], _Compiled] = {}
        self._before = before._by_text if before else {}
        self._in_force: dict[tuple[str, str, int], InForce] = {}

    def stretch(self, moment: int) -> int:
        """Which stretch of time a moment is in; within one nothing changed."""
        return bisect_right(self.changes, moment)

    def in_force(self, account: str | None, kind: str, moment: int) -> InForce:
        """The policies of a kind above an account at a moment."""
        key = (account or "", kind, self.stretch(moment))
        found = self._in_force.get(key)
        if found is None:
            if len(self._in_force) >= _MOST_KEPT:
                self._in_force.clear()
            found = self._in_force[key] = self._above(account, kind, moment)
        return found

    def unreadable(self) -> list[dict[str, str]]:
        """Policies met so far that cannot be read: ``{policy, what}``."""
        every = {each.policy: each for one in self._in_force.values() for each in one.unreadable}
        return [{"policy": each.name or each.policy, "what": each.trouble} for each in every.values()]

    def _above(self, account: str | None, kind: str, moment: int) -> InForce:
        why = self._unlimited(account, kind)
        levels = () if why or account is None else self.organization.in_force(account, moment, kind)
        return InForce(kind, [self._level(level) for level in levels], why)

    def _unlimited(self, account: str | None, kind: str) -> str:
        known = self.organization
        if kind not in known.enabled:
            return f"{kind}s are not enabled in the organization"
        if account is None:
            return ""
        if account == known.management_account:
            return f"no {kind} limits the management account {account}"
        return "" if account in known.accounts else f"the account {account} is not in the organization file"

    def _level(self, level: Level) -> tuple[str, str, list[Standing]]:
        return level.target, level.name, [self._standing(level, each) for each in level.policies]

    def _standing(self, level: Level, attached: Attached) -> Standing:
        policy, version = attached.policy, attached.version
        key = (policy.id, version.valid_from if attached.told else _UNTOLD)
        if key not in self._compiled:
            self._compiled[key] = self._ready(attached)
        compiled, trouble = self._compiled[key]
        since = version.valid_from if attached.told else None
        name, at = policy.name, (level.target, level.name)
        return Standing(policy.id, name, policy.arn, policy.kind, *at, since, compiled, trouble)

    def _ready(self, attached: Attached) -> _Compiled:
        """The version's document compiled; the same text of the same name is compiled once."""
        policy, document = attached.policy, attached.version.document
        if not attached.told:
            return _compile(attached)  # it has the text of the first version, which is no proof of what it said before
        text = document if isinstance(document, str) else json.dumps(document)
        key = (policy.kind, policy.name or policy.id, text)
        found = self._by_text.get(key) or self._before.get(key) or _compile(attached)
        self._by_text[key] = found
        return found


_Compiled = tuple[CompiledPolicy | None, str]
"""A policy, or why it cannot be read."""


def _compile(attached: Attached) -> _Compiled:
    policy = attached.policy
    if not attached.told:
        return None, "The organization file does not tell what it said before its first version."
    try:
        document = parse_document(attached.version.document, policy.name or policy.id)
        return CompiledPolicy(document, policy.kind.lower()), ""
    except PolicyError as error:
        return None, str(error)


def changes_of(organization: Organization) -> list[int]:
    """Every moment at which something began or ended."""
    moments = {version.valid_from for policy in organization.policies.values() for version in policy.versions}
    for each in organization.attachments:
        moments |= {each.valid_from, each.valid_until}
    return sorted(moment for moment in moments if moment is not None)
