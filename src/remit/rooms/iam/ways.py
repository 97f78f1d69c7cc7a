"""How a request can come to be allowed: gates that all must open, and ways of which one must.

The ways follow AWS's evaluation within one account and across accounts. Within one, a resource policy that names the
user, the session or everyone grants by itself; one that names the role grants within boundary and session policy;
one that names the account leaves it to identity policies. A KMS key's and a role's own policy must agree in any
case. Across accounts both sides must allow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from remit.rooms.iam.policies import Determining, Plan, Ranked
from remit.rooms.iam.principals import ACCOUNT, DIRECT, ROLE
from remit.rooms.iam.request import RESOURCE, RESOURCE_ACCOUNT, Request

_KEY_ARN: Final = re.compile(r"arn:[^:]*:kms:[^:]*:[^:]*:key/.*", re.DOTALL)
_WITHOUT_ACCOUNT: Final = frozenset({"service", "federated", "anonymous"})
_ROLE_ARN: Final = re.compile(r"arn:[^:]*:iam::[^:]*:role/.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Group:
    """Allow statements of which one must apply; ``form`` narrows a resource policy's to those that name the principal
    so (see ``principals``). ``always`` for what needs no statement: an account's root user."""

    kind: str
    level: int | None
    statements: tuple[Ranked, ...]
    form: int | None = None
    always: bool = False
    doubted: str = ""
    """For what hangs on the resource alone, the unknown key that would tell: ``resource``, whether its own policy has
    the last word; ``aws:resourceaccount``, whether it is the principal's account's."""
    fixed: tuple[Determining, ...] | None = field(init=False)
    """What determines it whatever the request, where none of its statements asks anything of one; else None."""

    def __post_init__(self) -> None:
        plain = not self.doubted and self.form is None and all(one.statement.always for one in self.statements)
        fixed = tuple(one.told for one in self.statements) if plain else None
        object.__setattr__(self, "fixed", fixed)

    def truth(self, request: Request) -> bool | None:
        """Whether one of them applies; None when that is unknown."""
        if self.fixed is not None:
            return self.always or bool(self.fixed)
        unknown = bool(self.doubted)
        for one in self.statements:
            if self.form is not None and not self.takes(one, request):
                continue
            found = one.statement.truth(request)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    def takes(self, one: Ranked, request: Request) -> bool:
        """Whether the statement names the principal in the group's form; a canonical user id, known or not, stands
        for an account."""
        if self.form is None:
            return True
        named = one.statement.named(request)
        if named is None:
            listed = one.statement.statement.principals
            named = DIRECT if listed is not None and listed.negated else ACCOUNT
        return named == self.form

    def applying(self, request: Request) -> tuple[Determining, ...]:
        """The statements that apply."""
        if self.fixed is not None:
            return self.fixed
        return tuple(one.told for one in self.statements if self.takes(one, request) and one.statement.truth(request))


@dataclass(frozen=True, slots=True)
class Ways:
    """Every gate, and all groups of one way, must have an Allow."""

    gates: tuple[Group, ...]
    ways: tuple[tuple[Group, ...], ...]
    doubtful: tuple[Group, ...] = field(init=False)
    """The gates that are not open for every request."""
    live: tuple[tuple[Group, ...], ...] = field(init=False)
    """The ways in which every group has a statement at all."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "doubtful", tuple(gate for gate in self.gates if not gate.fixed))
        live = tuple(way for way in self.ways if all(map(_may_open, way)))
        object.__setattr__(self, "live", live)

    def truth(self, request: Request) -> bool | None:
        """Whether the request is allowed, denials aside; None when that is unknown."""
        found: bool | None = True
        for gate in self.doubtful:
            opened = gate.truth(request)
            if opened is False:
                return False
            if opened is None:
                found = None
        granted: bool | None = False
        for way in self.live:
            truth = _all(way, request)
            if truth:
                return found
            if truth is None:
                granted = None
        return granted

    def granting(self, request: Request) -> tuple[Determining, ...]:
        """The Allow statements that apply in the gates and in every way that is open."""
        found: list[Determining] = []
        for gate in self.gates:
            found += gate.applying(request)
        opened = [way for way in self.live if _all(way, request)]
        for group in opened[0] if len(opened) == 1 else dict.fromkeys(group for way in opened for group in way):
            found += group.applying(request)
        return tuple(found) if len(opened) == 1 else tuple(dict.fromkeys(found))

    def wanting(self, request: Request) -> tuple[Group, ...]:
        """The gates that are shut, and of the ways that lack least what they lack."""
        shut = tuple(gate for gate in self.gates if gate.truth(request) is False)
        lacking = [[group for group in way if group.truth(request) is False] for way in self.ways]
        least = min(map(len, lacking), default=0)
        return shut + tuple(group for groups in lacking if len(groups) == least for group in groups)


def _may_open(group: Group) -> bool:
    return bool(group.always or group.doubted or group.statements)


def _all(groups: tuple[Group, ...], request: Request) -> bool | None:
    found: bool | None = True
    for group in groups:
        truth = group.truth(request)
        if truth is False:
            return False
        if truth is None:
            found = None
    return found


def ways_of(request: Request, plan: Plan) -> Ways:
    """The gates and ways for the request's kind of principal and the accounts on both sides."""
    cross = None if request.account_unknown else request.principal_account != request.resource_account
    sort = (request.principal.form, cross, False if cross else has_the_last_word(request))
    found = plan.ways.get(sort)
    if found is None:
        found = plan.ways[sort] = _ways(plan, *sort)
    return found


def _ways(plan: Plan, form: str, cross: bool | None, last_word: bool | None) -> Ways:
    gates = []
    own: dict[str, Group] = {}
    for layer, allows in plan.allows:
        if layer.kind in ("scp", "endpoint"):
            gates.append(Group(layer.kind, layer.level, allows))
        elif layer.kind != "rcp":  # whose Allow, RCPFullAWSAccess, can never be taken away
            own[layer.kind] = Group(layer.kind, layer.level, allows)
    identity = own.get("identity", Group("identity", None, ()))
    limits = tuple(own[kind] for kind in ("boundary", "session") if kind in own)
    if form == "root":
        identity, limits = Group("identity", None, (), always=True), ()
    statements = own["resource"].statements if "resource" in own else ()
    direct, by_role, by_account = (Group("resource", None, statements, one) for one in (DIRECT, ROLE, ACCOUNT))
    if form in _WITHOUT_ACCOUNT:
        return Ways(tuple(gates), ((direct,),))
    both_sides = (identity, *limits, Group("resource", None, statements))
    if cross:
        return Ways(tuple(gates), (both_sides,))
    within = ((direct,), (by_role, *limits), *_own_ways(by_account, (identity, *limits), last_word))
    if cross is None:  # what both sides allow is allowed within one account too
        own_account = Group("resource", None, (), doubted=RESOURCE_ACCOUNT)
        within = (both_sides, *((own_account, *way) for way in within))
    return Ways(tuple(gates), within)


def _own_ways(by_account: Group, own: tuple[Group, ...], last_word: bool | None) -> tuple[tuple[Group, ...], ...]:
    """How the account's own policies allow: alone, with the resource's, or one of both, nobody knows which."""
    with_resource = (by_account, *own)
    if last_word is None:
        return (with_resource, (Group("resource", None, (), doubted=RESOURCE), *own))
    return (with_resource if last_word else own,)


def has_the_last_word(request: Request) -> bool | None:
    """Whether the resource's own policy must allow even within its account: a KMS key, or a role to be assumed. None
    when the resource is not known and may be one."""
    assumes = request.service == "sts" and not request.folded_action.startswith("sts:get")
    if not assumes and request.service != "kms":
        return False
    if request.resource is None:
        return None
    return (_ROLE_ARN if assumes else _KEY_ARN).fullmatch(request.resource) is not None
