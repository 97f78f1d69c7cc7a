"""One question about one action on one resource, put to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from remit.reference.aws import AwsReference
from remit.rooms.authorization.bearing import Bearing, Guarding, tested
from remit.rooms.authorization.circumstances import Circumstances
from remit.rooms.authorization.reach import DENIED, MISSING_POLICY, UNKNOWN, Judged, decided
from remit.rooms.iam import Document, evaluate
from remit.rooms.iam.compiled import CompiledDocument

_NO_POLICIES: Final = Guarding()


class Asking:
    """Questions of one identity in one Region. ``guardings`` are the organization's policies by account: the RCPs that
    bear on a resource are those of its account."""

    def __init__(
        self,
        bearing: Bearing,
        reference: AwsReference,
        region: str,
        guardings: Mapping[str, Guarding] | None = None,
    ) -> None:
        self.bearing = bearing
        self.reference = reference
        self.region = region
        self._around = Circumstances(bearing.identity, bearing.place, region, reference)
        self._guardings = guardings or {}

    def ask(
        self,
        action: str,
        resource: str,
        given: Mapping[str, tuple[str, ...]] | None = None,
        *,
        policy: Document | None = None,
        owner: str = "",
    ) -> Judged:
        """The decision about an action on a resource (of account ``owner``, with the resource's own ``policy``)."""
        owner = owner or self.bearing.identity.account
        policies, keys = self.bearing.policies, self.bearing.keys()
        if policy is not None or owner != self.bearing.identity.account:
            guarding = self._guardings.get(owner, _NO_POLICIES)
            policies = replace(self.bearing.made(self.bearing.identity.documents, policy), rcps=guarding.rcps)
            others = [CompiledDocument(*each) for each in ((policy,) if policy else (), *guarding.rcps)]
            keys |= tested([one for each in others for one in each.statements])
        facts = {**self._elsewhere(owner), **(given or {})}
        found = evaluate(self._around.request(action, resource, keys, facts, owner), policies)
        decision, open_keys = decided(found), found.unknown_keys
        if decision != DENIED and self.bearing.identity.wanting:
            decision = UNKNOWN
            open_keys = (*open_keys, *(MISSING_POLICY + arn for arn in self.bearing.identity.wanting))
        return Judged(decision, found.determining, open_keys, found.missing, (resource,))

    def in_force(self, account: str, policy: str) -> bool:
        """Whether an SCP of this name is in force on an account; taken to be where that is not known."""
        guarding = self._guardings.get(account)
        if guarding is None or not guarding.known:
            return True
        return any(document.name == policy for documents in guarding.scps for document in documents)

    @property
    def known(self) -> Mapping[str, tuple[str, ...]]:
        """The keys that are known of the identity's requests."""
        return self._around.known

    @property
    def around(self) -> Circumstances:
        """What is known of the identity's requests."""
        return self._around

    def _elsewhere(self, owner: str) -> dict[str, tuple[str, ...]]:
        """A resource of another account stands elsewhere in the organization."""
        return {} if owner == self.bearing.identity.account else {"aws:resourceaccount": (owner,)}
