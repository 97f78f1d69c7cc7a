"""An organization as it stands and stood: who is under what, which policies are attached where, since when.

Moments are microseconds since the epoch, UTC. A version or an attachment without a moment has been there as long as
is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from remit.model.errors import UsageError

Document = Mapping[str, Any] | str
"""A policy's document: JSON, or its text as AWS gives it."""
SCP: Final = "SCP"
RCP: Final = "RCP"
KINDS: Final = (SCP, RCP)
FULL_ACCESS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "p-FullAWSAccess": (
        "FullAWSAccess",
        SCP,
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    ),
    "p-RCPFullAWSAccess": (
        "RCPFullAWSAccess",
        RCP,
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
        },
    ),
}
"""AWS's own policies by id: name, kind and document. They need not be written in a file."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit; the root is the one without a parent."""

    id: str
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A member account, or the management account."""

    id: str
    name: str
    parent: str
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Version:
    """What a policy said from a moment on."""

    document: Document
    valid_from: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A service or resource control policy; its versions oldest first."""

    id: str
    name: str
    kind: str
    versions: tuple[Version, ...]
    arn: str = ""

    def at(self, moment: int) -> Version | None:
        """The version in force at a moment; None before the first."""
        found = [each for each in self.versions if each.valid_from is None or each.valid_from <= moment]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A policy on a root, unit or account, within ``[valid_from, valid_until)``."""

    policy: str
    target: str
    valid_from: int | None = None
    valid_until: int | None = None

    def holds(self, moment: int) -> bool:
        """Whether it was attached at a moment."""
        begun = self.valid_from is None or self.valid_from <= moment
        return begun and (self.valid_until is None or moment < self.valid_until)


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy as it was in force: the version, of which policy. ``told`` is False at a moment before its first
    version, where the file has it attached and does not say what it said: ``version`` is then the first."""

    policy: Policy
    version: Version
    told: bool = True


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the tree above an account, or the account itself, with the policies in force on it."""

    target: str
    name: str
    policies: tuple[InForce, ...]


@dataclass(frozen=True, slots=True)
class Organization:
    """The whole. ``enabled`` are the kinds of policies that its root has switched on."""

    id: str
    management_account: str
    root: str
    units: Mapping[str, Unit]
    accounts: Mapping[str, Account]
    policies: Mapping[str, Policy] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    enabled: frozenset[str] = frozenset(KINDS)
    _attachments_of: Mapping[str, list[Attachment]] = field(init=False, repr=False, compare=False)
    _below: Mapping[str, tuple[list[Unit], list[Account]]] = field(init=False, repr=False, compare=False)
    """By target, and by unit: ten thousand accounts with an attachment each are looked up, not searched."""

    def __post_init__(self) -> None:
        attached: dict[str, list[Attachment]] = {}
        for attachment in self.attachments:
            attached.setdefault(attachment.target, []).append(attachment)
        below: dict[str, tuple[list[Unit], list[Account]]] = {}
        for unit in self.units.values():
            below.setdefault(unit.parent, ([], []))[0].append(unit)
        for account in self.accounts.values():
            below.setdefault(account.parent, ([], []))[1].append(account)
        object.__setattr__(self, "_attachments_of", attached)
        object.__setattr__(self, "_below", below)

    def attached_to(self, target: str) -> Sequence[Attachment]:
        """The attachments to a root, unit or account itself, whenever they held, in the order of the file."""
        return self._attachments_of.get(target, ())

    def chain(self, account: str) -> tuple[str, ...]:
        """Ids from the root down to an account, the account last; empty for one that is not a member."""
        member = self.accounts.get(account)
        return (*self._above(member.parent), account) if member else ()

    def path(self, account: str) -> str:
        """The account's organization path, as ``aws:PrincipalOrgPaths`` has it: ``o-a/r-b/ou-b-c/``."""
        chain = self.chain(account)
        return "/".join((self.id, *chain[:-1])) + "/" if chain else ""

    def in_force(self, account: str, moment: int, kind: str) -> tuple[Level, ...]:
        """The levels above an account and itself, root first, with the policies of a kind in force at a moment.

        None for the management account, for an account that is no member, and for a kind that is not enabled: no such
        policy applies there.
        """
        if account == self.management_account or kind not in self.enabled:
            return ()
        return tuple(self._level(target, moment, kind) for target in self.chain(account))

    def target(self, text: str) -> str:
        """The id of a root, unit or account given by its id or its name.

        :raises UsageError: if there is none of that name, or more than one.
        """
        if text in self.units or text in self.accounts:
            return text
        every: tuple[Unit | Account, ...] = (*self.units.values(), *self.accounts.values())
        named = [each.id for each in every if each.name == text]
        if len(named) == 1:
            return named[0]
        if named:
            raise UsageError(
                f"{len(named)} targets are named «{text[:80]}»",
                remedy=f"Give the id of one: {_listed(each for each in every if each.id in named)}.",
            )
        raise UsageError(f"The organization has no unit or account «{text[:80]}»", remedy=_nearest(text, every))

    def members(self, target: str) -> frozenset[str]:
        """Ids of the accounts at or under a target given by its id, without the management account."""
        under = (account for account in self.accounts if target in self.chain(account))
        return frozenset(account for account in under if account != self.management_account)

    def children(self, unit: str) -> tuple[list[Unit], list[Account]]:
        """The units and the accounts directly under a unit, by name."""
        units, accounts = self._below.get(unit, ((), ()))
        return sorted(units, key=lambda each: (each.name, each.id)), sorted(accounts, key=lambda a: (a.name, a.id))

    def named(self, target: str) -> str:
        """The name of a unit or account; its id where it has none."""
        found: Unit | Account | None = self.units.get(target) or self.accounts.get(target)
        return (found.name if found else "") or target

    def _above(self, unit: str) -> tuple[str, ...]:
        chain: list[str] = []
        while unit:
            chain.append(unit)
            unit = self.units[unit].parent
        return tuple(reversed(chain))

    def _level(self, target: str, moment: int, kind: str) -> Level:
        return Level(target, self.named(target), tuple(self._attached(target, moment, kind)))

    def _attached(self, target: str, moment: int, kind: str) -> Iterator[InForce]:
        for attachment in self.attached_to(target):
            policy = self.policies.get(attachment.policy)
            if attachment.holds(moment) and policy and policy.kind == kind:
                version = policy.at(moment)
                yield InForce(policy, version or policy.versions[0], version is not None)


_CANDIDATES: Final = 5
_LONGEST_NAME: Final = 128


def _nearest(text: str, every: tuple[Unit | Account, ...]) -> str:
    """Which targets may have been meant, by a name like theirs or else the first there are, with their ids."""
    names = {each.name.casefold() for each in every if each.name}
    like = get_close_matches(text[:_LONGEST_NAME].casefold(), names, _CANDIDATES)
    near = [each for each in every if each.name.casefold() in like]
    word = "Did you mean" if near else "It has"
    mark = "?" if near else ", …." if len(every) > _CANDIDATES else "."
    return f"{word} {_listed(near or every)}{mark} `remit organization show` lists every one."


def _listed(targets: Iterable[Unit | Account]) -> str:
    """At most five targets: ``Workloads (ou-ab12-11111111), Staging (444455556666)``."""
    return ", ".join(f"{each.name} ({each.id})" if each.name else each.id for each in [*targets][:_CANDIDATES])
