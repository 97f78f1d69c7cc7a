"""Which gates and ways there are for a request, by its kind of principal and the accounts on both sides.

They follow AWS's evaluation within one account and across accounts. Within one, a resource policy that names the
user, the session or everyone grants by itself; one that names the role grants within boundary and session policy;
one that names the account leaves it to identity policies. A KMS key's and a role's own policy must agree in any
case. Across accounts both sides must allow.
"""

from __future__ import annotations

import re
from typing import Final

from remit.rooms.iam.policies import Plan
from remit.rooms.iam.principals import ACCOUNT, DIRECT, ROLE
from remit.rooms.iam.request import RESOURCE, RESOURCE_ACCOUNT, Request
from remit.rooms.iam.ways import Group, Ways

_KEY_ARN: Final = re.compile(r"arn:[^:]*:kms:[^:]*:[^:]*:key/.*", re.DOTALL)
_WITHOUT_ACCOUNT: Final = frozenset({"service", "federated", "anonymous"})
_ROLE_ARN: Final = re.compile(r"arn:[^:]*:iam::[^:]*:role/.*", re.DOTALL)


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
