"""What is asked of the policies: one principal, one action, one resource, and what is known of the circumstances."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from remit.model.errors import PolicyError
from remit.rooms.iam.vocabulary import fold

Facts = Mapping[str, tuple[str, ...] | None]
"""Folded condition key -> values; None when the key is unknown; no entry when it is known to be absent."""
RESOURCE: Final = "resource"
"""What ``unknown_keys`` calls the resource's ARN when it is the ARN that is not known."""
RESOURCE_ACCOUNT: Final = "aws:resourceaccount"
CANONICAL_USER: Final = "principal_canonical_user"
"""What ``unknown_keys`` calls the canonical user id of the principal's account."""

_ARN: Final = re.compile(r"arn:[a-z0-9-]+:(iam|sts)::(\d{12}):(root|[a-z-]+/[!-~]+)", re.ASCII)
_ACTION: Final = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_.-]+", re.ASCII)
_ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)
_ACCESS_POINT: Final = re.compile("accesspoint[/:]", re.ASCII)
_LONGEST: Final = 8192
_FORMS: Final = {"user": "user", "role": "role", "assumed-role": "session", "federated-user": "federated-user"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``form`` is user, role, session, federated-user, root, service, federated or anonymous; ``text`` the
    ARN, the service's or the identity provider's name; ``role`` the role's name for a role or its session."""

    form: str
    text: str
    account: str | None = None
    role: str = ""
    service_linked: bool = False

    @property
    def in_account(self) -> bool:
        """Whether it belongs to an account, so that identity policies and SCPs are about it."""
        return self.account is not None


@dataclass(frozen=True, slots=True)
class Request:
    """One call to be judged. ``context`` is taken as it is given: no key is derived from the rest, a key that is
    neither in it nor unknown is absent. ``unknown_keys`` may name a family: ``aws:ResourceTag/*``; they win over
    ``context``. ``resource`` is an ARN, ``*`` for an action without one, None when it is not known; ``resource`` and
    ``principal_canonical_user`` among ``unknown_keys`` make these unknown, whatever was given."""

    principal: Principal
    action: str
    resource: str | None
    principal_account: str | None = None
    resource_account: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown_keys: frozenset[str] = frozenset()
    principal_is_service_linked: bool = False
    principal_org_management: bool = False
    resource_org_management: bool = False
    principal_canonical_user: str | None = None
    account_unknown: bool = field(init=False, compare=False, default=False)
    """Nobody told the resource's account, its ARN has none, and ``aws:ResourceAccount`` is unknown."""
    folded_action: str = field(init=False, compare=False)
    service: str = field(init=False, compare=False)
    facts: Facts = field(init=False, compare=False)

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "folded_action", fold(self.action))
        keep(self, "service", self.folded_action.partition(":")[0])
        keep(self, "facts", known_facts(self.context, self.unknown_keys))
        for member in {RESOURCE, CANONICAL_USER} & self.unknown_keys:
            keep(self, member, None)
        if self.principal_account is None:
            keep(self, "principal_account", self.principal.account)
        if self.resource_account is None:
            keep(self, "resource_account", self._guessed_account())

    def _guessed_account(self) -> str | None:
        """The resource's account where nobody told it: the ARN's, the context's, else the principal's own."""
        owner = account_of(self.resource)
        if owner is not None:
            return owner
        told = self.facts.get(RESOURCE_ACCOUNT, ())
        if told is None and RESOURCE_ACCOUNT in map(fold, self.unknown_keys):
            object.__setattr__(self, "account_unknown", True)
        return told[0] if told else self.principal_account


def account_of(arn: str | None) -> str | None:
    """The account that owns what an ARN names, where the ARN tells it: a bucket's has none, and the account in the ARN
    of an S3 access point need not be its bucket's."""
    parts = (arn or "").split(":", 5)
    if len(parts) < 6 or not _ACCOUNT.fullmatch(parts[4]):
        return None
    return None if parts[2].startswith("s3") and _ACCESS_POINT.match(parts[5]) else parts[4]


class _FamilyFacts(dict[str, tuple[str, ...] | None]):
    """Facts where whole families of keys, such as all tags of the resource, are unknown."""

    def __init__(self, facts: Mapping[str, tuple[str, ...] | None], families: tuple[str, ...]) -> None:
        super().__init__(facts)
        self.families = families

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dict, but a key of an unknown family is unknown."""
        return None if key.startswith(self.families) else super().get(key, default)


def known_facts(context: Mapping[str, tuple[str, ...]], unknown_keys: Iterable[str]) -> Facts:
    """The context with folded keys, unknown ones set to None."""
    facts: dict[str, tuple[str, ...] | None] = {fold(key): values for key, values in context.items()}
    families = tuple(fold(key)[:-1] for key in unknown_keys if key.endswith("*"))
    facts.update(dict.fromkeys((fold(key) for key in unknown_keys if not key.endswith("*")), None))
    return _FamilyFacts(facts, families) if families else facts


def principal_of(text: str) -> Principal:
    """The principal an ARN names. Raises ``PolicyError`` for anything that is no principal's ARN."""
    match = _ARN.fullmatch(text) if len(text) <= _LONGEST else None
    service, account, rest = match.groups() if match else ("", "", "")
    kind, _, name = rest.partition("/")
    form = "root" if rest == "root" and service == "iam" else _FORMS.get(kind, "")
    if not form or ((form in ("user", "role")) != (service == "iam") and form != "root"):
        raise PolicyError(
            f"{text[:80]!r} is no principal's ARN",
            name="request",
            remedy="Give a user, role, assumed-role session, federated user or account root.",
        )
    role = name.rpartition("/")[2] if form == "role" else name.partition("/")[0] if form == "session" else ""
    return Principal(form, text, account, role, form == "role" and name.startswith("aws-service-role/"))


def service_principal(name: str) -> Principal:
    """An AWS service calling on its own, such as ``cloudtrail.amazonaws.com``."""
    return Principal("service", name)


def check_action(text: str) -> None:
    """Raises ``PolicyError`` unless the text is one action's full name."""
    if len(text) > 256 or not _ACTION.fullmatch(text):
        odd = next((c for c in text if not c.isascii()), "")
        why = f": {odd!r} (U+{ord(odd):04X}) is in no action's name" if odd else ""
        raise PolicyError(f"{text[:80]!r} is no action{why}", name="request", remedy="Write service:Name.")
