"""What a request by an identity would say of itself: keys that are known, and keys that stay open.

A question about what somebody *can* do has no request yet. Known is what belongs to the identity and its account, and
that the call is made directly, by no service, over TLS. Every other key that a policy tests is unknown, unless AWS's
reference says that no request for the action has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from remit.reference.aws import AwsReference
from remit.rooms.authorization.details import Identity
from remit.rooms.iam import Document, Principal, Request, principal_of
from remit.rooms.iam.compiled import CompiledStatement
from remit.rooms.iam.vocabulary import fold

_TAG: Final = "aws:principaltag/"
_LISTED: Final = ("aws:requesttag/", "aws:tagkeys")
"""Global keys that the reference lists with each action whose requests can have them."""
_CARRIED: Final = frozenset(
    {"ec2:sourceinstancearn", "ec2:roledelivery", "lambda:sourcefunctionarn", "ssm:sourceinstancearn",
     "glue:roleassumedby", "codebuild:buildarn", "codebuild:projectarn", "identitystore:userid"}
)  # fmt: skip
"""Keys of a service that a session of it may carry into requests to any other."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account stands: the organization's id, its path there, and whether it is the management account."""

    account: str
    organization: str = ""
    path: str = ""
    management: bool = False


@dataclass(frozen=True)
class Circumstances:
    """An identity that makes calls directly, in one Region."""

    identity: Identity
    place: Place
    region: str
    reference: AwsReference
    opened: dict[tuple[str, frozenset[str]], frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    """Answers of ``open_keys``, which are the same in every Region."""
    principal: Principal = field(init=False)
    known: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "principal", principal_of(self.identity.arn))
        object.__setattr__(self, "known", dict(self._known()))

    def request(
        self,
        action: str,
        resource: str | None,
        keys: Iterable[str],
        given: Mapping[str, tuple[str, ...]] | None = None,
        resource_account: str | None = None,
    ) -> Request:
        """The request for an action on a resource of its own account, unless another is said; ``keys`` are those that
        policies test, ``given`` are further known ones."""
        known = {**self.known, **(given or {})}
        owner = resource_account or self.identity.account
        return Request(
            principal=self.principal,
            action=action,
            resource=resource,
            resource_account=owner,
            context=known,
            unknown_keys=frozenset(self.open_keys(action, keys) - known.keys()),
            principal_is_service_linked=self.identity.linked,
            principal_org_management=self.place.management,
            resource_org_management=self.place.management and owner == self.identity.account,
        )

    def open_keys(self, action: str, keys: Iterable[str]) -> frozenset[str]:
        """Of these folded keys those of which nobody can say what a request for the action will have."""
        asked = (action, frozenset(keys))
        found = self.opened.get(asked)
        if found is None:
            possible = (key for key in asked[1] if key not in self.known and self._possible(action, key))
            found = self.opened[asked] = frozenset(possible)
        return found

    def _possible(self, action: str, key: str) -> bool:
        if key.startswith(_TAG):
            return session_tags(self.identity.trust)
        if key.startswith("aws:") and not key.startswith(_LISTED):
            return True
        service = key.partition(":")[0]
        if key in _CARRIED or not (key.startswith("aws:") or self.reference.service(service).actions):
            return True
        return any(_same(key, each) for each in self.reference.condition_keys(action))

    def _known(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        identity, place = self.identity, self.place
        yield "aws:principalarn", (identity.arn,)
        yield "aws:principalaccount", (identity.account,)
        yield "aws:principaltype", ("User" if identity.kind == "user" else "AssumedRole",)
        yield "aws:principalisawsservice", ("false",)
        yield "aws:viaawsservice", ("false",)
        yield "aws:securetransport", ("true",)
        yield "aws:requestedregion", (self.region,)
        yield "aws:resourceaccount", (identity.account,)
        if identity.kind == "user":
            yield "aws:username", (identity.name,)
        if place.organization:
            yield "aws:principalorgid", (place.organization,)
            yield "aws:resourceorgid", (place.organization,)
            yield "aws:principalorgpaths", (place.path,)
            yield "aws:resourceorgpaths", (place.path,)
        if not session_tags(identity.trust):
            for key, value in identity.tags.items():
                yield _TAG + fold(key), (value,)


def session_tags(trust: Document | None) -> bool:
    """Whether a role's trust policy lets anybody tag the session, so that its tags are not the role's alone."""
    statements = () if trust is None else trust.statements
    return any(
        CompiledStatement(one, trust).speaks_of("sts:tagsession")
        for one in statements
        if one.effect == "Allow" and trust is not None
    )


def _same(key: str, listed: str) -> bool:
    """Whether a listed key, such as ``aws:RequestTag/${TagKey}``, is this one."""
    name, family, _ = listed.lower().replace("/<", "/${").partition("/${")
    return key.startswith(f"{name}/") if family else key == name
