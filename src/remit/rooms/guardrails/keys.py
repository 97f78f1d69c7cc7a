"""Condition keys of a stored call: known values, known absent, or unknown, and which fields tell.

A value is known when the record states it. A key is absent only where the record, or what AWS documents of the key,
proves it: a service's own key is not in another service's request, a user's long-lived key has no MFA, a public source
address excludes a VPC endpoint. Everything else is unknown. ``docs/backtest.md`` has the table.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from remit.reference.aws import AwsReference
from remit.rooms.guardrails.callers import CALLER, Caller, Membership, caller_of
from remit.rooms.guardrails.record import CONTEXT, MARKER, Row, stated

State = tuple[str, ...] | None
"""Values; empty when the key is known to be absent; None when it is unknown."""
ABSENT: Final[tuple[str, ...]] = ()
UNKNOWN: Final = None
_MFA: Final = "aws:MultiFactorAuthPresent"
_VPCE: Final = "aws:SourceVpce"
_NETWORK: Final = ("source_ip", CONTEXT + _VPCE)
_PRIVATE: Final = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Addresses of callers within a VPC."""
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
_FOR_SERVICES: Final = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
"""Keys of calls that a service makes by itself on behalf of a resource."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One permission on one resource: what of a call a key is asked for."""

    action: str
    resource: str | None = None


Read = Callable[[Row, Asked], State]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a key is read: the fields it needs, and its state from them."""

    fields: tuple[str, ...]
    read: Read


class Keys:
    """Readings of condition keys, for one reference and what is known of the organization."""

    def __init__(self, reference: AwsReference, membership: Membership | None = None) -> None:
        self._reference = reference
        self._membership = membership
        self._known: dict[str, Reading] = {}

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
        if key in _READINGS:
            return _READINGS[key]
        if key in _FOR_SERVICES:
            return Reading(("principal_type",), lambda row, _: UNKNOWN if _by_service(row) else ABSENT)
        if key.startswith("aws:requesttag/") or key == "aws:tagkeys":
            return _tag_reading(key)
        if key.startswith("aws:principaltag/"):
            return Reading(CALLER, lambda row, _: UNKNOWN if caller_of(row).kind in _TAGGED else ABSENT)
        if key in ("aws:principalorgid", "aws:principalorgpaths"):
            return Reading(CALLER, self._of_principal(paths=key.endswith("paths")))
        if key in ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"):
            return Reading(("permissions", "resource_types", "resource_arns"), self._of_resource(key))
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
        def read(_row: Row, asked: Asked) -> State:
            parts = (asked.resource or "").split(":", 5)
            account = parts[4] if len(parts) == 6 and parts[4].isdigit() else None
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
            return Reading(("permissions",), lambda _, asked: _federated(asked))
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
        known = self._reference.action(asked.action)
        if known is not None and not any(_same(key, each) for each in known.condition_keys):
            return True  # the service authorization reference lists every key that the action's requests can have
        of = _SENT.get(key, frozenset())
        return row.get("outcome") == "success" and (of is None or action in of)


_TAGGED: Final = frozenset({"role", "user", "federated-user", "unknown"})


def _same(key: str, listed: str) -> bool:
    """Whether a listed key, such as ``rds:req-tag/${TagKey}``, is this one."""
    name, family, _ = listed.lower().replace("/<", "/${").partition("/${")
    return key.startswith(f"{name}/") if family else key == name


def _federated(asked: Asked) -> State:
    """A key of an identity provider, as ``token.actions.githubusercontent.com:sub``: only where a token is given."""
    return UNKNOWN if asked.action.lower().startswith("sts:assumerolewith") else ABSENT


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


def _by_service(row: Row) -> bool:
    return row.get("principal_type") == "AWSService"


def _principal_arn(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind in ("service", "outside"):
        return ABSENT
    return (caller.arn,) if caller.arn else UNKNOWN


def _principal_account(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind in ("service", "outside"):
        return ABSENT
    return (caller.account,) if caller.account else UNKNOWN


_TYPES: Final = {"role": "AssumedRole", "user": "User", "root": "Account", "federated-user": "FederatedUser"}


def _principal_type(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind in ("service", "outside"):
        return ABSENT
    return (_TYPES[caller.kind],) if caller.kind in _TYPES else UNKNOWN


def _is_service(row: Row, _asked: Asked) -> State:
    return ("true",) if _by_service(row) else ("false",) if row.get("principal_type") else UNKNOWN


def _service_name(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind != "service":
        return ABSENT
    return (caller.principal.text,) if caller.principal.text.endswith(".amazonaws.com") else UNKNOWN


def _user_id(row: Row, _asked: Asked) -> State:
    if _by_service(row):
        return ABSENT
    known = row.get("principal_type") in ("AssumedRole", "IAMUser", "Root", "FederatedUser")
    return (str(row["principal_id"]),) if known and row.get("principal_id") else UNKNOWN


def _user_name(row: Row, _asked: Asked) -> State:
    caller: Caller = caller_of(row)
    if caller.kind == "user" and caller.arn:
        return (caller.arn.rpartition("/")[2],)
    return UNKNOWN if caller.kind == "unknown" else ABSENT


def _mfa(row: Row, _asked: Asked) -> State:
    values = stated(row, _MFA)
    if values:
        return values
    long_lived = row.get("principal_type") == "IAMUser" and row.get("key_kind") == "AKIA"
    return ABSENT if long_lived or _by_service(row) else UNKNOWN


def _mfa_age(row: Row, asked: Asked) -> State:
    """How long ago no record says; a session without MFA has no age of it."""
    return ABSENT if _mfa(row, asked) in (ABSENT, ("false",)) else UNKNOWN


def _via_service(row: Row, _asked: Asked) -> State:
    if _by_service(row) or not row.get("invoked_by"):
        return ("false",)
    return UNKNOWN if _through_mcp(row) else ("true",)


def _through_mcp(row: Row) -> bool:
    name = str(row.get("invoked_by") or "")
    return name == "mcp.amazonaws.com" or name.endswith("-mcp.amazonaws.com")


def _called_via(row: Row, _asked: Asked) -> State:
    """The record names one service of a chain, not which."""
    return ABSENT if _by_service(row) or not row.get("invoked_by") else UNKNOWN


def _via_mcp(row: Row, _asked: Asked) -> State:
    if _by_service(row) or not row.get("invoked_by"):
        return ABSENT
    return ("true",) if _through_mcp(row) else UNKNOWN


def _called_via_mcp(row: Row, asked: Asked) -> State:
    return (str(row["invoked_by"]),) if _via_mcp(row, asked) == ("true",) else _via_mcp(row, asked)


def _address(row: Row) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(str(row.get("source_ip") or ""))
    except ValueError:
        return None


def _no_endpoint(row: Row) -> bool:
    """Whether the record proves that the call came through no VPC endpoint: its address is a public one."""
    address = _address(row)
    return address is not None and not any(address in each for each in _PRIVATE)


def _source_ip(row: Row, _asked: Asked) -> State:
    if stated(row, _VPCE):
        return ABSENT
    address = _address(row)
    return (str(address),) if address is not None and _no_endpoint(row) else UNKNOWN


def _vpc_source_ip(row: Row, _asked: Asked) -> State:
    if stated(row, _VPCE):
        address = _address(row)
        return (str(address),) if address else UNKNOWN
    return ABSENT if _no_endpoint(row) else UNKNOWN


def _source_vpce(row: Row, _asked: Asked) -> State:
    return stated(row, _VPCE) or (ABSENT if _no_endpoint(row) else UNKNOWN)


def _source_vpc(row: Row, _asked: Asked) -> State:
    return UNKNOWN if stated(row, _VPCE) or not _no_endpoint(row) else ABSENT


def _vpce_account(row: Row, _asked: Asked) -> State:
    account = row.get(MARKER + "vpce_account")
    if account:
        return (str(account),)
    return UNKNOWN if stated(row, _VPCE) or not _no_endpoint(row) else ABSENT


def _secure(row: Row, _asked: Asked) -> State:
    return ("true",) if row.get(MARKER + "tls") else UNKNOWN


def _tls_version(row: Row, _asked: Asked) -> State:
    version = str(row.get(MARKER + "tls") or "")
    return (version.removeprefix("TLSv"),) if version.startswith("TLSv1.") else UNKNOWN


def _region(row: Row, _asked: Asked) -> State:
    return (str(row["region"]),) if row.get("region") else UNKNOWN


def _user_agent(row: Row, _asked: Asked) -> State:
    """As the client gave it: the console's and services' stand-ins are not what was sent."""
    text = str(row.get("user_agent") or "")
    return UNKNOWN if not text or text == "AWS Internal" or text.endswith(".amazonaws.com") else (text,)


def _current_time(row: Row, _asked: Asked) -> State:
    return (datetime.fromtimestamp(int(row["time"] or 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)


def _epoch_time(row: Row, _asked: Asked) -> State:
    return (str(row["time"]),)


def _token_time(row: Row, _asked: Asked) -> State:
    return ABSENT if row.get("key_kind") == "AKIA" or _by_service(row) else UNKNOWN


def _source_identity(row: Row, _asked: Asked) -> State:
    if row.get("source_identity"):
        return (str(row["source_identity"]),)
    return ABSENT if row.get("principal_type") in ("AssumedRole", "IAMUser", "Root", "AWSService") else UNKNOWN


def _assumed_root(row: Row, _asked: Asked) -> State:
    if row.get(MARKER + "assumed_root"):
        return (str(row[MARKER + "assumed_root"]),)
    return UNKNOWN if row.get("principal_type") in ("Root", None) else ABSENT


def _federated_provider(row: Row, _asked: Asked) -> State:
    return ABSENT if row.get("principal_type") in ("IAMUser", "AWSService") else UNKNOWN


_READINGS: Final[Mapping[str, Reading]] = {
    "aws:principalarn": Reading(CALLER, _principal_arn),
    "aws:principalaccount": Reading(CALLER, _principal_account),
    "aws:principaltype": Reading(CALLER, _principal_type),
    "aws:principalisawsservice": Reading(("principal_type",), _is_service),
    "aws:principalservicename": Reading(CALLER, _service_name),
    "aws:userid": Reading(("principal_type", "principal_id"), _user_id),
    "aws:username": Reading(CALLER, _user_name),
    "aws:multifactorauthpresent": Reading(("principal_type", "key_kind", CONTEXT + _MFA), _mfa),
    "aws:multifactorauthage": Reading(("principal_type", "key_kind", CONTEXT + _MFA), _mfa_age),
    "aws:viaawsservice": Reading(("principal_type", "invoked_by"), _via_service),
    "aws:calledvia": Reading(("principal_type", "invoked_by"), _called_via),
    "aws:calledviafirst": Reading(("principal_type", "invoked_by"), _called_via),
    "aws:calledvialast": Reading(("principal_type", "invoked_by"), _called_via),
    "aws:viaawsmcpservice": Reading(("principal_type", "invoked_by"), _via_mcp),
    "aws:calledviaawsmcp": Reading(("principal_type", "invoked_by"), _called_via_mcp),
    "aws:sourceip": Reading(_NETWORK, _source_ip),
    "aws:vpcsourceip": Reading(_NETWORK, _vpc_source_ip),
    "aws:sourcevpce": Reading(_NETWORK, _source_vpce),
    "aws:sourcevpc": Reading(_NETWORK, _source_vpc),
    "aws:sourcevpcarn": Reading(_NETWORK, _source_vpc),
    "aws:vpceaccount": Reading((*_NETWORK, MARKER + "vpce_account"), _vpce_account),
    "aws:vpceorgid": Reading(_NETWORK, _source_vpc),
    "aws:vpceorgpaths": Reading(_NETWORK, _source_vpc),
    "aws:securetransport": Reading((MARKER + "tls",), _secure),
    "s3:tlsversion": Reading((MARKER + "tls",), _tls_version),
    "aws:requestedregion": Reading(("region",), _region),
    "aws:useragent": Reading(("user_agent",), _user_agent),
    "aws:currenttime": Reading(("time",), _current_time),
    "aws:epochtime": Reading(("time",), _epoch_time),
    "aws:tokenissuetime": Reading(("principal_type", "key_kind"), _token_time),
    "aws:sourceidentity": Reading(("principal_type", "source_identity"), _source_identity),
    "aws:assumedroot": Reading(("principal_type", MARKER + "assumed_root"), _assumed_root),
    "aws:federatedprovider": Reading(("principal_type",), _federated_provider),
}
"""Keys every service's requests have, in lower case."""
