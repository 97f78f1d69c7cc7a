"""What a policy makes of one call: out of its reach, denied, not denied, or unknown and by which keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from remit.rooms.guardrails.callers import CALLER, caller_of
from remit.rooms.guardrails.owners import RESOURCE_ACCOUNT, owner_of
from remit.rooms.guardrails.record import OWNERS, Row
from remit.rooms.guardrails.requests import Translation
from remit.rooms.iam import CompiledPolicy, Principal, Request

DENY: Final = "deny"
NOT: Final = "not"
UNKNOWN: Final = "unknown"
OUTSIDE: Final = "outside"
"""Not an account that the policy would be attached to: the call is not considered."""
_SOMEBODY: Final = Principal("role", "", "000000000000")
"""Stands for a caller of whom nothing is known, to see what would be made of a principal of a member account."""
WHOSE: Final = "aws:PrincipalAccount"
"""The key that is unknown when it is not known whether the policy applies to the caller at all."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a policy is tried: its kind, SCP or RCP, and the accounts it would be attached to, None for all."""

    kind: str
    accounts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``word`` is one of DENY, NOT, UNKNOWN and OUTSIDE. ``why`` says why a policy does not apply to a call that is
    considered; ``keys`` are missing ones; ``statements`` are names of statements (sids, or ``statement N``)."""

    word: str
    why: str = ""
    keys: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """An outcome for each policy."""

    outcomes: tuple[Outcome, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The outcomes' words."""
        return tuple(each.word for each in self.outcomes)


class Judgement:
    """Judges rows of fields by policies of one kind and scope."""

    def __init__(self, policies: Sequence[CompiledPolicy], translation: Translation, scope: Scope) -> None:
        self._policies = policies
        self._translation = translation
        self._scope = scope
        self.by_owner = scope.kind == "RCP"
        self.fields = (*CALLER, OWNERS) if self.by_owner else CALLER
        """Fields that tell whether the policies apply at all."""

    def reach(self, row: Row) -> Outcome | None:
        """Why the policies do not apply to a call; None when they do, or may."""
        caller = caller_of(row)
        if not self.by_owner and caller.kind == "outside":
            return Outcome(NOT, "not a principal of any account")
        if not self.by_owner and caller.kind == "service":
            return Outcome(NOT, "a service's own call")
        if caller.service_linked:
            return Outcome(NOT, "a service-linked role")
        if not self.by_owner:
            return self._account(caller.account)
        owner = owner_of(row)
        out = self._account(owner.account)
        return out if owner.proved or out is None or out.word == OUTSIDE else None

    def standing(self, row: Row) -> object:
        """All that who called and whose the resource is say of the reach, also what holds once an action proves the
        owner: calls that differ in it must not be judged for each other."""
        proved = self._account(owner_of(row).account) if self.by_owner else None
        return self.reach(row), self.doubt(row), proved

    def doubt(self, row: Row) -> str:
        """The key that is missing to say whether the policies are about a call that is in their reach; empty when they
        are: an SCP for a caller of whom nothing is known, an RCP for a resource that may be anybody's."""
        if self.by_owner:
            return "" if owner_of(row).proved else RESOURCE_ACCOUNT
        return WHOSE if caller_of(row).kind == "unknown" else ""

    def judge(self, row: Row, keys: Iterable[str], actions: Collection[str] | None, *, resources: bool) -> Judged:
        """What is made of a call: denied when any of its requests is."""
        reach = self.reach(row)
        if reach is not None:
            return Judged((reach,) * len(self._policies))
        caller = caller_of(row)
        wanted = tuple(keys)
        requests = [
            self._translation.request(row, asked, wanted, caller)
            for asked in self._translation.asked(row, actions, resources=resources)
        ]
        if not self.by_owner and caller.kind == "unknown":
            requests = [replace(each, principal=_SOMEBODY, principal_account=_SOMEBODY.account) for each in requests]
        doubt = self.doubt(row)
        return Judged(tuple(self._outcome(policy, requests, doubt) for policy in self._policies))

    def _account(self, account: str | None) -> Outcome | None:
        if account is None:
            return None
        membership = self._translation.membership
        if membership is not None and account == membership.management:
            managed = self._scope.accounts is None or account in self._scope.accounts
            return Outcome(NOT, "the management account") if managed else Outcome(OUTSIDE)
        if membership is not None and account not in membership.paths:
            return Outcome(OUTSIDE)
        return Outcome(OUTSIDE) if self._scope.accounts is not None and account not in self._scope.accounts else None

    def _outcome(self, policy: CompiledPolicy, requests: list[Request], doubt: str) -> Outcome:
        verdicts = [policy.decide(request) for request in requests]
        denied = [each for each in verdicts if each.truth]
        named = [name for each in denied or verdicts for name in map(_name, each.statements)]
        if denied and not doubt:
            return Outcome(DENY, statements=tuple(dict.fromkeys(named)))
        keys = {key for each in verdicts if each.truth is None for key in each.unknown_keys}
        if denied or keys or any(each.truth is None for each in verdicts):
            if doubt and doubt.lower() not in map(str.lower, keys):
                keys.add(doubt)
            return Outcome(UNKNOWN, keys=tuple(sorted(keys)), statements=tuple(dict.fromkeys(named)))
        return Outcome(NOT)


def _name(statement: object) -> str:
    sid, index = getattr(statement, "sid", ""), getattr(statement, "index", 0)
    return sid or f"statement {index + 1}"
