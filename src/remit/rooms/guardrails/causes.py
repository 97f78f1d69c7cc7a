"""Which statement of the organization's policies stopped a call, and why: judged as it stood when the call was made.

A call is denied by any Deny statement of an SCP or RCP in force above its account, or for want of an Allow statement at
one level of SCPs. Every statement that could be the cause is found; one that cannot be settled comes with the keys that
would settle it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from remit.rooms.guardrails.callers import CALLER, Caller, caller_of
from remit.rooms.guardrails.conditions_told import Told, tell
from remit.rooms.guardrails.global_key_readings import Asked
from remit.rooms.guardrails.owners import RESOURCE_ACCOUNT, owner_of
from remit.rooms.guardrails.record import Row
from remit.rooms.guardrails.requests import OPERATION, RESOURCES, Translation
from remit.rooms.guardrails.verdicts import WHOSE
from remit.rooms.iam import CompiledPolicy, Principal, Request, Statement
from remit.rooms.iam.vocabulary import fold

FOUND: Final = "found"
UNKNOWN: Final = "unknown"
NONE: Final = "none"
OUT_OF_REACH: Final = "out_of_reach"
"""No policy of the organization limits such a caller or account."""
RECORDED: Final = ("deny_action", "deny_resource", "deny_policy_type", "deny_policy_arn", "deny_implicit")
"""What the record's own message says of the refusal."""
_SOMEBODY: Final = Principal("role", "", "000000000000")
_MOST_ACTIONS: Final = 4096


@dataclass(frozen=True, slots=True)
class Standing:
    """A version of a policy in force on a level. ``since`` is microseconds since the epoch, None for as long as is
    known; ``compiled`` is None for a document that cannot be read, and ``trouble`` then says why."""

    policy: str
    name: str
    arn: str
    kind: str
    level: str
    level_name: str
    since: int | None = None
    compiled: CompiledPolicy | None = field(default=None, compare=False)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A statement that denies a call, or may. ``standing`` is None where a level of SCPs allows it in no statement
    (``level`` and ``level_name`` then say which); ``keys`` are the missing ones of a cause that is not settled."""

    level: str
    level_name: str
    kind: str
    action: str
    standing: Standing | None = None
    statement: Statement | None = None
    told: tuple[Told, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether it is known to deny."""
        return not self.keys

    @property
    def name(self) -> str:
        """The statement's sid, or its place in the document."""
        if self.statement is None:
            return ""
        return self.statement.sid or f"statement {self.statement.index + 1}"


@dataclass(frozen=True, slots=True)
class Causes:
    """``word`` is FOUND, UNKNOWN, NONE or OUT_OF_REACH; ``why`` says more of the last two and of what is unknown."""

    word: str
    causes: tuple[Cause, ...] = ()
    keys: tuple[str, ...] = ()
    why: str = ""


class InForce:
    """The policies of one kind above one account, level by level, root first. ``applies`` is False where no policy of
    the kind limits that account at all: the management account, an account that is no member, a kind switched off."""

    def __init__(self, kind: str, levels: Sequence[tuple[str, str, Sequence[Standing]]], why: str = "") -> None:
        self.kind = kind
        self.levels = levels
        self.why = why
        self._every = tuple(each for _, _, standing in levels for each in standing)
        self.unreadable = tuple(each for each in self._every if each.compiled is None)
        self.allowing = tuple(_allowing(levels)) if kind == "SCP" else ()
        """Of each level of SCPs that is known whole: its id and name, and the policies that allow anything."""
        self._keys: dict[str, frozenset[str]] = {}
        self._about: dict[str, tuple[tuple[Standing, CompiledPolicy], ...]] = {}

    def about(self, action: str) -> tuple[tuple[Standing, CompiledPolicy], ...]:
        """The policies of which a Deny statement speaks of the action; remembered for the next call."""
        folded = fold(action)
        found = self._about.get(folded)
        if found is None:
            if len(self._about) >= _MOST_ACTIONS:
                self._about.clear()
            readable = ((each, each.compiled) for each in self._every if each.compiled is not None)
            found = tuple((each, compiled) for each, compiled in readable if compiled.concerns(action))
            self._about[folded] = found
        return found

    def keys(self, action: str) -> frozenset[str]:
        """The condition keys that bear on it, as the policies spell them."""
        folded = fold(action)
        found = self._keys.get(folded)
        if found is None:
            if len(self._keys) >= _MOST_ACTIONS:
                self._keys.clear()
            found = self._keys[folded] = frozenset(self._spelled(action))
        return found

    def _spelled(self, action: str) -> Iterable[str]:
        for _, compiled in self.about(action):
            keys = compiled.condition_keys(action)
            if keys:
                names = {fold(test.key): test.key for each in compiled.document.statements for test in each.conditions}
                yield from (names.get(key, key) for key in keys)


def _allowing(
    levels: Sequence[tuple[str, str, Sequence[Standing]]],
) -> Iterable[tuple[str, str, tuple[CompiledPolicy, ...]]]:
    """Levels with their policies that have an Allow statement. A level is left out where nothing follows from its want
    of one: the file names no SCP of it (AWS leaves no level without), or one of its SCPs cannot be read."""
    for level, name, standing in levels:
        readable = [each.compiled for each in standing if each.compiled is not None]
        if readable and len(readable) == len(standing):
            allow = (one for one in readable if any(each.effect == "Allow" for each in one.document.statements))
            yield level, name, tuple(allow)


def asked_of(row: Row, translation: Translation) -> list[Asked]:
    """The permissions to judge: the one that the record says was refused, else every one that the call needs."""
    named, resource = row.get("deny_action"), row.get("deny_resource")
    arn = str(resource) if resource and str(resource).startswith("arn:") else None
    every = list(translation.asked(row))
    if not named:
        return every
    same = [each for each in every if fold(each.action) == fold(str(named))]
    if not same:
        return [Asked(str(named), arn)]
    return [replace(each, resource=arn) if arn and each.resource is None else each for each in same]


def fields_for(translation: Translation, keys: Iterable[str]) -> frozenset[str]:
    """Every field of a call that naming its cause looks at, given the keys that bear on it."""
    return frozenset({*OPERATION, *CALLER, *RESOURCES, *RECORDED}) | translation.fields(keys, resources=True)


def name_causes(row: Row, translation: Translation, scps: InForce, rcps: InForce) -> Causes:
    """What stopped a call, among the SCPs above the caller's account and the RCPs above the resource's."""
    caller = caller_of(row)
    asked = asked_of(row, translation)
    if not asked:
        return Causes(UNKNOWN, why="The record names no permission that could be judged.", keys=("permission",))
    excused = _excused(caller, scps)
    kinds = (rcps, *(() if excused else (scps,)))
    doubts = [_doubt(row, caller, each) for each in kinds]
    requests = [_requests(row, asked, caller, translation, each) for each in kinds]
    found: list[Cause] = []
    for in_force, made, doubt in zip(kinds, requests, doubts, strict=True):
        found += _denying(made, in_force, doubt)
        found += [each for request in made for each in _not_allowed(request, in_force, doubt)]
    if not any(each.settled for each in found):
        for in_force, made, doubt in zip(kinds, requests, doubts, strict=True):
            found += _open(made, in_force, doubt)
    limited = bool(rcps.levels) and not rcps.why and not caller.service_linked
    return _concluded(list(dict.fromkeys(found)), excused, scps, rcps, limited=limited)


def _doubt(row: Row, caller: Caller, in_force: InForce) -> tuple[str, ...]:
    """The key that is missing to say whether policies of a kind are about the call at all: whose the caller is, or
    whose the resource, unless the record says itself that an RCP refused it."""
    if in_force.kind == "SCP":
        return () if caller.of_account else (WHOSE,)
    return () if owner_of(row).proved or row.get("deny_policy_type") == "rcp" else (RESOURCE_ACCOUNT,)


def _excused(caller: Caller, scps: InForce) -> str:
    """Why no SCP limits the caller; empty when one may."""
    if caller.kind == "service":
        return "no SCP limits a service's own call"
    if caller.kind == "outside":
        return "no SCP limits a caller without credentials of an account"
    return "no SCP limits a service-linked role" if caller.service_linked else scps.why


def _requests(
    row: Row, asked: Iterable[Asked], caller: Caller, translation: Translation, in_force: InForce
) -> list[Request]:
    """The requests as policies of one kind see them; of a caller who may be of an account, as if somebody of it."""
    made = [translation.request(row, each, in_force.keys(each.action), caller) for each in asked]
    if in_force.kind == "SCP" and not caller.of_account:
        return [replace(each, principal=_SOMEBODY, principal_account=_SOMEBODY.account) for each in made]
    return made


def _denying(requests: Iterable[Request], in_force: InForce, doubt: tuple[str, ...]) -> Iterable[Cause]:
    """Statements that are known to deny, if the policies are about the call at all."""
    for request in requests:
        for standing, compiled in in_force.about(request.action):
            for each in compiled.denying(request):
                yield _cause(standing, each, request, doubt)


def _open(requests: Iterable[Request], in_force: InForce, doubt: tuple[str, ...]) -> Iterable[Cause]:
    """Statements of which it is not known whether they deny, with the keys that would tell."""
    for request in requests:
        for standing, compiled in in_force.about(request.action):
            verdict = compiled.decide(request)
            if verdict.truth is None:
                keys = tuple(dict.fromkeys((*verdict.unknown_keys, *doubt)))
                yield from (_cause(standing, each, request, keys) for each in verdict.statements)


def _cause(standing: Standing, statement: Statement, request: Request, keys: tuple[str, ...]) -> Cause:
    place = (standing.level, standing.level_name)
    return Cause(*place, standing.kind, request.action, standing, statement, tell(statement, request), keys)


def _not_allowed(request: Request, in_force: InForce, doubt: tuple[str, ...]) -> Iterable[Cause]:
    """Levels of which no SCP allows the action; none for a caller of the management account, whom none limits."""
    if request.principal_org_management or not request.principal.in_account:
        return
    for level, name, allowing in in_force.allowing:
        keys: set[str] = set()
        for each in allowing:
            verdict = each.allows(request)
            if verdict.truth:
                break
            keys.update(verdict.unknown_keys)
        else:
            yield Cause(level, name, "SCP", request.action, keys=tuple(sorted(keys.union(doubt))))


def _concluded(found: list[Cause], excused: str, scps: InForce, rcps: InForce, *, limited: bool) -> Causes:
    """``limited`` says whether an RCP may stop the call."""
    settled = tuple(each for each in found if each.settled)
    if settled:
        return Causes(FOUND, settled)
    unreadable = (*(() if excused else scps.unreadable), *rcps.unreadable)
    if found or unreadable:
        keys = tuple(sorted({key for each in found for key in each.keys}))
        named = ", ".join(dict.fromkeys(each.name or each.policy for each in unreadable))
        why = f"In force there and cannot be read: {named}." if named else ""
        return Causes(UNKNOWN, tuple(found), keys, why)
    if excused and not limited:
        return Causes(OUT_OF_REACH, why=f"{excused[:1].upper()}{excused[1:]}.")
    return Causes(NONE, why=f"{excused[:1].upper()}{excused[1:]}." if excused else "")
