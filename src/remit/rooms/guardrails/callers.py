"""Who made a stored call, as a policy sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from remit.rooms.guardrails.record import SESSION, Row
from remit.rooms.iam import Principal

CALLER: Final = ("principal_type", "issuer", "caller", "account")
"""Fields that tell who called."""
_ARN: Final = re.compile(r"arn:[a-z0-9-]+:(iam|sts)::(\d{12}):(.+)", re.S)
_OUTSIDE_IAM: Final = frozenset({"WebIdentityUser", "SAMLUser", "IdentityCenterUser", "Directory"})
"""Types of identities that call without credentials of an account: a token, a sign-in page, a portal."""
_NOBODY: Final = Principal("anonymous", "")


@dataclass(frozen=True, slots=True)
class Membership:
    """What is known of the organization: its id, its management account, and each account's path in it
    (``o-a/r-b/ou-c/``)."""

    id: str
    management: str
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """``arn`` is what ``aws:PrincipalArn`` has, None when that is not known; ``account`` likewise. ``kind``: role,
    user, root, federated-user, service, outside (no credentials of an account), or unknown."""

    kind: str
    principal: Principal
    arn: str | None = None
    account: str | None = None

    @property
    def of_account(self) -> bool:
        """Whether it is a principal of an account."""
        return self.kind in ("role", "user", "root", "federated-user")

    @property
    def service_linked(self) -> bool:
        """Whether it is a role that only a service can use."""
        return self.principal.service_linked


def caller_of(row: Row) -> Caller:
    """Who called, as far as the record says."""
    kind, issuer, named = (row.get(name) for name in ("principal_type", "issuer", "caller"))
    if kind == "AWSService":
        return Caller("service", Principal("service", str(named or "")))
    if kind in _OUTSIDE_IAM:
        return Caller("outside", Principal("federated", str(named or "")))
    matched = _ARN.fullmatch(str(issuer if kind == SESSION and issuer else named or ""))
    if matched is None:
        return Caller("unknown", _NOBODY)
    return _by_arn(matched[1], matched[2], matched[3], matched[0])


def _by_arn(service: str, account: str, rest: str, text: str) -> Caller:
    word, _, name = rest.partition("/")
    if service == "iam" and word == "role":
        linked = name.startswith("aws-service-role/")
        return Caller("role", Principal("role", text, account, name.rpartition("/")[2], linked), text, account)
    if service == "iam" and word == "user":
        return Caller("user", Principal("user", text, account), text, account)
    if rest == "root":
        return Caller("root", Principal("root", text, account), text, account)
    if service == "sts" and word == "federated-user":
        return Caller("federated-user", Principal("federated-user", text, account), text, account)
    if service == "sts" and word == "assumed-role":  # the role's path is not in it, so its ARN is not known
        role = name.partition("/")[0]
        linked = role.startswith("AWSServiceRoleFor")
        return Caller("role", Principal("session", text, account, role, linked), None, account)
    return Caller("unknown", _NOBODY)
