"""Which guardrails of the organization an identity escapes, or could.

For each Deny statement of an SCP or RCP in force on its account: does a condition about the principal spare it, could
it become somebody who is spared (assume such a role, make one, tag itself), and can it change the policy itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from remit.rooms.authorization.asking import Asking
from remit.rooms.authorization.reach import ALLOWED, UNKNOWN, Judged
from remit.rooms.authorization.roles import Assumable
from remit.rooms.authorization.witness import meeting
from remit.rooms.iam import Document
from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement
from remit.rooms.iam.key_truth import KeyTest
from remit.rooms.iam.request import Facts, known_facts

_OF_PRINCIPAL: Final = ("aws:principal", "aws:userid", "aws:username", "aws:federatedprovider", "aws:sourceidentity")
_TAG: Final = "aws:principaltag/"
CHANGING: Final = (
    "organizations:DetachPolicy",
    "organizations:UpdatePolicy",
    "organizations:DeletePolicy",
    "organizations:DisablePolicyType",
    "organizations:MoveAccount",
)
"""Calls of the management account that take a guardrail away."""
OF_ROLE: Final = ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary",
                  "iam:PutRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy")  # fmt: skip
OF_USER: Final = ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPermissionsBoundary",
                  "iam:PutUserPermissionsBoundary", "iam:CreateAccessKey")  # fmt: skip
"""Calls by which an identity widens itself, when it may make them about itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """A way to become exempt: what is done, on what, and the decision about it."""

    way: str
    action: str
    on: str
    judged: Judged


@dataclass(frozen=True, slots=True)
class Guarded:
    """One Deny statement. ``spared`` is None when that is unknown, and then ``keys`` settle it; ``by`` are the
    conditions that spare (or may spare) the identity, ``further`` those about anything else."""

    kind: str
    level: int
    document: Document
    statement: CompiledStatement
    spared: bool | None
    by: tuple[str, ...]
    keys: tuple[str, ...]
    further: tuple[str, ...]
    steps: tuple[Step, ...]


def guarded(asking: Asking, assumed: Sequence[Assumable]) -> Iterator[Guarded]:
    """Every Deny statement in force on the identity's account."""
    guarding = asking.bearing.guarding
    for kind, levels in (("scp", guarding.scps), ("rcp", guarding.rcps)):
        for level, documents in enumerate(levels):
            for document in documents:
                for one in CompiledDocument(document).statements:
                    if not one.allows:
                        yield _guarded(asking, assumed, (kind, level, document), one)


def _guarded(
    asking: Asking, assumed: Sequence[Assumable], where: tuple[str, int, Document], one: CompiledStatement
) -> Guarded:
    about = [test for test in one.tests if test.key.startswith(_OF_PRINCIPAL)]
    facts = _facts(asking, about)
    sparing = [test for test in about if test.truth(facts) is False]
    open_ones = [test for test in about if test.truth(facts) is None]
    linked = asking.bearing.identity.linked
    spared = True if sparing or linked else None if open_ones else False
    steps = () if spared else tuple(_steps(asking, assumed, where[0], where[2].name, about))
    kept = sparing or open_ones
    return Guarded(
        *where, one, spared,
        tuple(written(test) for test in kept) if kept else ("a service-linked role",) if linked else (),
        tuple(dict.fromkeys(test.condition.key for test in open_ones)) if not sparing else (),
        tuple(written(test) for test in one.tests if test not in about),
        steps,
    )  # fmt: skip


def written(test: KeyTest) -> str:
    """A condition on one line: ``ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/Break*``."""
    condition = test.condition
    values = ", ".join(condition.values[:4])
    more = f" and {len(condition.values) - 4} more" if len(condition.values) > 4 else ""
    return f"{condition.spelled} {condition.key} {values}{more}"


def _facts(asking: Asking, tests: Sequence[KeyTest]) -> Facts:
    keys = [key for test in tests for key in (test.key, *test.variables)]
    return known_facts(asking.known, asking.around.open_keys("sts:GetCallerIdentity", keys))


def _steps(
    asking: Asking, assumed: Sequence[Assumable], kind: str, policy: str, about: Sequence[KeyTest]
) -> Iterator[Step]:
    """What it could do to be spared."""
    yield from _through(asking, assumed, kind, policy, about)
    for test in about:
        if test.negated and test.key == "aws:principalarn":
            yield from _made(asking, test)
        if test.key.startswith(_TAG):
            yield from _tagged(asking, test)


def _through(
    asking: Asking, assumed: Sequence[Assumable], kind: str, policy: str, about: Sequence[KeyTest]
) -> Iterator[Step]:
    """Roles it can assume that the statement spares, or on whose account the policy is not in force: an SCP is about
    principals of its accounts, an RCP about resources, whoever calls."""
    for each in assumed:
        role = each.role
        known: dict[str, tuple[str, ...]] = {_TAG + key.lower(): (value,) for key, value in role.tags.items()}
        facts = known_facts(known | {"aws:principalarn": (role.arn,), "aws:principalaccount": (role.account,)}, ())
        spared = any(test.truth(facts) is False for test in about if test.key in facts)
        if spared or (kind == "scp" and not asking.in_force(role.account, policy)):
            way = "assume a role that it spares" if spared else "assume a role of an account without it"
            yield Step(way, "sts:AssumeRole", role.arn, each.judged)


def _made(asking: Asking, test: KeyTest) -> Iterator[Step]:
    """A role of a name that is spared: making one takes iam:CreateRole on such a name."""
    form = f"arn:?*:iam::{asking.bearing.identity.account}:role/?*"
    for value in test.condition.values:
        named = meeting(value, form) if "${" not in value else None
        judged = asking.ask("iam:CreateRole", named) if named else None
        if judged is not None and judged.decision in (ALLOWED, UNKNOWN):
            yield Step("make a role of a name that it spares", "iam:CreateRole", value, judged)


def _tagged(asking: Asking, test: KeyTest) -> Iterator[Step]:
    """Tagging itself, or its session when it assumes a role."""
    identity, key = asking.bearing.identity, test.condition.key.partition("/")[2]
    kind = "Role" if identity.kind == "role" else "User"
    given: dict[str, tuple[str, ...]] = {"aws:tagkeys": (key,)}
    if not test.negated and test.test != "Null":
        action = f"iam:Untag{kind}"
    else:
        values = tuple(each for each in test.condition.values if "*" not in each and "${" not in each)[:1]
        action = f"iam:Tag{kind}"
        given[f"aws:requesttag/{key.lower()}"] = values or ("any",)
    judged = asking.ask(action, identity.arn, given)
    if judged.decision in (ALLOWED, UNKNOWN):
        yield Step(f"set the tag {key} on itself", action, identity.arn, judged)


def widening(asking: Asking) -> Iterator[Step]:
    """Calls by which the identity could widen its own permissions or drop its boundary."""
    identity = asking.bearing.identity
    for action in OF_ROLE if identity.kind == "role" else OF_USER:
        if "Boundary" in action and identity.boundary is None:
            continue
        judged = asking.ask(action, identity.arn)
        if judged.decision in (ALLOWED, UNKNOWN):
            yield Step("widen its own permissions", action, identity.arn, judged)


def changing(asking: Asking) -> Iterator[Step]:
    """Calls to AWS Organizations that take a guardrail away. They work from the management account, and from one that
    it delegated policies to."""
    for action in CHANGING:
        judged = asking.ask(action, "*")
        if judged.decision in (ALLOWED, UNKNOWN):
            yield Step("change the organization's policies", action, "*", judged)
