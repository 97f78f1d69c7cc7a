"""The decision: what AWS would answer a request under these policies, or which keys would tell.

A decision is ``allowed``, ``explicitly_denied``, ``implicitly_denied`` or ``unknown``. It is unknown exactly when the
unknown keys can have values that lead to different decisions; what an unknown variable would match, and what an unknown
resource would, counts as independent of everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.reference.aws_rcp import RCP_EXEMPT_ACTIONS, RCP_SERVICES
from remit.rooms.iam.allowing import ways_of
from remit.rooms.iam.policies import Plan, Policies
from remit.rooms.iam.ranked import Determining
from remit.rooms.iam.request import Request
from remit.rooms.iam.settling import settle
from remit.rooms.iam.ways import Group, Ways

ALLOWED: Final = "allowed"
EXPLICITLY_DENIED: Final = "explicitly_denied"
IMPLICITLY_DENIED: Final = "implicitly_denied"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Missing:
    """A kind of policy whose Allow was wanting, at which level."""

    kind: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer. ``unknown_keys`` is the smallest set that settles an unknown decision whatever the keys turn out to
    be; ``possible`` are the decisions that may come of it; ``missing`` says, for an implicit denial, which kinds of
    policy allowed nothing; ``errors`` tells of values that could not be read."""

    decision: str
    determining: tuple[Determining, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    errors: tuple[str, ...] = ()


def evaluate(request: Request, policies: Policies) -> Evaluation:
    """What AWS would decide. Raises nothing: what cannot be read of a request leaves the decision unknown."""
    plan = policies.plan(request.folded_action, scps_apply(request), rcps_apply(request))
    denied, open_denies = _denials(plan, request)
    if denied:
        return Evaluation(EXPLICITLY_DENIED, tuple(denied), possible=(EXPLICITLY_DENIED,))
    ways = ways_of(request, plan)
    allowed = ways.truth(request)
    if allowed is None or open_denies:
        return _unsettled(request, plan, ways)
    if allowed:
        return Evaluation(ALLOWED, ways.granting(request), possible=(ALLOWED,))
    return Evaluation(IMPLICITLY_DENIED, missing=_missing(ways, request), possible=(IMPLICITLY_DENIED,))


def _denials(plan: Plan, request: Request) -> tuple[list[Determining], bool]:
    """The Deny statements that apply, and whether there are any of which that is unknown."""
    found, unknown = [], False
    for truth, told in plan.deny_tests:
        applies = truth(request)
        if applies:
            found.append(told)
        elif applies is None:
            unknown = True
    return found, unknown


def scps_apply(request: Request) -> bool:
    """SCPs limit the principals of member accounts: no service, no service-linked role, nobody of the management
    account, nobody without an account."""
    principal = request.principal
    linked = request.principal_is_service_linked or principal.service_linked
    return principal.in_account and not linked and not request.principal_org_management


def rcps_apply(request: Request) -> bool:
    """RCPs limit resources of member accounts, of the services that support them, for all but service-linked roles."""
    if request.service not in RCP_SERVICES or request.folded_action in RCP_EXEMPT_ACTIONS:
        return False
    own = request.principal_account == request.resource_account and not request.account_unknown
    managed = request.resource_org_management or (request.principal_org_management and own)
    return not (managed or request.principal_is_service_linked or request.principal.service_linked)


def _unsettled(request: Request, plan: Plan, ways: Ways) -> Evaluation:
    """The decision where some statement is unknown: settled after all, or unknown with its keys."""
    found = settle(request, plan.denies, ways)
    errors = tuple(_unread(request, plan)) + found.errors
    names = {
        (True, False, False): EXPLICITLY_DENIED,
        (False, True, False): ALLOWED,
        (False, False, True): IMPLICITLY_DENIED,
    }
    possible = tuple(
        name
        for name, open_ in zip((EXPLICITLY_DENIED, ALLOWED, IMPLICITLY_DENIED), found.possible, strict=True)
        if open_
    )
    decision = names.get(found.possible, UNKNOWN)
    missing = _missing(ways, request) if decision == IMPLICITLY_DENIED else ()
    determining = tuple(one.told for one in found.determining) if decision != IMPLICITLY_DENIED else ()
    return Evaluation(decision, determining, found.keys if decision == UNKNOWN else (), possible, missing, errors)


def _unread(request: Request, plan: Plan) -> list[str]:
    """A sentence for every value of the request that no test could read."""
    ranked = [*plan.denies, *(one for _, allows in plan.allows for one in allows)]
    tests = [test for one in ranked for test in one.statement.unread(request)]
    said = dict.fromkeys(
        f"The request's {test.condition.key} cannot be read as what {test.condition.operator} compares"
        for test in tests
    )
    return list(said)


def _missing(ways: Ways, request: Request) -> tuple[Missing, ...]:
    groups: tuple[Group, ...] = ways.wanting(request)
    return tuple(dict.fromkeys(Missing(group.kind, group.level) for group in groups))
