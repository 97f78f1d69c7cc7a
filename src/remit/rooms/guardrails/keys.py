"""Condition keys of a stored call: known values, known absent, or unknown, and which fields tell.

A value is known when the record states it. A key is absent only where the record, or what AWS documents of the key,
proves it: a service's own key is not in another service's request, a user's long-lived key has no MFA, a public source
address excludes a VPC endpoint. Everything else is unknown. ``docs/backtest.md`` has the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from remit.reference.aws import AwsReference
from remit.rooms.guardrails.callers import CALLER, Membership, caller_of
from remit.rooms.guardrails.global_key_readings import (
    ABSENT,
    GLOBAL,
    UNKNOWN,
    Asked,
    Read,
    Reading,
    State,
    by_service,
    unidentified,
)
from remit.rooms.guardrails.owners import PROOF, resource_account
from remit.rooms.guardrails.record import CONTEXT, Row, stated

_SENT: Final[Mapping[str, frozenset[str] | None]] = {
    "s3:x-amz-acl": None,
    "s3:x-amz-server-side-encryption": None,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": None,
    "s3:x-amz-storage-class": None,
    "s3:x-amz-grant-read": None,
    "s3:x-amz-grant-full-control": None,
    "s3:x-amz-object-ownership": None,
    "s3:x-amz-copy-source": None,
    "s3:prefix": None,
    "s3:delimiter": None,
    "s3:max-keys": None,
    "s3:versionid": None,
    "sts:externalid": None,
    "sts:sourceidentity": None,
    "iam:permissionsboundary": frozenset({"iam:createrole", "iam:createuser"}),
    "cloudformation:rolearn": frozenset({"cloudformation:createstack", "cloudformation:createchangeset"}),
    "cloudformation:templateurl": None,
}
"""Keys that are in a request exactly when the parameter is, and that decoding reads: key -> the actions of which that
holds, None for all. Other keys state the outcome of defaults when the parameter is missing."""
_CARRIED_BY_CREDENTIALS: Final = frozenset(
    {"ec2:sourceinstancearn", "ec2:roledelivery", "lambda:sourcefunctionarn", "ssm:sourceinstancearn",
     "glue:roleassumedby", "glue:credentialissuingservice", "codebuild:buildarn", "codebuild:projectarn",
     "identitystore:userid"}
)  # fmt: skip
"""Keys of a service that requests to every service have, when a session of that service makes them."""
_MOST_REMEMBERED: Final = 50_000
_FOR_SERVICES: Final = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
"""Keys of calls that a service makes by itself on behalf of a resource."""


class Keys:
    """Readings of condition keys, for one reference and what is known of the organization."""

    def __init__(self, reference: AwsReference, membership: Membership | None = None) -> None:
        self._reference = reference
        self._membership = membership
        self._known: dict[str, Reading] = {}
        self._remembered: dict[tuple[str, str], bool] = {}

    def reading(self, key: str) -> Reading:
        """The reading of a key, in any letter case."""
        folded = key.lower()
        found = self._known.get(folded)
        if found is None:
            found = self._known[folded] = self._reading(folded)
        return found

    def state(self, key: str, row: Row, asked: Asked) -> State:
        """The key's state; unknown when a field it needs was not read."""
        reading = self.reading(key)
        return reading.read(row, asked) if all(name in row for name in reading.fields) else UNKNOWN

    def _reading(self, key: str) -> Reading:
        if key in GLOBAL:
            return GLOBAL[key]
        if key in _FOR_SERVICES:
            return Reading(
                ("principal_type",), lambda row, _: UNKNOWN if by_service(row) or unidentified(row) else ABSENT
            )
        if key.startswith("aws:requesttag/") or key == "aws:tagkeys":
            return _tag_reading(key)
        if key.startswith("aws:principaltag/"):
            return Reading(CALLER, lambda row, _: UNKNOWN if caller_of(row).kind in _TAGGED else ABSENT)
        if key in ("aws:principalorgid", "aws:principalorgpaths"):
            return Reading(CALLER, self._of_principal(paths=key.endswith("paths")))
        if key in ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"):
            return Reading((*PROOF, "permissions", "resource_types", "resource_arns"), self._of_resource(key))
        if key.startswith("aws:") or key in _CARRIED_BY_CREDENTIALS:
            return _carried(key)
        return self._own(key)

    def _of_principal(self, *, paths: bool) -> Read:
        """Of members the organization's; of anybody else it is not known whose."""

        def read(row: Row, _asked: Asked) -> State:
            caller = caller_of(row)
            if caller.kind in ("service", "outside"):
                return ABSENT
            return self._place(caller.account, paths=paths)

        return read

    def _of_resource(self, key: str) -> Read:
        def read(row: Row, asked: Asked) -> State:
            account = resource_account(row, asked.action, asked.resource)
            if key == "aws:resourceaccount":
                return (account,) if account else UNKNOWN
            return self._place(account, paths=key.endswith("paths"))

        return read

    def _place(self, account: str | None, *, paths: bool) -> State:
        membership = self._membership
        if membership is None or account is None or account not in membership.paths:
            return UNKNOWN
        return (membership.paths[account] if paths else membership.id,)

    def _own(self, key: str) -> Reading:
        """A service's own key: what the record's context says, else absent where that is proved."""
        service, _, _ = key.partition(":")
        if not self._reference.service(service).actions:
            return Reading(("permissions", "principal_type"), lambda row, asked: _federated(service, row, asked))
        field = CONTEXT + key

        def read(row: Row, asked: Asked) -> State:
            values = stated(row, key)
            if values:
                return values
            return ABSENT if self._proved_absent(key, service, row, asked) else UNKNOWN

        return Reading((field, "outcome", "permissions"), read)

    def _proved_absent(self, key: str, service: str, row: Row, asked: Asked) -> bool:
        action = asked.action.lower()
        if action.partition(":")[0] != service:
            return True
        if self._excluded(key, service, action):
            return True
        of = _SENT.get(key, frozenset())
        return row.get("outcome") == "success" and (of is None or action in of)

    def _excluded(self, key: str, service: str, action: str) -> bool:
        """Whether the reference, which ties the key to other actions of the service, lists this one without it; then
        no request for it has the key. Remembered, for it is asked of every key for every call."""
        found = self._remembered.get((key, action))
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            known = self._reference.action(action) is not None and self._listed(key, service)
            found = known and not any(_same(key, each) for each in self._reference.condition_keys(action))
            self._remembered[key, action] = found
        return found

    def _listed(self, key: str, service: str) -> bool:
        """Whether the reference ties the key to any action of its service. Of one that it ties to none, it does not
        say which requests have it."""
        names = self._reference.service(service).actions
        every = (each for name in names for each in self._reference.condition_keys(f"{service}:{name}"))
        return any(_same(key, each) for each in every)


_TAGGED: Final = frozenset({"role", "user", "federated-user", "unknown"})


def _same(key: str, listed: str) -> bool:
    """Whether a listed key, such as ``rds:req-tag/${TagKey}``, is this one."""
    name, family, _ = listed.lower().replace("/<", "/${").partition("/${")
    return key.startswith(f"{name}/") if family else key == name


def _federated(service: str, row: Row, asked: Asked) -> State:
    """A key of an identity provider, as ``token.actions.githubusercontent.com:sub``: where a token is given, and in the
    sessions that come of one. A key of a service that the reference does not know is not known either."""
    action = asked.action.lower()
    if action.startswith(("sts:assumerolewith", f"{service}:")):
        return UNKNOWN
    return ABSENT if row.get("principal_type") in ("IAMUser", "Root", "AWSService") else UNKNOWN


def _carried(key: str) -> Reading:
    """A key that a session may carry and no record states: absent for those that have no session."""

    def read(row: Row, _asked: Asked) -> State:
        return ABSENT if row.get("principal_type") == "AWSService" and key in _CARRIED_BY_CREDENTIALS else UNKNOWN

    return Reading(("principal_type",), read)


def _tag_reading(key: str) -> Reading:
    """Tags of the request. Where some were read, no other is there; where none were, a request that succeeded had none
    when its action can take tags at all."""
    kept, listed = CONTEXT + key, CONTEXT + "aws:TagKeys"

    def read(row: Row, _asked: Asked) -> State:
        values = stated(row, key)
        if values:
            return values
        if len(stated(row, "aws:TagKeys")) >= _MOST_TAGS:
            return UNKNOWN
        return ABSENT if row.get(listed) or row.get("outcome") == "success" else UNKNOWN

    return Reading(tuple(dict.fromkeys((kept, listed, "outcome"))), read)


_MOST_TAGS: Final = 45
"""Decoding keeps at most fifty keys of a request."""
