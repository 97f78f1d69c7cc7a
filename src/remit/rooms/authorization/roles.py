"""Which roles an identity can assume, and which it can hand to a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from remit.rooms.authorization.asking import Asking
from remit.rooms.authorization.details import Details, Identity
from remit.rooms.authorization.reach import ALLOWED, UNKNOWN, Judged
from remit.rooms.authorization.witness import meeting
from remit.rooms.iam import Document
from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement

ASSUME = "sts:AssumeRole"
PASS = "iam:PassRole"  # noqa: S105 - an action's name


@dataclass(frozen=True, slots=True)
class Assumable:
    """A role and the decision about assuming it: both sides in one."""

    role: Identity
    judged: Judged


@dataclass(frozen=True, slots=True)
class Passable:
    """A role and the decision about passing it to one service that it trusts."""

    role: Identity
    service: str
    judged: Judged


def assumable(asking: Asking, details: Details) -> Iterator[Assumable]:
    """Every role of the exports that the identity may assume, or may perhaps."""
    identity = asking.bearing.identity
    for role in details.roles():
        if role.arn == identity.arn or role.linked or role.trust is None or not _admits(role.trust, identity.account):
            continue
        judged = asking.ask(ASSUME, role.arn, policy=role.trust, owner=role.account)
        if judged.decision in (ALLOWED, UNKNOWN):
            yield Assumable(role, judged)


def elsewhere(asking: Asking, details: Details) -> tuple[str, ...]:
    """Patterns of roles in accounts without an export that identity policies allow to assume."""
    found: list[str] = []
    for one in _allowing(asking, ASSUME):
        for pattern in one.statement.resources or ():
            parts = pattern.split(":", 5)
            account = parts[4] if len(parts) == 6 else "*"
            if account not in details.accounts and (pattern == "*" or meeting(pattern, "arn:?*:iam::?*:role/?*")):
                found.append(pattern)
    return tuple(dict.fromkeys(found))


def passable(asking: Asking, details: Details) -> Iterator[Passable]:
    """Every role of its own account that the identity may pass to a service that the role trusts."""
    identity = asking.bearing.identity
    if not _allowing(asking, PASS) and not identity.wanting:
        return
    for role in details.roles():
        if role.account != identity.account or role.linked or role.trust is None:
            continue
        for service in trusted_services(role.trust):
            judged = asking.ask(PASS, role.arn, {"iam:passedtoservice": (service,)})
            if judged.decision in (ALLOWED, UNKNOWN):
                yield Passable(role, service, judged)


def trusted_services(trust: Document) -> tuple[str, ...]:
    """The services that a trust policy admits."""
    named = (one.principals.service for one in trust.statements if one.effect == "Allow" and one.principals)
    return tuple(dict.fromkeys(service for each in named for service in each))


def _admits(trust: Document, account: str) -> bool:
    """Whether a trust policy may admit somebody of the account; the engine tells for sure."""
    for one in trust.statements:
        listed = one.principals
        if one.effect != "Allow" or listed is None:
            continue
        if listed.anyone or listed.negated or listed.canonical or any(_may_be(text, account) for text in listed.aws):
            return True
    return False


def _may_be(text: str, account: str) -> bool:
    return account in text or (text.startswith("A") and text.isalnum())


def _allowing(asking: Asking, action: str) -> list[CompiledStatement]:
    documents = asking.bearing.identity.documents
    return list(CompiledDocument(*documents).speaking_of(action.lower()).allows)
